#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace gengfu::cli {

/// The text under `key`, safe for a terminal; empty when there is none.
std::string word(const nlohmann::json& object, const char* key);
/// As it came, line ends and all: to be read by a program, never to be shown.
std::string raw_word(const nlohmann::json& object, const char* key);

}  // namespace gengfu::cli
