#include "daemon/rules/detectors/location.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "daemon/rules/detectors/fast_log.hpp"

namespace gengfu::rules::detectors {

double Location::spread() const {
    // A signal that stands still must not turn its last digit into an event: at least a billionth of its
    // level.
    return std::max({quantile_, 0.25 * mean_distance_, 1e-9 * std::fabs(median_), 1e-12});
}

float Location::normalise(double value) const {
    const double spreads = std::clamp((value - median_) / spread(), -1e12, 1e12);
    const auto size = static_cast<float>(std::fabs(spreads));
    const float log = fast_log2(size + std::sqrt(size * size + 1.0F)) * 0.693147F;
    const float compressed = size < 0.01F ? size : log;  // below, the short logarithm is too coarse
    return spreads < 0 ? -compressed : compressed;
}

double Location::restore(float normalised) const {
    return median_ + spread() * std::sinh(static_cast<double>(std::clamp(normalised, -30.0F, 30.0F)));
}

void Location::learn_first(double value) {
    first_[seen_ - 1] = value;
    std::array<double, kFirst> sorted = first_;
    const auto end = sorted.begin() + seen_;
    std::sort(sorted.begin(), end);
    median_ = sorted[seen_ / 2];
    std::for_each(sorted.begin(), end, [this](double& each) { each = std::fabs(each - median_); });
    std::sort(sorted.begin(), end);
    quantile_ = sorted[std::min(seen_ - 1, seen_ * 68 / 100)];
    // Without the furthest: one wild value at the start must not set the scale for days.
    mean_distance_ = std::accumulate(sorted.begin(), end - 1, 0.0) / seen_;
}

void Location::learn(double value, float rate, const Parameters& parameters) {
    if (seen_ < kFirst) {
        ++seen_;
        learn_first(value);
        return;
    }
    seen_ = std::min<std::uint32_t>(seen_ + 1, 1000000000);
    const double step = rate / std::min<double>(seen_, static_cast<double>(parameters.memory_samples));
    const double scale = spread();
    const double distance = std::fabs(value - median_);
    if (value != median_) {
        median_ += scale * 2.5 * step * (value > median_ ? 1 : -1);
    }
    quantile_ = std::max(0.0, quantile_ + scale * 3 * step * (distance > quantile_ ? 0.68 : -0.32));
    const double most = 10 * mean_distance_ + 10 * quantile_ + 1e-12;
    mean_distance_ += step * (std::min(distance, most) - mean_distance_);
}

}  // namespace gengfu::rules::detectors
