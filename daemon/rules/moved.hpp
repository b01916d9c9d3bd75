#pragma once

#include <cstdint>
#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/rules/axes.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// The pose of a thing that must not move, and how far it may drift.
struct MovedState {
    Axes home{};               ///< direction of gravity as calibrated, or as first learned; length 1
    Axes reference{};          ///< what is compared with: home, and the drift since
    float settled_s = 0;       ///< observed time that home has been learned over
    float usual = 1;           ///< g: length of the vector at rest; another than 1 where the scale is off
    std::uint32_t knocks = 0;  ///< shaken, and back before it became an alarm
    bool known = false;
    bool calibrated = false;  ///< by a person; else learned from the first minute
    bool shaken = false;
    bool restless = false;    ///< its length was not the usual one
    Duration restless_for{};  ///< observed time of it
    Monotonic pointed{};      ///< when its vector, all good, last pointed anywhere
};

/// A pose that nobody has calibrated is learned from the first value on and settles over this: the thing is
/// watched within seconds (two that agree), by a reference that gets better within the minute.
constexpr Duration kSettle = std::chrono::minutes(1);
/// The reference follows a pose that creeps (a street that sinks, a sensor's zero) by so many degrees a day
/// ...
constexpr double kDriftPerDay = 1;
/// ... and never further from home than this: beyond, somebody has to calibrate (domain practice: < 1 °/day).
constexpr double kDriftMost = 5;

/// A vector whose length is not the usual one is not gravity alone: a wheel or a kick. Its direction says
/// nothing of the pose, neither that it moved nor that it did not. What lasts so long, and over
/// two values, is no shake but a sensor whose scale is off, or a thing that never rests: it is judged.
constexpr Duration kLongestShake = std::chrono::seconds(10);

/// Angle in degrees between gravity now and the reference; levels by `limit`, left by the deadband. A vector
/// without direction (below a third of a g) says nothing, nor does a shaken one; nor any while an alarm
/// stands of whose pose nothing is known (it stays until somebody calibrates). The reference is learned from
/// good values only, at rest, while there is no alarm and the angle is below half the mildest limit: what is
/// lifted slowly is not followed. \param alarm  the rule stands active
std::optional<Opinion> moved(MovedState& state, const config::Rule& rule, const Axes& gravity, Voice voice,
                             Duration stretch, bool alarm);

/// A pose is known, but has not settled.
bool is_settling(const MovedState& state);

/// Whether a vector has a direction at all.
bool points_somewhere(const Axes& gravity);

/// Of one that moved() has just seen: is it gravity alone, so that it may be calibrated by?
bool is_calm(const MovedState& state, const Axes& gravity);

/// Values of the last seconds further than this from their mean, in degrees: the thing still moves (noise of
/// a sensor is some tenths of a degree).
constexpr double kStillMoves = 2;

/// That pose becomes home. \param direction  of length 1
void calibrate(MovedState& state, const Axes& direction);

}  // namespace gengfu::rules
