#pragma once

#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// How long a value has stood still.
struct StuckState {
    double low = 0, high = 0;  ///< of all values since it last moved
    Timer still;
    bool begun = false;
};

/// A value that does not leave a band as wide as the deadband for `silent_for` of observed time is stuck; the
/// first good value that widens the band moves it. An uncertain value in the band is a standstill like a good
/// one, outside of it it says nothing. Until it moves, an alarm that stands is held. Opinion's value and
/// limit are seconds. \return nothing for a bad value, and for the first one.
std::optional<Opinion> stuck(StuckState& state, const config::Rule& rule, double value, Voice voice,
                             Duration stretch);

}  // namespace gengfu::rules
