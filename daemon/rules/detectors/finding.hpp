#pragma once

#include <cstdint>

namespace gengfu::rules::detectors {

/// What is unlike before; the evidence shown to people.
enum class Aspect : std::uint8_t {
    kNone,     ///< nothing judged yet (warm-up, or no usable number)
    kLevel,    ///< higher or lower than usual
    kShape,    ///< a step, a spike or a sequence not met before
    kSpread,   ///< louder than usual
    kSeason,   ///< unlike this time of day
    kSilence,  ///< changes less than usual
};

/// What one sample told.
struct Finding {
    float score =
        0;  ///< 0 to below 1: how unlike before the *news* in this sample is; 0 when an event goes on
    float surprise =
        0;  ///< decades of rarity summed over all features, less what recurs; also during an event
    Aspect aspect = Aspect::kNone;
};

/// What was usual for the last sample, before it was learnt; in the unit of the point.
struct Usual {
    double expected = 0;
    double low = 0;
    double high = 0;
};

/// A surprise of 10 is a score of 0.5.
constexpr float score_of(float surprise) {
    return surprise > 0 ? surprise / (surprise + 10.0F) : 0.0F;
}

}  // namespace gengfu::rules::detectors
