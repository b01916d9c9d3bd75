#include "daemon/rules/jump.hpp"

#include <cmath>

#include "daemon/core/decimal.hpp"

namespace gengfu::rules {

Opinion jump(JumpState& state, const config::Rule& rule, double value, Monotonic taken, Voice voice,
             Continuity continuity, Duration gap) {
    if (continuity == Continuity::kBroken || taken - state.taken > gap) {
        state.known = false;
    }
    Opinion opinion;
    if (state.known) {
        opinion.value = value - state.last;
        for (int i = 0; const config::Level& level : rule.levels) {
            if (is_at_least(std::abs(opinion.value) + decimal_slack(value), level.limit)) {
                opinion.reached = opinion.held = i;
            }
            ++i;
        }
    }
    if (voice == Voice::kFull) {
        state = {.last = value, .taken = taken, .known = true};
    }
    return opinion;
}

}  // namespace gengfu::rules
