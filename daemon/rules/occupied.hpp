#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/rules/axes.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// What a magnetometer in a lane has learned of the lane when it is empty, and how long it has not been.
/// Single precision where a hundredth of a count is far below the noise.
struct OccupiedState {
    Axes base{};                      ///< field of the empty lane, at `warm`
    Timer taken;                      ///< observed time occupied
    std::array<float, 3> recent{};    ///< mean of some seconds, for the noise
    std::array<float, 3> mean{};      ///< of a day, empty: what the slope by temperature is worked out from
    std::array<float, 3> together{};  ///< covariance of field and temperature
    float mean_warm = 0, warm_variance = 0;
    float warm = 0;        ///< °C at which `base` was learned, if warm_known
    float variance = 0;    ///< of one axis, about the mean of some seconds: drift does not count
    float learned_s = 0;   ///< observed time that base has been learned over
    std::uint8_t run = 0;  ///< values in a row that speak for a change
    bool begun = false;    ///< since the start
    bool known = false, calibrated = false, occupied = false;
    bool warm_known = false;  ///< `base` was last learned with a temperature, and is not new since
    bool mean_known = false;  ///< `mean` and `mean_warm` have begun, and of the lane as `base` has it
    /// Base is the field with the vehicle: it stood there when its empty lane had been forgotten.
    bool reversed = false;
};

/// A vehicle is there from so many good values in a row at `enter` on, and gone after so many below `leave`.
constexpr std::uint8_t kValuesToEnter = 2;
constexpr std::uint8_t kValuesToLeave = 3;
/// With axes, `enter` is at least this many sigmas of the noise of an axis, `leave` so many; but the noise
/// never makes more than a double of either: a sensor must not go deaf.
constexpr double kEnterSigmas = 8;
constexpr double kLeaveSigmas = 4;
/// The baseline follows the field of the empty lane over this (domain practice: a = 1 / 300 s).
constexpr Duration kFollow = std::chrono::minutes(5);

/// Occupancy by three axes: distance of the field from its baseline. The baseline learns only while the lane
/// is free and the field is near it, a tenth as fast between `leave` and `enter`, and is frozen while the
/// lane is occupied, but for the slope by temperature that free days have shown. It is never learned anew in
/// silence: a lane that stays occupied stays an alarm. Opinion's value and limits are seconds of occupation;
/// all levels hold until the vehicle has gone. \param temperature  °C where there is one
/// \param alarm  the rule stands active
std::optional<Opinion> occupied(OccupiedState& state, const config::Rule& rule, const Axes& field,
                                std::optional<double> temperature, Voice voice, Duration stretch, bool alarm);

/// Occupancy by a detector's own deviation (`enter`, `leave` as they stand), or, with `enter` 0, its own bit.
std::optional<Opinion> occupied(OccupiedState& state, const config::Rule& rule, double value, Voice voice,
                                Duration stretch, bool alarm);

/// A baseline is known, but is still a mean of its first seconds.
bool is_settling(const OccupiedState& state);

/// Values of the last seconds further than this from their mean: something comes or goes. Half of `leave`, or
/// more where the noise is, and never more than twice `leave`.
double still_moves(const OccupiedState& state, const config::Rule& rule);

/// That field becomes that of the empty lane.
void calibrate(OccupiedState& state, const Axes& field);

}  // namespace gengfu::rules
