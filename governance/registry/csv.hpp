#pragma once

#include <string_view>
#include <vector>

#include "daemon/config/report.hpp"
#include "governance/registry/row.hpp"

namespace gengfu::governance {

/// Reads a CSV text after RFC 4180, UTF-8 with or without a byte order mark: a heading, then rows; cells may
/// be quoted and then hold separators, quotes (doubled) and line ends. The separator is a comma, or a
/// semicolon where the heading has no comma. Blank lines are passed over, spaces around a cell are taken off.
/// Mistakes go to `report` with line and column (in bytes) of file 0; rows with a mistake are left out.
std::vector<Row> parse_csv(std::string_view text, const Columns& columns, config::Report& report);

/// Line of the first byte that is not UTF-8, 0 where there is none.
std::uint32_t not_utf8(std::string_view text);

}  // namespace gengfu::governance
