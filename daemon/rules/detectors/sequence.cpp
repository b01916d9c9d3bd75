#include "daemon/rules/detectors/sequence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "daemon/rules/detectors/fast_log.hpp"

namespace gengfu::rules::detectors {
namespace {

template <class Counts>
float total(const Counts& counts) {
    return static_cast<float>(std::accumulate(counts.begin(), counts.end(), 0));
}

/// Probability of a level in a context, leaning on the shorter context like two samples of it.
template <class Counts>
float probability(const Counts& counts, std::size_t level, float shorter) {
    return (static_cast<float>(counts[level]) + 2.0F * shorter) / (total(counts) + 2.0F);
}

/// Counts one; halves all when one is full, so that the past fades.
template <class Counts>
void count(Counts& counts, std::size_t level) {
    using Count = typename Counts::value_type;
    if (counts[level] == std::numeric_limits<Count>::max()) {
        for (Count& each : counts) {
            each = static_cast<Count>(each / 2);
        }
    }
    ++counts[level];
}

}  // namespace

Sequence::Bits Sequence::observe(float normalised) {
    const float scaled = std::floor(normalised * 1.5F + 4.0F);
    const auto level = static_cast<std::size_t>(std::clamp(scaled, 0.0F, static_cast<float>(kLevels - 1)));
    SmallCounts& one = after_one_[last_];
    SmallCounts& two = after_two_[last_ * kLevels + before_last_];
    const float alone = (static_cast<float>(frequency_[level]) + 0.25F) / (total(frequency_) + 2.0F);
    const float given = probability(two, level, probability(one, level, alone));
    count(frequency_, level);
    count(one, level);
    count(two, level);
    before_last_ = last_;
    last_ = static_cast<std::uint8_t>(level);
    return {.given_past = -fast_log2(given), .alone = -fast_log2(alone)};
}

}  // namespace gengfu::rules::detectors
