#pragma once

#include <string>
#include <string_view>

/// Texts from outside end up on terminals, in logs and in topics: characters that steer a terminal, hide or
/// turn round what is read, or break a line have no place in them. These are U+0000 to U+001F, U+007F, U+0080
/// to U+009F (U+009B begins a terminal's commands), U+2028 and U+2029 (line and paragraph ends), U+202A to
/// U+202E and U+2066 to U+2069 (bidirectional overrides and isolates; CVE-2021-42574).
namespace gengfu {

/// Whether `text` (UTF-8) has none of them.
bool is_plain(std::string_view text);

/// `text` with each of them replaced.
std::string to_plain(std::string_view text, char replacement = ' ');

}  // namespace gengfu
