#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/cadence.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

struct JumpState {
    double last = 0;  ///< good value
    Monotonic taken{};
    bool known = false;
};

/// Change from one good value to the next, either way: a level is reached at its limit (inclusive) and left
/// with the next value. Failed reads between the two do not matter; after a gap, or without a good value for
/// longer than `gap`, the first value is no jump. An uncertain value is compared and not kept.
/// \param gap  three intervals of the point and the bus's time-out
Opinion jump(JumpState& state, const config::Rule& rule, double value, Monotonic taken, Voice voice,
             Continuity continuity, Duration gap);

}  // namespace gengfu::rules
