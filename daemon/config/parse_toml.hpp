#pragma once

#include <cstdint>
#include <string>

#include "daemon/config/node.hpp"
#include "daemon/config/report.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::config {

/// Parses one TOML text (1.0.0) into nodes with places. The only file that includes toml++.
///
/// A mistake in the syntax is reported with its place (a key or table defined twice: with both places), marks
/// the report incomplete and gives an empty table: the parser cannot go on after it. The same for a text
/// beyond kMaxFileBytes or nesting beyond kMaxDepth.
Node parse_toml(const std::string& text, std::uint16_t file, Report& report);

}  // namespace gengfu::config
