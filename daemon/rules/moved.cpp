#include "daemon/rules/moved.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gengfu::rules {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kLeast = 0.33;  ///< g: below it a vector points nowhere
constexpr double kCalm = 0.1;    ///< off the usual length: at rest, so that the direction is that of gravity
constexpr double kMost = 1e6;    ///< g: beyond it nothing is measured
constexpr double kShaken = 0.3;  ///< off the usual length: a knock
constexpr double kUsual = 60;    ///< seconds over which the usual length is a mean
constexpr double kSettleBand = 5;  ///< degrees: what settles is at rest
constexpr double kAnchored = 2;    ///< seconds that agree, before a first pose is held against others
constexpr double kDaySeconds = 86'400;

Axes unit(const Axes& a) {
    return scaled(a, 1 / length(a));
}

void learn(MovedState& state, const Axes& direction, double angle, double mildest, double seconds) {
    if (!state.calibrated && state.settled_s < Seconds(kSettle).count()) {
        if (angle < std::min(kSettleBand, mildest / 2)) {
            const double share = seconds / (double{state.settled_s} + seconds + 1);
            state.reference = state.home = unit(towards(state.reference, direction, share));
            state.settled_s += static_cast<float>(seconds);
        }
        return;
    }
    if (angle <= 0 || angle >= mildest / 2) {
        return;
    }
    const double step = std::min(1.0, kDriftPerDay * seconds / kDaySeconds / angle);
    const Axes next = unit(towards(state.reference, direction, step));
    if (degrees_between(next, state.home) <= std::min(kDriftMost, mildest / 3)) {
        state.reference = next;
    }
}

/// Is the vector gravity, or does something shake the sensor? Learns the length that is usual. \param off of
/// it \param far  from how it shall lie: a quiet moment there is no end of the shaking, or a cover that is
/// carried away would be at rest now and then
bool is_pose(MovedState& state, double size, double off, bool far, Voice voice, Duration stretch) {
    const bool calm = off < kCalm;
    const bool shakes_on = state.restless || state.restless_for > Duration::zero();
    const bool rests = calm && (!far || !state.restless);  // there, a single quiet value is no rest
    state.restless_for = rests || !shakes_on ? Duration::zero() : state.restless_for + stretch;
    state.restless = !calm;
    if (!calm && state.restless_for < kLongestShake) {
        return false;
    }
    if (voice == Voice::kFull) {
        const double share = calm ? std::min(1.0, Seconds(stretch).count() / kUsual) : 1;
        state.usual += static_cast<float>(share * (size - double{state.usual}));
    }
    return true;
}

}  // namespace

std::optional<Opinion> moved(MovedState& state, const config::Rule& rule, const Axes& gravity, Voice voice,
                             Duration stretch, bool alarm) {
    const double size = length(gravity);
    if (voice == Voice::kMute || !points_somewhere(gravity) || (!state.known && voice != Voice::kFull)) {
        return std::nullopt;
    }
    const Axes direction = scaled(gravity, 1 / size);
    const double seconds = Seconds(stretch).count();
    const double mildest = rule.levels.front().limit;
    const double off = std::abs(size / double{state.usual} - 1);
    const bool far = state.known && degrees_between(direction, state.reference) >= mildest;
    if (voice == Voice::kFull) {
        const bool shaken = !alarm && (far || off > kShaken);
        state.knocks += state.shaken && !shaken && !alarm ? 1U : 0U;
        state.shaken = shaken;
    }
    if (!is_pose(state, size, off, far, voice, stretch)) {
        return std::nullopt;
    }
    if (!state.known && alarm) {
        return std::nullopt;  // how it lay before it was moved has been forgotten: a person has to say
    }
    if (!state.known) {
        state.home = state.reference = direction;
        state.known = true;
    }
    double angle = degrees_between(direction, state.reference);
    // A first value may have been taken under a wheel: until some seconds agree, the next one counts instead.
    if (voice == Voice::kFull && !alarm && !state.calibrated && angle >= mildest / 2 &&
        double{state.settled_s} < kAnchored) {
        state.home = state.reference = direction;
        state.settled_s = 0;
        angle = 0;
    }
    if (voice == Voice::kFull && !alarm) {
        learn(state, direction, angle, mildest, seconds);
    }
    Opinion opinion{.value = angle};
    for (int i = 0; const config::Level& level : rule.levels) {
        opinion.reached = angle >= level.limit ? i : opinion.reached;
        opinion.held = angle >= level.limit - rule.deadband ? i : opinion.held;
        ++i;
    }
    return opinion;
}

bool is_settling(const MovedState& state) {
    return state.known && !state.calibrated && state.settled_s < Seconds(kSettle).count();
}

bool points_somewhere(const Axes& gravity) {
    const double size = length(gravity);
    return size >= kLeast && size < kMost;
}

bool is_calm(const MovedState& state, const Axes& gravity) {
    const double size = length(gravity);
    return points_somewhere(gravity) && !state.restless && std::abs(size / double{state.usual} - 1) < kCalm;
}

void calibrate(MovedState& state, const Axes& direction) {
    state.home = state.reference = direction;
    state.settled_s = static_cast<float>(Seconds(kSettle).count());
    state.known = state.calibrated = true;
    state.shaken = false;
}

}  // namespace gengfu::rules
