#include "daemon/rules/silent.hpp"

#include <chrono>

namespace gengfu::rules {

Voice silent_voice(const config::Rule& rule, const Sample& sample) {
    if (!rule.point) {
        return told(sample.reason) ? Voice::kFull : Voice::kMute;
    }
    switch (sample.quality) {
        case Quality::kGood:
            return Voice::kFull;
        case Quality::kUncertain:
            return Voice::kDangerOnly;
        case Quality::kBad:
            return Voice::kMute;
    }
    return Voice::kMute;
}

Opinion silent(const config::Rule& rule, Duration since) {
    using Seconds = std::chrono::duration<double>;
    const bool reached = since >= rule.silent_for;
    return one_level(reached, reached, Seconds(since).count(), Seconds(rule.silent_for).count());
}

Monotonic silent_deadline(const config::Rule& rule, Monotonic last_heard) {
    return last_heard + rule.silent_for + rule.on_delay;
}

}  // namespace gengfu::rules
