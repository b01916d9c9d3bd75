#include "daemon/rules/occupied.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "daemon/core/decimal.hpp"

namespace gengfu::rules {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kRecent = 10;          ///< seconds that `recent` looks back
constexpr double kSettled = 30;         ///< seconds over which a first baseline is a plain mean
constexpr double kDaySeconds = 86'400;  ///< that the slope is learned over
constexpr float kWarmEnough = 2;        ///< °C² of variance: less shows no slope
constexpr double kSteepest = 10;        ///< counts a °C: more is not the sensor's temperature
constexpr float kClip = 9;              ///< a step beyond three sigmas is a vehicle, not noise
constexpr float kLeastVariance = 0.25F;

double value_of(float f) {
    return double{f};
}

struct Thresholds {
    double enter = 0, leave = 0;
};

Thresholds thresholds(const OccupiedState& state, const config::Rule& rule) {
    const double sigma = std::sqrt(std::max(value_of(state.variance), 0.0));
    return {std::clamp(kEnterSigmas * sigma, rule.enter, 2 * rule.enter),
            std::clamp(kLeaveSigmas * sigma, rule.leave, 2 * rule.leave)};
}

double slope(const OccupiedState& state, std::size_t axis) {
    if (state.warm_variance < kWarmEnough) {
        return 0;
    }
    return std::clamp(value_of(state.together.at(axis) / state.warm_variance), -kSteepest, kSteepest);
}

Axes expected(const OccupiedState& state, std::optional<double> temperature) {
    Axes field = state.base;
    for (std::size_t i = 0; temperature && state.warm_known && i < field.size(); ++i) {
        field.at(i) += slope(state, i) * (*temperature - value_of(state.warm));
    }
    return field;
}

void note_noise(OccupiedState& state, const Axes& field, double seconds) {
    float step = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const float by = static_cast<float>(field.at(i)) - state.recent.at(i);
        step += by * by / 3;  // a mean of the axes
    }
    const float at_most = kClip * std::max(state.variance, kLeastVariance);
    const double share = std::min(0.5, seconds / Seconds(kFollow).count());
    state.variance += static_cast<float>(share) * (std::min(step, at_most) - state.variance);
}

void keep(std::array<float, 3>& mean, const Axes& field, double share) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
        mean.at(i) += static_cast<float>(share * (field.at(i) - value_of(mean.at(i))));
    }
}

/// Follows how the field of the empty lane goes with the temperature, over days. What is known of the slope
/// outlives a new baseline, whose means begin anew: a step from one to the other is not the temperature's.
void learn_slope(OccupiedState& state, const Axes& field, double temperature, double seconds) {
    if (!state.mean_known) {
        state.mean_known = true;
        state.mean_warm = static_cast<float>(temperature);
        keep(state.mean, field, 1);
        return;
    }
    const double share = std::max(seconds / kDaySeconds, seconds / (value_of(state.learned_s) + seconds + 1));
    const double off = temperature - value_of(state.mean_warm);
    for (std::size_t i = 0; i < field.size(); ++i) {
        const double both = off * (field.at(i) - value_of(state.mean.at(i)));
        state.together.at(i) +=
            static_cast<float>(share * ((1 - share) * both - value_of(state.together.at(i))));
    }
    state.warm_variance +=
        static_cast<float>(share * ((1 - share) * off * off - value_of(state.warm_variance)));
    state.mean_warm += static_cast<float>(share * off);
    keep(state.mean, field, share);
}

void learn(OccupiedState& state, const Axes& field, std::optional<double> temperature, double pace,
           double seconds) {
    const double plain = seconds / (value_of(state.learned_s) + seconds + 1);
    const double share = value_of(state.learned_s) < kSettled && !state.calibrated
                             ? plain
                             : std::min(1.0, pace * seconds / Seconds(kFollow).count());
    state.base = towards(state.base, field, share);
    if (temperature) {
        const double warm = state.warm_known ? value_of(state.warm) : *temperature;
        state.warm = static_cast<float>(warm + share * (*temperature - warm));
        learn_slope(state, field, *temperature, seconds);
    }
    state.warm_known = temperature.has_value();
    state.learned_s += static_cast<float>(seconds);
}

/// Another baseline, of which no temperature is known yet.
void rebase(OccupiedState& state, const Axes& field) {
    state.base = field;
    keep(state.mean, field, 1);
    state.warm_known = state.mean_known = false;
}

void begin(OccupiedState& state, const Axes& field) {
    rebase(state, field);
    keep(state.recent, field, 1);
    state.known = true;
}

/// An alarm that stands since before the start stands for a vehicle until it is seen to have gone.
void first_of_a_run(OccupiedState& state, bool alarm) {
    if (!state.begun) {
        state.begun = true;
        state.occupied = state.occupied || alarm;
    }
}

/// Counts values in a row that speak for a change. \return it has come
bool in_a_row(OccupiedState& state, bool speaks, std::uint8_t wanted) {
    state.run = speaks ? static_cast<std::uint8_t>(state.run + 1) : std::uint8_t{0};
    if (state.run < wanted) {
        return false;
    }
    state.run = 0;
    return true;
}

/// Goes on with the phase and its time, and says what is thought of it.
Opinion conclude(OccupiedState& state, const config::Rule& rule, bool near, bool far, Duration stretch) {
    if (state.occupied) {
        if (in_a_row(state, near, kValuesToLeave)) {
            state.occupied = false;
            state.taken = {};
        } else {
            run(state.taken, near ? Says::kNothing : Says::kTowards, stretch);
        }
    } else if (in_a_row(state, far, kValuesToEnter)) {
        state.occupied = true;
        state.taken = {};
        run(state.taken, Says::kTowards, stretch);
    }
    Opinion opinion{.value = Seconds(state.taken.elapsed).count()};
    for (int i = 0; const config::Level& level : rule.levels) {
        opinion.reached = state.occupied && opinion.value >= level.limit ? i : opinion.reached;
        opinion.held = state.occupied ? i : opinion.held;
        ++i;
    }
    return opinion;
}

/// The vehicle stood here before anything was known of the empty lane: when the field leaves what it is now,
/// the lane is free.
Opinion reversed(OccupiedState& state, const config::Rule& rule, const Axes& field, Duration stretch) {
    const double distance = length(minus(field, state.base));
    if (distance >= rule.enter && state.run + 1 >= kValuesToLeave) {
        begin(state, field);
        state.reversed = state.occupied = false;
        state.run = 0;
        state.taken = {};
        return conclude(state, rule, true, false, stretch);
    }
    state.run = distance >= rule.enter ? static_cast<std::uint8_t>(state.run + 1) : std::uint8_t{0};
    run(state.taken, Says::kTowards, stretch);
    return {.reached = -1,
            .held = static_cast<int>(rule.levels.size()) - 1,
            .value = Seconds(state.taken.elapsed).count()};
}

}  // namespace

std::optional<Opinion> occupied(OccupiedState& state, const config::Rule& rule, const Axes& field,
                                std::optional<double> temperature, Voice voice, Duration stretch,
                                bool alarm) {
    if (voice != Voice::kFull) {
        run(state.taken, Says::kNothing, stretch);
        return std::nullopt;
    }
    const double seconds = Seconds(stretch).count();
    if (!state.known) {
        begin(state, field);
        state.reversed = alarm;
    }
    first_of_a_run(state, alarm);
    if (state.reversed) {
        keep(state.recent, field, std::min(1.0, seconds / kRecent));
        return reversed(state, rule, field, stretch);
    }
    const Thresholds at = thresholds(state, rule);
    const double distance = length(minus(field, expected(state, temperature)));
    const Opinion opinion = conclude(state, rule, distance < at.leave, distance >= at.enter, stretch);
    if (!state.occupied && distance < at.enter) {
        if (distance < at.leave) {
            note_noise(state, field, seconds);
        }
        constexpr double kBetween = 0.1;
        learn(state, field, temperature, distance < at.leave ? 1 : kBetween, seconds);
    }
    keep(state.recent, field, std::min(1.0, seconds / kRecent));
    return opinion;
}

std::optional<Opinion> occupied(OccupiedState& state, const config::Rule& rule, double value, Voice voice,
                                Duration stretch, bool alarm) {
    if (voice != Voice::kFull) {
        run(state.taken, Says::kNothing, stretch);
        return std::nullopt;
    }
    first_of_a_run(state, alarm);
    const bool bit = rule.enter <= 0;
    const bool far = bit ? value != 0 : is_at_least(value, rule.enter);
    const bool near = bit ? value == 0 : is_below(value, rule.leave);
    return conclude(state, rule, near, far, stretch);
}

bool is_settling(const OccupiedState& state) {
    return state.known && !state.calibrated && value_of(state.learned_s) < kSettled;
}

double still_moves(const OccupiedState& state, const config::Rule& rule) {
    const double sigma = std::sqrt(std::max(value_of(state.variance), 0.0));
    return std::clamp(kLeaveSigmas * sigma, rule.leave / 2, 2 * rule.leave);
}

void calibrate(OccupiedState& state, const Axes& field) {
    rebase(state, field);
    state.known = true;
    state.calibrated = true;
    state.occupied = state.reversed = false;
    state.run = 0;
    state.taken = {};
}

}  // namespace gengfu::rules
