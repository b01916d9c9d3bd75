#include "daemon/publish/report_filter.hpp"

#include <cmath>
#include <limits>

namespace gengfu::publish {

ReportFilter::ReportFilter(const config::Site& site) : points_(site.points.size()) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const config::PointSpec& spec = site.spec(PointId{static_cast<std::uint32_t>(i)});
        points_[i].deadband = spec.deadband;
        points_[i].max_interval = spec.max_interval.value_or(kDefaultMaxInterval);
        if (spec.aggregate) {  // its windows are reported instead
            points_[i].deadband = std::numeric_limits<double>::infinity();
            points_[i].max_interval = Duration::max();
        }
    }
}

bool ReportFilter::differs(const State& state, const Sample& sample) const {
    if (sample.quality != state.quality || sample.reason != state.reason) {
        return true;
    }
    if (std::isnan(sample.value) || std::isnan(state.value)) {
        if (std::isnan(sample.value) != std::isnan(state.value)) {
            return true;
        }
    } else if (std::abs(sample.value - state.value) > state.deadband) {
        return true;
    }
    if (sample.text.empty() && texts_.empty()) {
        return false;
    }
    const auto text = texts_.find(sample.point);
    return text == texts_.end() ? !sample.text.empty() : text->second != sample.text;
}

bool ReportFilter::admit(const Sample& sample) {
    State& state = points_[sample.point.value];
    const bool report = !state.seen || sample.taken < state.all_until ||
                        sample.taken - state.taken >= state.max_interval || differs(state, sample);
    state.held = !report;
    if (!report) {
        state.last_held = sample;
        return false;
    }
    state.seen = true;
    state.value = sample.value;
    state.taken = sample.taken;
    state.quality = sample.quality;
    state.reason = sample.reason;
    if (!sample.text.empty() || texts_.contains(sample.point)) {
        texts_[sample.point] = sample.text;
    }
    return true;
}

std::optional<Sample> ReportFilter::around(PointId point, Monotonic now) {
    State& state = points_[point.value];
    state.all_until = now + kAroundAlarm;
    if (!state.held) {
        return std::nullopt;
    }
    state.held = false;
    return state.last_held;
}

}  // namespace gengfu::publish
