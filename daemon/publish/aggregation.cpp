#include "daemon/publish/aggregation.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::publish {
namespace {

constexpr std::uint32_t kParts = 3;

Sample sample_of(PointId point, double value, Monotonic taken, bool good) {
    Sample sample;
    sample.point = point;
    sample.quality = good ? Quality::kGood : Quality::kUncertain;
    sample.value = value;
    sample.taken = taken;
    return sample;
}

}  // namespace

std::vector<AggregatePoint> aggregate_points(const config::Site& site) {
    std::vector<AggregatePoint> all;
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        if (site.spec(PointId{i}).aggregate) {
            all.push_back({PointId{i}, ".min", false});
            all.push_back({PointId{i}, ".mean", true});
            all.push_back({PointId{i}, ".max", false});
        }
    }
    return all;
}

std::string name_of(const config::Site& site, const AggregatePoint& point) {
    return site.point_name(point.of) + point.suffix;
}

Aggregation::Aggregation(const config::Site& site) {
    const std::vector<AggregatePoint> points = aggregate_points(site);
    if (points.empty()) {
        return;
    }
    window_of_.assign(site.points.size(), kNone);
    for (std::uint32_t i = 0; i < points.size(); i += kParts) {
        window_of_[points[i].of.value] = static_cast<std::uint32_t>(windows_.size());
        Window window;
        window.first = PointId{static_cast<std::uint32_t>(site.points.size()) + i};
        window.length = *site.spec(points[i].of).aggregate;
        windows_.push_back(window);
    }
}

void Aggregation::add(const Sample& sample, std::vector<Sample>& out) {
    if (sample.point.value >= window_of_.size() || window_of_[sample.point.value] == kNone) {
        return;
    }
    Window& window = windows_[window_of_[sample.point.value]];
    const std::int64_t number = sample.taken.time_since_epoch() / window.length;
    if (number != window.number) {
        end(window, out);
        window.number = number;
    }
    window.all_good = window.all_good && sample.quality == Quality::kGood;
    if (sample.quality == Quality::kBad || !std::isfinite(sample.value)) {
        return;
    }
    window.lowest = window.values == 0 ? sample.value : std::min(window.lowest, sample.value);
    window.highest = window.values == 0 ? sample.value : std::max(window.highest, sample.value);
    window.sum += sample.value;
    window.last = sample.taken;
    ++window.values;
}

void Aggregation::finish(std::vector<Sample>& out) {
    for (Window& window : windows_) {
        end(window, out);
    }
}

void Aggregation::end(Window& window, std::vector<Sample>& out) {
    if (window.values != 0) {
        const double mean = window.sum / static_cast<double>(window.values);
        const std::uint32_t first = window.first.value;
        out.push_back(sample_of(PointId{first}, window.lowest, window.last, window.all_good));
        // Rounding of the sum must not put the mean outside.
        out.push_back(sample_of(PointId{first + 1}, std::clamp(mean, window.lowest, window.highest),
                                window.last, window.all_good));
        out.push_back(sample_of(PointId{first + 2}, window.highest, window.last, window.all_good));
    }
    window.values = 0;
    window.sum = 0;
    window.all_good = true;
}

}  // namespace gengfu::publish
