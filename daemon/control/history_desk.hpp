#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "daemon/control/desk.hpp"

/// The requests about what is on record: the command makes history of it by itself, so that a daemon that
/// watches is not kept busy with it.
namespace gengfu::control {

/// Records of one answer; it ends earlier at 256 KiB (Store::history).
constexpr std::size_t kMostRecords = 1000;

/// Answers `held`, `records` and `catalogue`. \return whether the verb is one of these
bool answer_history(const Daemon& daemon, const nlohmann::json& request, const Reply& reply);

std::string to_hex(Epoch epoch);  ///< always 16 digits
/// Bytes as hexadecimal digits, and back. \return false: those are none
std::string to_hex(std::string_view bytes);
bool from_hex(std::string_view digits, std::string& bytes);

}  // namespace gengfu::control
