#include "daemon/rules/judge_state.hpp"

#include <algorithm>
#include <cassert>

#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/silent.hpp"

namespace gengfu::rules {
namespace {

/// A sensor without a good value for so many intervals and the bus's time-out, but at least kShortestStale,
/// has fallen silent: long enough that lost frames and the back-off of a unit that misses an answer make no
/// fuss.
constexpr int kIntervalsToStale = 5;
constexpr Duration kShortestStale = std::chrono::seconds(10);

using Gathered = std::vector<std::vector<std::uint32_t>>;

JudgeState::Slice append(std::vector<std::uint32_t>& order, const std::vector<std::uint32_t>& rules) {
    const JudgeState::Slice slice{static_cast<std::uint32_t>(order.size()),
                                  static_cast<std::uint32_t>(rules.size())};
    order.insert(order.end(), rules.begin(), rules.end());
    return slice;
}

Duration timeout_of(const config::Site& site, const config::Device& device) {
    return std::max(site.bus(device.bus).timeout, site.profile(device).turnaround.value_or(Duration::zero()));
}

JudgeState::PointState point_state(const config::Site& site, std::uint32_t index) {
    const config::Point& point = site.points[index];
    const config::PointSpec& spec = site.spec(PointId{index});
    const config::Device& device = site.device(point.device);
    const Duration interval = spec.interval.value_or(device.interval);
    const Duration timeout = timeout_of(site, device);
    JudgeState::PointState state;
    state.gap = kIntervalsToGap * interval + timeout;
    if (!spec.read_on_connect) {
        state.stale = std::max(kIntervalsToStale * interval + timeout, kShortestStale);
    }
    state.last.point = PointId{index};
    state.device = point.device.value;
    return state;
}

JudgeState::DeviceState device_state(const config::Site& site, const config::Device& device) {
    JudgeState::DeviceState state;
    state.gap = kIntervalsToGap * device.interval + timeout_of(site, device);
    state.last.point = device.first_point;
    return state;
}

}  // namespace

JudgeState::JudgeState(const config::Site& of) : site(of) {
    Gathered by_point(site.points.size());
    Gathered by_device(site.devices.size());
    runners.reserve(site.rules.size());
    for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
        const config::Rule& rule = site.rules[i];
        assert(rule.levels.size() <= kMaxLevels);
        (rule.point ? by_point[rule.point->value] : by_device[rule.device.value]).push_back(i);
        Runner runner;
        runner.rule = &rule;
        runner.levels = static_cast<std::uint32_t>(std::max<std::size_t>(rule.levels.size(), 1));
        if (rule.kind == config::RuleKind::kRate) {
            runner.window = static_cast<std::uint32_t>(windows.size());
            windows.emplace_back();
        }
        const Opinion neutral =
            rule.kind == config::RuleKind::kSilent ? silent(rule, Duration::zero()) : evaluate(rule, 0);
        runner.limit = limit_at(rule, -1, neutral);
        runners.push_back(runner);
    }
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        points.push_back(point_state(site, i));
        points.back().rules = append(order, by_point[i]);
    }
    for (std::size_t i = 0; i < site.devices.size(); ++i) {
        devices.push_back(device_state(site, site.devices[i]));
        devices.back().rules = append(order, by_device[i]);
    }
    watches.reserve(runners.size());
}

void JudgeState::begin(Monotonic now) {
    if (started) {
        return;
    }
    started = now;
    for (PointState& point : points) {
        point.last.taken = point.last_good = point.last_value = now;
    }
    for (DeviceState& device : devices) {
        device.last.taken = device.last_answer = now;
    }
    for (std::uint32_t i = 0; i < runners.size(); ++i) {
        watch(i);
    }
}

void JudgeState::watch(std::uint32_t index) {
    Runner& runner = runners[index];
    if (runner.watched) {
        return;
    }
    if (const std::optional<Monotonic> when = deadline(runner)) {
        runner.watched = true;
        watches.push({*when, index});
    }
}

std::optional<Monotonic> JudgeState::deadline(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    if (rule.kind == config::RuleKind::kSilent) {
        // While active only to see whether a silence interrupts the off-delay.
        const bool clearing = runner.timing.timers[0].begun();
        return !runner.active() || clearing ? std::optional(silent_deadline(rule, last_heard(runner)))
                                            : std::nullopt;
    }
    const PointState& point = points[rule.point->value];
    if (!runner.active() || runner.uncertain || !point.stale) {
        return std::nullopt;
    }
    return point.last_good + *point.stale;
}

Monotonic JudgeState::last_heard(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    return rule.point ? points[rule.point->value].last_value : devices[rule.device.value].last_answer;
}

const JudgeState::Heard& JudgeState::last_of(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    return rule.point ? points[rule.point->value].last : devices[rule.device.value].last;
}

Severity JudgeState::severity_at(const Runner& runner, int level) const {
    const config::Rule& rule = *runner.rule;
    if (rule.levels.empty()) {
        return rule.severity;
    }
    return rule.levels[static_cast<std::size_t>(std::max(level, 0))].severity;
}

}  // namespace gengfu::rules
