#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_state.hpp"

namespace gengfu::rules {
namespace {

using Runner = JudgeState::Runner;
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

/// Appends the entries of one rule: one for each timer that has run, one without a timer when it is active
/// only.
void append(std::vector<RuleMemory>& all, const config::Site& site, const Runner& runner) {
    RuleMemory memory = named(site, *runner.rule);
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
    if (memory.active && all.size() == before) {
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
        append(all, state_->site, runner);
    }
    return all;
}

void Judge::restore(std::span<const RuleMemory> memory, Monotonic now) {
    JudgeState& state = *state_;
    std::map<Names, Runner*> by_names;
    for (Runner& runner : state.runners) {
        by_names.emplace(names_of(state.site, *runner.rule), &runner);
    }
    for (const RuleMemory& one : memory) {
        const auto found = by_names.find({one.device, one.point, one.rule});
        if (found != by_names.end()) {
            remember(*found->second, one);
        }
    }
    state.begin(now);
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
