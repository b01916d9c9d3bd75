#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"

/// What a register may hold, read in every way that vendors have thought of: for `gengfu read --raw`. Pure.
namespace gengfu::cli {

/// Registers (or bits) that were read, by space and address.
using Words = std::map<config::Register, std::uint16_t>;

/// One way to read the registers at a point's address.
struct Guess {
    std::string order;        ///< ABCD, CDAB, BADC, DCBA
    std::string type;         ///< u16 i16 u32 i32 f32
    double value = 0;         ///< after the point's scale and offset; NaN and infinite as they are
    bool plausible = false;   ///< within what the point's range, or its role, can be
    bool as_profile = false;  ///< type and order are those of the profile
};

/// All guesses for a point, of 16 bits and, where the next register was read too, of 32 bits. Empty when its
/// own register was not read, or is a bit.
std::vector<Guess> guesses(const config::PointSpec& spec, const Words& words);

/// What the point can be: its profile's `range`, else what is usual for its role in that role's unit.
std::optional<config::Range> plausible_range(const config::PointSpec& spec);

}  // namespace gengfu::cli
