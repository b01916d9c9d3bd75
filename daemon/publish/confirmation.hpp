#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/store/record.hpp"

namespace gengfu::publish {

/// What one consumer has of one stream of one run.
struct Confirmation {
    std::string consumer;
    Epoch epoch;
    Stream stream = Stream::kEvent;
    std::vector<store::SequenceRange> ranges;
};

/// Reads a payload of the topic `confirm` (gengfu.v1.Confirm, protobuf or JSON). What is not understood is
/// left out: a record that is not confirmed is only sent again. Pure.
std::vector<Confirmation> read_confirmations(const std::string& payload);

/// Why a payload says nothing to either of the other two functions, in words; empty: it does, or it names
/// only runs and ranges that cannot be. Pure.
std::string trouble_in_confirm(const std::string& payload);

/// The consumer that says with this payload that it starts (no ranges at all). Pure.
std::optional<std::string> read_announcement(const std::string& payload);

/// Longest payload that is read, and most ranges taken from it: a consumer's ranges are few, since it has
/// nearly all.
constexpr std::size_t kConfirmBytes = 1U << 18U;
constexpr std::size_t kConfirmRanges = 20000;

}  // namespace gengfu::publish
