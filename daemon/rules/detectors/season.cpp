#include "daemon/rules/detectors/season.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules::detectors {

std::size_t Season::bin(std::chrono::seconds time) {
    constexpr std::int64_t kDay = 86400;
    const std::int64_t of_day = ((time.count() % kDay) + kDay) % kDay;
    return static_cast<std::size_t>(of_day) / (kDay / kBins);
}

Season::Seen Season::look(std::chrono::seconds time, float normalised) const {
    const std::size_t here = bin(time);
    const std::size_t before = (here + kBins - 1) % kBins;
    const std::size_t after = (here + 1) % kBins;
    Seen seen;
    if (count_[here] > 2) {
        // A peak that comes some minutes early is not news: the nearest of three half hours counts.
        const float own = normalised - mean_[here];
        const float near =
            std::min(std::fabs(normalised - mean_[before]), std::fabs(normalised - mean_[after]));
        seen.residual = std::copysign(std::min(std::fabs(own), near), own);
    }
    if (count_[here] == 0) {
        return seen;
    }
    seen.known = true;
    seen.low = low_[here];
    seen.high = high_[here];
    for (const std::size_t other : {before, after}) {
        if (count_[other] > 0) {
            seen.low = std::min(seen.low, low_[other]);
            seen.high = std::max(seen.high, high_[other]);
        }
    }
    seen.outside = std::max({0.0F, normalised - seen.high, seen.low - normalised});
    return seen;
}

void Season::learn(std::chrono::seconds time, float normalised, float rate) {
    const std::size_t here = bin(time);
    if (count_[here] == 0) {
        mean_[here] = low_[here] = high_[here] = normalised;
        count_[here] = 1;
        return;
    }
    // A new envelope is taken over by 70 % at once, and shrinks by 0.3 % a sample.
    constexpr float kGrow = 0.7F;
    constexpr float kShrink = 0.003F;
    const float step = std::max(1.0F / 24.0F, 1.0F / static_cast<float>(count_[here] + 1));
    mean_[here] += (normalised - mean_[here]) * step * rate;
    const float middle = 0.5F * (low_[here] + high_[here]);
    if (normalised > high_[here]) {
        high_[here] += (normalised - high_[here]) * kGrow;
    } else if (normalised < low_[here]) {
        low_[here] += (normalised - low_[here]) * kGrow;
    } else {
        high_[here] -= (high_[here] - middle) * kShrink;
        low_[here] += (middle - low_[here]) * kShrink;
    }
    count_[here] = static_cast<std::uint8_t>(std::min(255, count_[here] + 1));
}

}  // namespace gengfu::rules::detectors
