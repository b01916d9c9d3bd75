#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace gengfu::rules {

/// What a rule has learned of its place (a pose, the field of an empty lane, usual days), found again by
/// names: it survives restarts and travels to another gateway. The numbers mean what `kind` says, in the
/// order of judge_learned.cpp; a release that knows more appends to them.
struct Learned {
    std::string device, point, rule;
    std::string kind;         ///< word of the rule's kind
    bool calibrated = false;  ///< by a person, not by itself
    std::vector<double> numbers;
    friend bool operator==(const Learned&, const Learned&) = default;
};

/// Line of the first entry, as people count.
constexpr std::size_t kFirstLine = 2;

/// One line each after a first one that says what it is: for the store and for `calibrate --export`.
std::string to_text(std::span<const Learned> learned);
/// \retval Errc::kCorrupt  not such a text, or one that says two things of one rule at one point; `what` is
///                         "line 3: ..."
Result<std::vector<Learned>> parse_learned(std::string_view text);

}  // namespace gengfu::rules
