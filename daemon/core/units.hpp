#pragma once

#include <optional>
#include <string_view>

namespace gengfu {

/// Factor that turns a number in `from` into one in `to`: ("cm", "m") is 0.01. Only units that sensors are
/// seen to switch between by a register (`unit_from`): lengths m cm mm, pressures Pa kPa MPa bar mbar, flows
/// m3/h L/h L/min L/s m3/s, currents A mA, shares % and ppm. \return nothing when either word is unknown or
/// they measure different things; 1 when both words are equal,
///         known or not.
std::optional<double> unit_factor(std::string_view from, std::string_view to);

}  // namespace gengfu
