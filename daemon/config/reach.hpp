#pragma once

#include <optional>
#include <string>

#include "daemon/config/site.hpp"

namespace gengfu::config {

/// What a point can come to be by its register's type, scale and offset alone, whatever the sensor sends.
struct Reach {
    double low = 0, high = 0;
    /// Distance of one value from the next: every value is `low` and a whole number of them. 0: not known, as
    /// decimals or unit come from another register.
    double step = 0;
};

/// Nothing for what has no bounds worth a word: floating point, strings, virtual points.
std::optional<Reach> reach_of(const PointSpec& spec);

/// "reaches -3276.8 to 3276.7 (i16, scale 0.1)"
std::string describe_reach(const PointSpec& spec, const Reach& reach);

/// Why the rule could never fire on the point because of what the point can reach, and what to do; empty if
/// it can. Limits that another point gives are not known here.
std::string reach_mistake(const Rule& rule, const PointSpec& spec);

/// What the rule asks for that is at the very edge of what the point can reach, or of several values some
/// that never come: perhaps meant, more likely not. Empty: nothing.
std::string reach_doubt(const Rule& rule, const PointSpec& spec);

/// Why the rule, once fired, could never clear again because of what the point can reach; empty if it can.
std::string reach_sticks(const Rule& rule, const PointSpec& spec);

}  // namespace gengfu::config
