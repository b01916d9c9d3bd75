#include "daemon/rules/judge_state.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/schedule.hpp"
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
    return std::max(site.bus(device.bus).timeout, site.turnaround(device).value_or(Duration::zero()));
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

/// What the kind remembers. \return its index among its like
std::uint32_t make_room(JudgeState& state, const config::Rule& rule, std::uint32_t index) {
    const auto add = [](auto& of) {
        of.emplace_back();
        return static_cast<std::uint32_t>(of.size() - 1);
    };
    switch (rule.kind) {
        case config::RuleKind::kRate:
            return add(state.windows);
        case config::RuleKind::kStuck:
            return add(state.stuck);
        case config::RuleKind::kJump:
            return add(state.jumps);
        case config::RuleKind::kMoved:
            state.poses.emplace_back();
            return add(state.moved);
        case config::RuleKind::kOccupied:
            state.fields.emplace_back();
            return add(state.occupied);
        case config::RuleKind::kGrowth:
            return add(state.growth);
        case config::RuleKind::kAll:
        case config::RuleKind::kAny:
        case config::RuleKind::kCount:
            state.groups.push_back({.rule = index, .look = std::nullopt, .queued = std::nullopt});
            return static_cast<std::uint32_t>(state.groups.size() - 1);
        case config::RuleKind::kAnomaly:
            state.anomalies.emplace_back(state.site, rule);
            state.anomaly_rules.push_back(index);
            return static_cast<std::uint32_t>(state.anomalies.size() - 1);
        default:
            return 0;
    }
}

void link_groups(JudgeState& state) {
    if (state.groups.empty()) {
        return;
    }
    state.groups_of.resize(state.runners.size());
    state.active_until.resize(state.runners.size(), Monotonic::min());
    std::size_t most = 0;
    for (std::uint32_t g = 0; g < state.groups.size(); ++g) {
        const config::Rule& rule = *state.runners[state.groups[g].rule].rule;
        most = std::max(most, rule.members.size());
        for (const config::Member& member : rule.members) {
            for (const RuleId of : member.rules) {
                state.groups_of[of.value].push_back(g);
                state.runners[of.value].grouped = true;
            }
        }
    }
    state.truths.reserve(most);
    state.dirty.reserve(state.groups.size());
}

}  // namespace

JudgeState::JudgeState(const config::Site& of) : site(of) {
    Gathered by_point(site.points.size());
    Gathered by_device(site.devices.size());
    Gathered by_limit(site.points.size());
    runners.reserve(site.rules.size());
    for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
        const config::Rule& rule = site.rules[i];
        assert(rule.levels.size() <= kMaxLevels);
        for (const PointId point : rule.points) {
            by_point[point.value].push_back(i);
        }
        if (!config::is_group(rule.kind) && rule.points.empty()) {
            (rule.point ? by_point[rule.point->value] : by_device[rule.device.value]).push_back(i);
        }
        if (rule.limit_point) {
            by_limit[rule.limit_point->value].push_back(i);
        }
        Runner runner;
        runner.rule = &rule;
        runner.levels = static_cast<std::uint32_t>(std::max<std::size_t>(rule.levels.size(), 1));
        runner.window = make_room(*this, rule, i);
        if (!rule.limit_point) {
            runner.reference = 0;
        }
        const Opinion neutral =
            rule.kind == config::RuleKind::kSilent ? silent(rule, Duration::zero()) : evaluate(rule, 0);
        runner.limit = limit_at(rule, -1, neutral, runner.reference);
        runners.push_back(runner);
    }
    points.reserve(site.points.size());
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        points.push_back(point_state(site, i));
        points.back().rules = append(order, by_point[i]);
        points.back().limits = append(order, by_limit[i]);
    }
    devices.reserve(site.devices.size());
    for (std::size_t i = 0; i < site.devices.size(); ++i) {
        devices.push_back(device_state(site, site.devices[i]));
        devices.back().rules = append(order, by_device[i]);
    }
    link_groups(*this);
    watches.reserve(2 * runners.size());
}

void JudgeState::take_limit(Runner& runner, double value) {
    constexpr double kNews = 0.01;
    if (std::isnan(runner.reference)) {
        ++limit_news.found;
    } else if (std::abs(value - runner.reference) > kNews * runner.reference) {
        ++limit_news.changed;
    }
    runner.reference = value;
}

void JudgeState::begin(Monotonic now) {
    if (started) {
        return;
    }
    started = now;
    for (PointState& point : points) {
        point.last.taken = point.last_good = point.last_value = now;
    }
    for (MovedState& pose : moved) {
        pose.pointed = now;
    }
    for (DeviceState& device : devices) {
        device.last.taken = device.last_answer = now;
    }
    for (std::uint32_t i = 0; i < runners.size(); ++i) {
        watch(i);
    }
    for (std::uint32_t g = 0; g < groups.size(); ++g) {
        groups[g].evaluated = now;
        groups[g].dirty = true;
        dirty.push_back(g);
    }
}

void JudgeState::watch(std::uint32_t index) {
    Runner& runner = runners[index];
    if (config::is_group(runner.rule->kind)) {
        GroupState& group = groups[runner.window];
        if (group.look && (!group.queued || *group.look < *group.queued)) {
            group.queued = group.look;
            watches.push({*group.look, index});
        }
        return;
    }
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
        if (rule.answering && !runner.active() && !points[rule.point->value].had_value) {
            return std::nullopt;  // perhaps nothing is connected there
        }
        // While active only to see whether a silence interrupts the off-delay, or to be sure of it.
        const bool clearing = runner.timing.timers[0].begun();
        return !runner.active() || clearing || runner.in_doubt
                   ? std::optional(silent_deadline(rule, last_heard(runner)))
                   : std::nullopt;
    }
    if (config::is_group(rule.kind)) {
        return groups[runner.window].look;
    }
    const PointState& point = point_of(runner);
    if (!runner.active() || runner.uncertain || !point.stale) {
        return std::nullopt;
    }
    return last_good(runner) + *point.stale;
}

Duration JudgeState::lately(const Runner& runner) const {
    const PointState& point = point_of(runner);
    return std::max(
        {kLately, kIntervalsLately * point.gap / kIntervalsToGap, kIntervalsLately * point.cadence.spacing});
}

Monotonic JudgeState::last_good(const Runner& runner) const {
    Monotonic oldest = point_of(runner).last_good;
    for (const PointId axis : runner.rule->axes) {
        oldest = std::min(oldest, points[axis.value].last_good);
    }
    // A vector that points nowhere is no value of a pose, however good its axes are.
    return runner.rule->kind == config::RuleKind::kMoved ? std::min(oldest, moved[runner.window].pointed)
                                                         : oldest;
}

Truth JudgeState::truth(std::uint32_t index, Monotonic now) const {
    const Runner& runner = runners[index];
    if (is_out_of_service(index)) {
        return Truth::kUnknown;
    }
    if (runner.active()) {
        return runner.uncertain || runner.in_doubt ? Truth::kUnknown : Truth::kTrue;
    }
    if (runner.in_doubt) {
        // Short of what raises it anew, it is at rest; what is on its way there may have been raised before.
        return runner.judged && !runner.timing.timers[0].running ? Truth::kFalse : Truth::kUnknown;
    }
    if (runner.rule->kind == config::RuleKind::kSilent) {
        return Truth::kFalse;
    }
    const PointState& point = point_of(runner);
    const bool stale = point.stale && last_good(runner) + *point.stale <= now;
    return !runner.judged || stale ? Truth::kUnknown : Truth::kFalse;
}

bool JudgeState::may_raise(const Runner& runner, Monotonic now) const {
    if (runner.rule->schedule.empty() || !minute_of_week) {
        return true;
    }
    constexpr int kWeek = 7 * 24 * 60;
    const auto since = std::chrono::duration_cast<std::chrono::minutes>(now - minute_known).count();
    const auto minute = static_cast<int>((*minute_of_week + since % kWeek + kWeek) % kWeek);
    return in_schedule(runner.rule->schedule, minute);
}

void JudgeState::stir(std::uint32_t index) {
    for (const std::uint32_t g : groups_of[index]) {
        if (!groups[g].dirty) {
            groups[g].dirty = true;
            dirty.push_back(g);
        }
    }
}

Duration JudgeState::patience(const DeviceState& device) {
    return std::max(kLately, kIntervalsLately * device.gap / kIntervalsToGap);
}

Monotonic JudgeState::last_heard(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    if (rule.answering) {
        return std::max(points[rule.point->value].last_value, devices[rule.device.value].answers_since);
    }
    return rule.point ? points[rule.point->value].last_value : devices[rule.device.value].last_answer;
}

const JudgeState::Heard& JudgeState::last_of(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    const bool of_points = rule.point || rule.kind == config::RuleKind::kAnomaly;
    return of_points ? point_of(runner).last : devices[rule.device.value].last;
}

const JudgeState::PointState& JudgeState::point_of(const Runner& runner) const {
    const config::Rule& rule = *runner.rule;
    return points[rule.point ? rule.point->value : anomalies[runner.window].decisive().value];
}

SampleTime JudgeState::time_of(const Sample& sample) const {
    if (!to_wall) {
        return std::nullopt;
    }
    return std::chrono::floor<std::chrono::seconds>(sample.taken.time_since_epoch() + *to_wall);
}

Severity JudgeState::severity_at(const Runner& runner, int level) const {
    const config::Rule& rule = *runner.rule;
    if (rule.levels.empty()) {
        return rule.severity;
    }
    return rule.levels[static_cast<std::size_t>(std::max(level, 0))].severity;
}

}  // namespace gengfu::rules
