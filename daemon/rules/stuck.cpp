#include "daemon/rules/stuck.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/core/decimal.hpp"

namespace gengfu::rules {
namespace {

using Seconds = std::chrono::duration<double>;

bool in_band(const StuckState& state, const config::Rule& rule, double value) {
    return state.begun &&
           is_at_most(std::max(state.high, value) - std::min(state.low, value) - decimal_slack(value),
                      rule.deadband);
}

}  // namespace

std::optional<Opinion> stuck(StuckState& state, const config::Rule& rule, double value, Voice voice,
                             Duration stretch) {
    const bool still = voice != Voice::kMute && in_band(state, rule, value);
    if (voice == Voice::kMute || (voice == Voice::kDangerOnly && !still)) {
        run(state.still, Says::kNothing, stretch);
        return std::nullopt;
    }
    const bool first = !state.begun;
    if (!still) {
        state = {.low = value, .high = value, .still = {}, .begun = true};
    }
    state.low = std::min(state.low, value);
    state.high = std::max(state.high, value);
    run(state.still, Says::kTowards, still ? stretch : Duration::zero());
    if (first) {
        return std::nullopt;  // an alarm of before the start may still be right
    }
    const bool reached = state.still.elapsed >= rule.silent_for;
    return one_level(reached, still, Seconds(state.still.elapsed).count(), Seconds(rule.silent_for).count());
}

}  // namespace gengfu::rules
