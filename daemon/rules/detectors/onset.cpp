#include "daemon/rules/detectors/onset.hpp"

#include <algorithm>

#include "daemon/rules/detectors/fast_log.hpp"

namespace gengfu::rules::detectors {
namespace {

float bin_of(float sum) {
    return std::min(62.0F, sum * 3.0F);
}

}  // namespace

float Onset::like_before(float sum) const {
    const float place = bin_of(sum);
    const auto bin = static_cast<std::size_t>(place);
    const auto here = static_cast<float>(at_least_[bin]);
    const auto next = static_cast<float>(at_least_[bin + 1]);
    return next + (here - next) * (1 - (place - static_cast<float>(bin)));
}

void Onset::note(float sum, std::uint32_t age, const Parameters& parameters) {
    constexpr std::uint32_t kSettled = 100;  // what the first samples show is not yet an event
    if (sum > peak_) {
        peak_ = sum;
        since_peak_ = 0;
        return;
    }
    ++since_peak_;
    if (static_cast<float>(since_peak_) <= parameters.event_gap_samples) {
        return;
    }
    if (age > kSettled && peak_ > kSmallest) {
        for (std::size_t i = 0; i <= static_cast<std::size_t>(bin_of(peak_)); ++i) {
            at_least_[i] = static_cast<std::uint16_t>(std::min(60000, at_least_[i] + 1));
        }
    }
    peak_ = 0;
    since_peak_ = 0;
}

Onset::News Onset::judge(float sum, std::uint32_t age, const Parameters& parameters) {
    // At the start a shorter memory of the last peak: a point's first day must not hide its second.
    const float fade = std::min(parameters.fade_samples, static_cast<float>(age) / 8.0F + 5.0F);
    bar_ *= 1 - 1 / fade;
    News told;
    told.surprise = sum - parameters.recurrence * fast_log2(1.0F + like_before(sum));
    if (told.surprise > bar_) {
        told.news = told.surprise;
        bar_ = told.surprise * (1 + parameters.margin);
    }
    note(sum, age, parameters);
    return told;
}

}  // namespace gengfu::rules::detectors
