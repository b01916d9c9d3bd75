#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_state.hpp"

namespace gengfu::rules {
namespace {

using Runner = JudgeState::Runner;
constexpr double kMostSeconds = 10.0 * 365 * 86'400;
using Names = std::tuple<std::string_view, std::string_view, std::string_view>;

RuleMemory named(const config::Site& site, const config::Rule& rule) {
    RuleMemory memory;
    memory.device = site.device(rule.device).name;
    memory.point = rule.point ? site.spec(*rule.point).name : std::string();
    memory.rule = rule.name;
    return memory;
}

Names names_of(const config::Site& site, const config::Rule& rule) {
    return {site.device(rule.device).name, rule.point ? std::string_view(site.spec(*rule.point).name) : "",
            rule.name};
}

/// A standstill of days need not be written down every few seconds: in steps of a part of the time it may
/// take.
constexpr Duration kLongStandstill = std::chrono::hours(1);
constexpr int kStepsOfLong = 64;

/// What the kind counts beside the delays. No more than it can need: what has reached its limit stays as it
/// is, so that it need not be written down again and again.
void add_counted(RuleMemory& memory, const JudgeState& state, const Runner& runner) {
    const config::Rule& rule = *runner.rule;
    if (rule.kind == config::RuleKind::kOccupied) {
        const OccupiedState& lane = state.occupied[runner.window];
        const auto most = std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(std::clamp(rule.levels.back().limit, 0.0, kMostSeconds)));
        if (lane.occupied && !lane.reversed) {
            memory.counted = std::min(lane.taken.elapsed, most);
        }
    } else if (rule.kind == config::RuleKind::kStuck) {
        const StuckState& stuck = state.stuck[runner.window];
        if (stuck.begun && stuck.still.elapsed > Duration::zero()) {
            const Duration step =
                rule.silent_for > kLongStandstill ? rule.silent_for / kStepsOfLong : Duration(1);
            memory.counted = std::min(stuck.still.elapsed - stuck.still.elapsed % step, rule.silent_for);
            memory.low = stuck.low;
            memory.high = stuck.high;
        }
    } else if (rule.kind == config::RuleKind::kSilent && !runner.active() &&
               (!rule.answering || state.points[rule.point->value].had_value)) {
        const Duration silence = state.last_of(runner).taken - state.last_heard(runner);
        if (silence > Duration::zero()) {
            memory.counted = silence;
        }
    }
}

void take_counted(JudgeState& state, const Runner& runner, const RuleMemory& memory) {
    const config::Rule& rule = *runner.rule;
    if (!memory.counted || *memory.counted < Duration::zero()) {
        return;
    }
    if (rule.kind == config::RuleKind::kOccupied) {
        OccupiedState& lane = state.occupied[runner.window];
        lane.occupied = true;
        lane.taken.elapsed = *memory.counted;
    } else if (rule.kind == config::RuleKind::kStuck && memory.low <= memory.high) {
        StuckState& stuck = state.stuck[runner.window];
        stuck.begun = true;
        stuck.low = memory.low;
        stuck.high = memory.high;
        stuck.still.elapsed = *memory.counted;
    }
}

/// Silence goes on from where it was, but the sensor gets the time to be heard: after a start everything has
/// to be asked first. After begin().
void take_silence(JudgeState& state, std::uint32_t index, const RuleMemory& memory, Monotonic now) {
    const Runner& runner = state.runners[index];
    const config::Rule& rule = *runner.rule;
    if (!memory.counted || rule.kind != config::RuleKind::kSilent || runner.active()) {
        return;
    }
    JudgeState::DeviceState& device = state.devices[rule.device.value];
    const Duration gap = rule.point ? state.points[rule.point->value].gap : device.gap;
    const Duration at_most = std::max(rule.silent_for + rule.on_delay - gap, Duration::zero());
    const Monotonic since = now - std::clamp(*memory.counted, Duration::zero(), at_most);
    Monotonic& heard = rule.point ? state.points[rule.point->value].last_value : device.last_answer;
    heard = std::min(heard, since);
    if (rule.answering) {  // a plain silence counts without any value, too
        state.points[rule.point->value].had_value = true;
    }
    state.watches.push({*state.deadline(runner), index});  // sooner than the one that begin() has put there
}

/// Appends the entries of one rule: one for each timer that has run, one without a timer when it is active
/// or counts only.
void append(std::vector<RuleMemory>& all, const JudgeState& state, const Runner& runner) {
    RuleMemory memory = named(state.site, *runner.rule);
    add_counted(memory, state, runner);
    const int level = runner.timing.level;
    memory.active = runner.active();
    memory.uncertain = runner.uncertain;
    memory.level = runner.level_unknown ? -1 : level;
    const std::size_t before = all.size();
    for (int i = 0; i < static_cast<int>(runner.levels); ++i) {
        const Timer& timer = runner.timing.timers.at(static_cast<std::size_t>(i));
        if (timer.elapsed > Duration::zero()) {
            memory.pending_level = i > level ? i : i - 1;
            memory.pending = timer.elapsed;
            all.push_back(memory);
        }
    }
    if ((memory.active || memory.counted) && all.size() == before) {
        memory.pending_level = memory.level;
        memory.pending = {};
        all.push_back(memory);
    }
}

void remember(Runner& runner, const RuleMemory& memory) {
    const int levels = static_cast<int>(runner.levels);
    Timing& timing = runner.timing;
    if (memory.active && !runner.active()) {
        runner.level_unknown = memory.level < 0 || memory.level >= levels;
        timing.level = runner.level_unknown ? 0 : memory.level;
        runner.uncertain = memory.uncertain;
        runner.in_doubt = memory.in_doubt;
    } else if (memory.in_doubt && !runner.active()) {
        runner.in_doubt = true;
    }
    const int timed = memory.pending_level > timing.level ? memory.pending_level : memory.pending_level + 1;
    if (memory.pending > Duration::zero() && timed >= 0 && timed < levels &&
        memory.pending_level != timing.level) {
        const Duration delay = timed > timing.level ? runner.rule->on_delay : runner.rule->off_delay;
        timing.timers.at(static_cast<std::size_t>(timed)).elapsed = std::min(memory.pending, delay);
    }
}

}  // namespace

std::size_t Judge::bytes() const {
    const JudgeState& state = *state_;
    const auto of = [](const auto& list) { return list.size() * sizeof(list[0]); };
    return of(state.runners) + of(state.stuck) + of(state.jumps) + of(state.moved) + of(state.occupied) +
           of(state.groups) + of(state.order) + state.runners.size() * sizeof(WatchList::Entry);
}

std::vector<RuleMemory> Judge::memory() const {
    std::vector<RuleMemory> all;
    for (const Runner& runner : state_->runners) {
        append(all, *state_, runner);
    }
    return all;
}

void Judge::restore(std::span<const RuleMemory> memory, Monotonic now) {
    JudgeState& state = *state_;
    std::map<Names, std::uint32_t> by_names;
    for (std::uint32_t i = 0; i < state.runners.size(); ++i) {
        by_names.emplace(names_of(state.site, *state.runners[i].rule), i);
    }
    const auto each = [&](const auto& take) {
        for (const RuleMemory& one : memory) {
            const auto found = by_names.find({one.device, one.point, one.rule});
            if (found != by_names.end()) {
                take(found->second, one);
            }
        }
    };
    each([&](std::uint32_t index, const RuleMemory& one) {
        remember(state.runners[index], one);
        take_counted(state, state.runners[index], one);
    });
    state.begin(now);
    each([&](std::uint32_t index, const RuleMemory& one) { take_silence(state, index, one, now); });
}

void Judge::take_up(const RuleMemory& memory) {
    for (Runner& runner : state_->runners) {
        if (names_of(state_->site, *runner.rule) == Names{memory.device, memory.point, memory.rule}) {
            remember(runner, memory);
            return;
        }
    }
}

}  // namespace gengfu::rules
