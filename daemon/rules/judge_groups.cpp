#include <algorithm>

#include "daemon/rules/judge_inside.hpp"

namespace gengfu::rules {
namespace {

/// While a member is not known, nothing tells when it is known again: the group looks this often.
constexpr Duration kLookAgain = std::chrono::seconds(5);
/// The clock on the wall is told every second: a group that holds outside of its schedule looks as often.
constexpr Duration kScheduleLook = std::chrono::seconds(1);

void sooner(std::optional<Monotonic>& look, Monotonic when) {
    look = look ? std::min(*look, when) : when;
}

/// What one rule of a member is, when it is given `within` after it last held. \param look  see below
Truth lasting_truth(const JudgeState& state, const config::Rule& group, RuleId of, Monotonic now,
                    std::optional<Monotonic>& look) {
    const Truth truth = state.truth(of.value, now);
    const Monotonic last = state.active_until[of.value];
    const bool may_last = last > Monotonic::min() && !state.is_out_of_service(of.value);
    if (truth != Truth::kTrue && may_last && now < last + group.within) {
        sooner(look, last + group.within);
        return Truth::kTrue;
    }
    return truth;
}

/// What one member is now.
Truth truth_now(const JudgeState& state, const config::Member& member, Monotonic now) {
    Truth truth = Truth::kFalse;
    for (const RuleId each : member.rules) {
        truth = std::max(truth, state.truth(each.value, now));
    }
    return member.negated ? !truth : truth;
}

/// A member holds while one of its rules does, and for `within` after it last did.
Truth truth_of(const JudgeState& state, const config::Rule& rule, const config::Member& member, Monotonic now,
               std::optional<Monotonic>& look) {
    Truth truth = Truth::kFalse;
    for (const RuleId each : member.rules) {
        truth = std::max(truth, lasting_truth(state, rule, each, now, look));
    }
    return member.negated ? !truth : truth;
}

struct Held {
    Truth truth = Truth::kUnknown;
    GroupCount count;
};

/// \param look  when time alone may change it
Held with_time_given(JudgeState& state, const config::Rule& rule, Monotonic now,
                     std::optional<Monotonic>& look) {
    state.truths.clear();
    for (const config::Member& member : rule.members) {
        state.truths.push_back(truth_of(state, rule, member, now, look));
    }
    return {rules::group(rule, state.truths), group_count(rule, state.truths)};
}

Held as_it_is(JudgeState& state, const config::Rule& rule, Monotonic now) {
    state.truths.clear();
    for (const config::Member& member : rule.members) {
        state.truths.push_back(truth_now(state, member, now));
    }
    return {rules::group(rule, state.truths), group_count(rule, state.truths)};
}

/// The sample that stands for the group: the last of the first rule that speaks for it.
Sample sample_for(const JudgeState& state, const config::Rule& rule) {
    for (const config::Member& member : rule.members) {
        for (const RuleId each : member.rules) {
            const JudgeState::Runner& runner = state.runners[each.value];
            if (!member.negated && runner.active()) {
                return sample_of(state.last_of(runner));
            }
        }
    }
    return sample_of(state.last_of(state.runners[rule.members.front().rules.front().value]));
}

/// When the timer that runs now is over.
void look_at_timer(const JudgeState::Runner& runner, const Delays& delays, Monotonic now,
                   std::optional<Monotonic>& look) {
    const Timer& timer = runner.timing.timers[0];
    if (timer.running) {
        sooner(look, now + (runner.active() ? delays.off : delays.on) - timer.elapsed);
    }
}

void look_at(JudgeState& state, JudgeState::GroupState& group, Monotonic now, std::vector<Verdict>& out) {
    JudgeState::Runner& runner = state.runners[group.rule];
    const config::Rule& rule = *runner.rule;
    group.look.reset();
    const Held lasting = with_time_given(state, rule, now, group.look);
    const bool to_raise = !runner.active() && awaits_absence(rule);
    const auto [truth, count] = to_raise ? as_it_is(state, rule, now) : lasting;
    const bool allowed = state.may_raise(runner, now) || runner.active();
    const bool holds = truth == Truth::kTrue;
    const Opinion opinion = one_level(holds && allowed, holds, count.have, count.need);
    const Delays delays{group_on_delay(rule), rule.off_delay};
    const int before = runner.timing.level;
    advance(runner.timing, 1, delays, opinion, truth == Truth::kUnknown ? Voice::kMute : Voice::kFull,
            std::max(now - group.evaluated, Duration::zero()));
    group.evaluated = now;
    runner.limit = count.need;
    const bool waiting = truth == Truth::kUnknown && (count.have > 0 || runner.active());
    if (waiting) {
        sooner(group.look, now + kLookAgain);
    } else if (holds && !allowed) {
        sooner(group.look, now + kScheduleLook);
    }
    look_at_timer(runner, delays, now, group.look);
    const int after = runner.timing.level;
    if (before != after) {
        runner.level_unknown = runner.uncertain = false;
        const Sample sample = sample_for(state, rule);
        Reporter(state, group.rule, sample, out).level_changed(before, after, count.have, now);
    }
    if (before >= 0 && after < 0 && awaits_absence(rule)) {
        look_at(state, group, now, out);  // what raises it is asked otherwise than what clears it
        return;
    }
    state.watch(group.rule);
}

}  // namespace

void look_at_groups(JudgeState& state, Monotonic now, std::vector<Verdict>& out) {
    while (!state.dirty.empty()) {
        JudgeState::GroupState& group = state.groups[state.dirty.back()];
        state.dirty.pop_back();
        group.dirty = false;
        look_at(state, group, now, out);
    }
}

void group_due(JudgeState& state, std::uint32_t rule, Monotonic when) {
    const std::uint32_t index = state.runners[rule].window;
    JudgeState::GroupState& group = state.groups[index];
    if (group.queued && *group.queued <= when) {
        group.queued.reset();
    }
    if (!group.dirty) {
        group.dirty = true;
        state.dirty.push_back(index);
    }
}

std::optional<std::vector<RuleId>> Judge::grounds(RuleId group, Monotonic now) const {
    const config::Rule& rule = *state_->runners.at(group.value).rule;
    std::vector<Truth> truths;
    std::vector<RuleId> holding;
    bool by_absence = false;
    std::optional<Monotonic> look;
    for (const config::Member& member : rule.members) {
        truths.push_back(truth_of(*state_, rule, member, now, look));
        by_absence = by_absence || (member.negated && truths.back() == Truth::kTrue);
        for (const RuleId each : member.rules) {
            if (!member.negated && lasting_truth(*state_, rule, each, now, look) == Truth::kTrue) {
                holding.push_back(each);
            }
        }
    }
    if (rules::group(rule, truths) != Truth::kTrue) {
        return std::nullopt;
    }
    return by_absence ? std::vector<RuleId>{} : holding;
}

}  // namespace gengfu::rules
