#include "daemon/rules/cadence.hpp"

namespace gengfu::rules {

Stretch note(Cadence& cadence, Monotonic taken, Duration gap) {
    if (!cadence.begun) {
        cadence = {.last = taken, .spacing = {}, .begun = true};
        return {Duration::zero(), Continuity::kBroken};
    }
    const Duration length = taken - cadence.last;
    if (length <= Duration::zero()) {
        return {};
    }
    const bool as_slow_as_before = length <= kSlowestOverGap * gap && length <= 2 * cadence.spacing;
    cadence.last = taken;
    cadence.spacing = length;
    if (length <= gap || as_slow_as_before) {
        return {length, Continuity::kUnbroken};
    }
    return {Duration::zero(), Continuity::kBroken};
}

}  // namespace gengfu::rules
