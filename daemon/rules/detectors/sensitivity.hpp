#pragma once

#include <algorithm>
#include <array>

#include "daemon/rules/detectors/finding.hpp"

namespace gengfu::rules::detectors {

constexpr int kLeastSensitivity = 1;
constexpr int kMostSensitivity = 10;
constexpr int kDefaultSensitivity = 5;

/// Score from which a sample is an alarm, at a sensitivity of 1 to 10 (others are taken as the nearest of
/// these).
///
/// Measured on a year of clean noise of eight kinds at one sample a minute (docs/anomaly.md has the table):
/// at 5 the worst kind gives no more than one false alarm a point and year, at 6 three, 7 a dozen, 8 forty, 9
/// ninety, 10 a hundred and fifty; below 5 none was seen. 10 is also the threshold that the benchmark was
/// fitted to.
constexpr float surprise_limit(int sensitivity) {
    constexpr std::array<float, kMostSensitivity> kSurprise{30, 27, 25, 23, 21, 17, 13, 10, 7, 4.3F};
    const int level = std::clamp(sensitivity, kLeastSensitivity, kMostSensitivity);
    return kSurprise[static_cast<std::size_t>(level - 1)];
}
constexpr float threshold(int sensitivity) {
    return score_of(surprise_limit(sensitivity));
}

/// An event is over below this share of the limit: the surprise falls slowly while it is learnt, and an alarm
/// must not come and go with its noise.
constexpr float kHold = 0.5F;

/// Whether a finding is news at a limit. The score tells news to the most sensitive; what was told to them
/// must not mute what only now passes this limit.
constexpr bool is_news(const Finding& finding, bool in_event, float limit) {
    return finding.score >= score_of(limit) || (!in_event && finding.surprise >= limit);
}

/// The same for the points of a device judged together: how many of its usual spreads a point's short mean
/// must be away.
///
/// Measured likewise, on devices of 2 to 8 points over four years: at 5 the worst kind and size (eight points
/// of slowly wandering noise) gives 0.2 false alarms a device and year, at 6 four, 7 sixteen, 8 seventy, 9
/// three hundred, 10 eight hundred; below 5 none was seen. 10 is the limit that the benchmark was fitted to.
constexpr float device_limit(int sensitivity) {
    constexpr std::array<float, kMostSensitivity> kSpreads{10, 9, 8, 7, 6.5F, 5.5F, 5, 4.5F, 4, 3.6F};
    const int level = std::clamp(sensitivity, kLeastSensitivity, kMostSensitivity);
    return kSpreads[static_cast<std::size_t>(level - 1)];
}

}  // namespace gengfu::rules::detectors
