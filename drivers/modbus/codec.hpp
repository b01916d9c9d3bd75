#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"

/// Bytes of the wire to a raw number. Pure: no state, no clock, no log; any thread.
///
/// Only the keys of a point that concern raw bits are applied here: `type`, `order`, `invalid`, `invert`.
/// What gives the number its meaning (`scale`, `offset`, `decimals_from`, `zero_below`, `range`, `good_when`,
/// …) is applied by daemon/sampling to what decode() returns.
namespace gengfu::drivers::modbus {

/// What the bits say, before scale and offset.
struct Raw {
    /// Unscaled number in the device's own steps; exact for integers up to 2^53 (i64 and u64 beyond are
    /// rounded to the nearest double, `bits` stays exact). Bools and bits are 0 or 1 after `invert`. NaN when
    /// `not_a_number`; NaN for `string`. A sentinel keeps its number, as evidence.
    double value = std::numeric_limits<double>::quiet_NaN();
    /// The value's bits in the width of the type (width_bits()), after `order` and before `invert`; this is
    /// what `invalid` is compared with. 0 for `string`.
    std::uint64_t bits = 0;
    bool sentinel = false;  ///< `bits` is listed in the point's `invalid`: no value
    bool not_a_number =
        false;         ///< NaN or infinite float, a BCD digit above 9, a string that is no printable UTF-8
    std::string text;  ///< of `string`, without trailing NULs and spaces; else empty
};

/// How many registers (or, of `coil:` and `discrete:`, bits) a point occupies: 1, 2, 4, or half a string's
/// bytes. 0 when the type cannot stand there: only `bool` fits coils and discrete inputs; a bit above 63,
/// `bits` with lo > hi and an empty string fit nowhere.
std::uint16_t register_count(const config::PointSpec& spec);

/// Width of `Raw::bits`: 1 of bool and bit, hi - lo + 1 of bits, 8, 16, 32 or 64. 0 of string.
/// A sentinel that does not fit in it never matches, and a configuration with one is wrong.
unsigned width_bits(const config::PointSpec& spec);

/// Decodes one point from the registers at its address.
///
/// Order: a register arrives with its high byte first (Modbus Application Protocol V1.1b3, 4.2); the order of
/// words, and of bytes where vendors ignore the standard, comes from the profile. u8 and i8 are the low byte
/// of the register, bcd16 four and bcd32 eight decimal digits, highest first. `bit:n` counts from the least
/// significant bit of the register; `bits` above 15 (31) span two (four) registers, arranged by `order`. A
/// bool in a register is true when any bit is set. \param registers  exactly register_count(spec) of them in
/// the order the device sent them; bits as 0 and 1. \retval Errc::kBadFrame  another number of registers.
/// \retval Errc::kInvalid   register_count(spec) is 0.
Result<Raw> decode(const config::PointSpec& spec, std::span<const std::uint16_t> registers);

}  // namespace gengfu::drivers::modbus
