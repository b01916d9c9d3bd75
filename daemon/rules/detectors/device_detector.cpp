#include "daemon/rules/detectors/device_detector.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules::detectors {
namespace {

constexpr std::uint32_t kSettled = 30;  ///< short means that must be in before one is judged

}  // namespace

void DeviceDetector::smooth(std::span<const double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            continue;
        }
        Normal& point = points_[i];
        const double value = std::clamp(values[i], -1e150, 1e150);
        point.seen = std::min<std::uint32_t>(point.seen + 1, 1000000000);
        const double step =
            1 / std::min<double>(point.seen, static_cast<double>(parameters_->smooth_samples));
        point.smooth += (value - point.smooth) * step;
    }
}

float DeviceDetector::distance(const Normal& normal) const {
    if (static_cast<float>(normal.seen) <= parameters_->smooth_samples + static_cast<float>(kSettled)) {
        return 0;
    }
    return static_cast<float>(std::min(1e6, std::fabs(normal.smooth - normal.mean) / spread_of(normal)));
}

double DeviceDetector::spread_of(const Normal& normal) {
    return std::sqrt(normal.variance + 1e-6 * (1 + normal.mean * normal.mean));
}

Usual DeviceDetector::usual(std::size_t point, float limit_spreads) const {
    const Normal& normal = points_.at(point);
    const double around = static_cast<double>(limit_spreads) * spread_of(normal);
    return {.expected = normal.mean, .low = normal.mean - around, .high = normal.mean + around};
}

void DeviceDetector::learn(Normal& normal, float rate) const {
    const double settled =
        static_cast<double>(normal.seen) - static_cast<double>(parameters_->smooth_samples);
    if (settled < 1) {
        return;
    }
    const double step = rate / std::min(settled, static_cast<double>(parameters_->memory_samples));
    const double off = normal.smooth - normal.mean;
    normal.variance += step * ((1 - step) * off * off - normal.variance);
    normal.mean += step * off;
}

DeviceFinding DeviceDetector::observe(std::span<const double> values) {
    values = values.first(std::min(values.size(), kMostPoints));
    smooth(values);
    DeviceFinding finding;
    bool mature = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float spreads = distance(points_[i]);
        mature = mature || static_cast<float>(points_[i].seen) > parameters_->memory_samples;
        if (spreads > finding.spreads) {
            finding.spreads = spreads;
            finding.point = static_cast<std::uint8_t>(i);
        }
    }
    const bool unusual = mature && finding.spreads > parameters_->limit_spreads;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isfinite(values[i])) {
            learn(points_[i], unusual ? parameters_->learn_unusual : 1);
        }
    }
    finding.score = finding.spreads / (finding.spreads + parameters_->limit_spreads);
    return finding;
}

}  // namespace gengfu::rules::detectors
