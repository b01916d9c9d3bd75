#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gengfu::rules::detectors {

/// What one sample is measured by. All are ranked against their own history, so their units do not matter.
enum class Feature : std::uint8_t {
    kSpike,      ///< distance from the mean of the last 4 samples
    kExtreme,    ///< distance from the long-run median
    kStep,       ///< change since the last sample, by the usual change
    kLevel2,     ///< mean of 2 against mean of 32
    kLevel8,     ///< mean of 8 against mean of 64, by the usual change
    kLevel32,    ///< mean of 32 against mean of 256
    kLouder,     ///< change of the last 8 samples against that of the last 256
    kQuieter,    ///< change of the last 256 samples against that of the last 32
    kSeason1,    ///< distance from what this time of day usually shows
    kSeason12,   ///< the same, mean of 12 samples
    kSeason64,   ///< the same, mean of 64 samples
    kEnvelope,   ///< beyond all that this time of day has shown
    kSequence,   ///< code length of the last 32 steps, given the two before each
    kRareValue,  ///< code length of the last 16 values by their frequency alone
    kRecord,     ///< beyond the highest or lowest so far
    kPattern,    ///< distance from the nearest of the patterns met so far
    kCount,
};
constexpr std::size_t kFeatures = static_cast<std::size_t>(Feature::kCount);

/// One set for all points; the daemon and the tool use the defaults. Fitted on the open benchmark half
/// (docs/anomaly.md); `tools/bench anomaly` fits them anew for the cross-validated figure.
struct Parameters {
    float memory_samples = 20000;  ///< of the median and spread that a value is normalised by
    float settle_factor = 0.5F;    ///< of a feature's own span, before its history counts
    float age_exponent = 0.55F;    ///< how much more a record means after a longer history
    float beyond = 0.5F;       ///< decades a doubling beyond the highest so far adds, in units of log10(2)
    float recurrence = 0.6F;   ///< taken off per doubling of the number of like events before
    float margin = 0.75F;      ///< an event is news again when it exceeds its peak by this share
    float fade_samples = 150;  ///< the remembered peak falls to 1/e in this time
    float event_gap_samples = 100;  ///< an event is over when its peak was not passed for this long
    float slow_above = 8;           ///< surprise above which the normal is learnt slowly
    std::array<float, kFeatures> weight{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
};

inline constexpr Parameters kDefaultParameters{};

}  // namespace gengfu::rules::detectors
