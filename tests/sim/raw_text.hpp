#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/line_timing.hpp"
#include "tests/sim/modbus_server.hpp"

/// The small notations of scenario files and of the control socket. All parse the whole text or nothing, and
/// none depends on the locale.
namespace gengfu::sim {

/// "12.5s", "250ms", "80us", "2min", "1h"; at most 24 h, not negative.
std::optional<Nanoseconds> parse_duration(std::string_view text);

/// "0x0034" or "52": a wire address.
std::optional<std::uint16_t> parse_address(std::string_view text);

/// Registers: words of four hexadecimal digits apart by blanks, "0000 07FF"; "0000*24" repeats one.
/// 1 to 65536 words.
std::optional<std::vector<std::uint16_t>> parse_words(std::string_view text);

/// Bits: "1 0 0 1" or "1001", first address first.
std::optional<std::vector<std::uint16_t>> parse_bits(std::string_view text);

std::string_view space_name(Space space);
std::optional<Space> parse_space(std::string_view text);

/// The candidate within two edits (one for words below four letters) of `wrong`, for "did you mean"; empty
/// when none.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& candidates);

}  // namespace gengfu::sim
