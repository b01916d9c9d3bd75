#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
constexpr std::size_t kAspects = 6;

/// The word on the wire and in English texts; empty for kNone.
constexpr std::string_view to_string(Aspect aspect) {
    constexpr std::array<std::string_view, kAspects> kWords{"",       "level",  "shape",
                                                            "spread", "season", "silence"};
    return kWords.at(static_cast<std::size_t>(aspect));
}
constexpr std::string_view to_chinese(Aspect aspect) {
    constexpr std::array<std::string_view, kAspects> kWords{"", "水平", "形状", "波动", "时段", "静止"};
    return kWords.at(static_cast<std::size_t>(aspect));
}
/// kNone for a word that is none of these.
constexpr Aspect parse_aspect(std::string_view word) {
    for (std::size_t i = 1; i < kAspects; ++i) {
        if (word == to_string(static_cast<Aspect>(i))) {
            return static_cast<Aspect>(i);
        }
    }
    return Aspect::kNone;
}

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
