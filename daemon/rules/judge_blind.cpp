// Which rules can say nothing at present, and why.
#include <algorithm>
#include <cmath>
#include <vector>

#include "daemon/rules/group.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_state.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using Runner = JudgeState::Runner;

/// Kinds that an uncertain value says nothing to.
bool wants_good(RuleKind kind) {
    return kind == RuleKind::kOccupied || kind == RuleKind::kAnomaly || kind == RuleKind::kGrowth;
}

/// No value that the rule can use since the start, or for longer than a sensor may be quiet.
bool is_mute(const JudgeState& state, const Runner& runner, PointId id, Monotonic now) {
    const JudgeState::PointState& point = state.points[id.value];
    const Monotonic last = wants_good(runner.rule->kind) ? point.last_good : point.last_value;
    const bool never = !state.started || last <= *state.started;
    return never || (point.stale && last + *point.stale <= now);
}

/// Of a point that is worked out from others the one that is missing: that is where to look.
PointId culprit(const JudgeState& state, const Runner& runner, PointId id, Monotonic now) {
    const std::uint32_t first = state.site.device(state.site.point(id).device).first_point.value;
    for (const config::PointRef input : state.site.spec(id).inputs) {
        const PointId of{first + input};
        if (is_mute(state, runner, of, now)) {
            return culprit(state, runner, of, now);
        }
    }
    return id;
}

/// The first of the rule's points that has no value. Of points judged together one is enough.
std::optional<PointId> mute_point(const JudgeState& state, const Runner& runner, Monotonic now) {
    const config::Rule& rule = *runner.rule;
    const auto mute = [&](PointId id) { return is_mute(state, runner, id, now); };
    if (!rule.points.empty()) {
        return std::all_of(rule.points.begin(), rule.points.end(), mute) ? std::optional(rule.points.front())
                                                                         : std::nullopt;
    }
    const auto axis = std::find_if(rule.axes.begin(), rule.axes.end(), mute);
    if (axis != rule.axes.end()) {
        return *axis;
    }
    return rule.axes.empty() && mute(*rule.point) ? rule.point : std::nullopt;
}

std::optional<Blind> of_group(const JudgeState& state, std::uint32_t index, Monotonic now) {
    const config::Rule& rule = *state.runners[index].rule;
    std::vector<Truth> truths;
    std::optional<RuleId> unknown;
    for (const config::Member& member : rule.members) {
        Truth truth = Truth::kFalse;
        for (const RuleId each : member.rules) {
            const Truth one = state.truth(each.value, now);
            if (one == Truth::kUnknown && !unknown) {
                unknown = each;
            }
            truth = std::max(truth, one);
        }
        truths.push_back(member.negated ? !truth : truth);
    }
    if (group(rule, truths) != Truth::kUnknown) {
        return std::nullopt;
    }
    return Blind{.rule = RuleId{index}, .by = BlindBy::kMember, .point = std::nullopt, .member = unknown};
}

std::optional<Blind> of_values(const JudgeState& state, std::uint32_t index, Monotonic now) {
    const Runner& runner = state.runners[index];
    const config::Rule& rule = *runner.rule;
    if (std::optional<PointId> mute = mute_point(state, runner, now)) {
        mute = culprit(state, runner, *mute, now);
        const JudgeState::PointState& point = state.points[mute->value];
        return Blind{.rule = RuleId{index},
                     .by = BlindBy::kValue,
                     .point = mute,
                     .reason = point.cadence.begun ? point.last.reason : Reason::kNone,
                     .member = std::nullopt};
    }
    if (rule.kind == RuleKind::kMoved) {
        const Monotonic pointed = state.moved[runner.window].pointed;
        const std::optional<Duration>& stale = state.points[rule.point->value].stale;
        Axes last{};
        for (std::size_t i = 0; i < last.size(); ++i) {
            last.at(i) = state.points[rule.axes[i].value].last.value;
        }
        const bool for_long = pointed <= *state.started || (stale && pointed + *stale <= now);
        if (for_long && !points_somewhere(last)) {
            return Blind{.rule = RuleId{index},
                         .by = BlindBy::kDirection,
                         .point = std::nullopt,
                         .member = std::nullopt};
        }
    }
    if (rule.limit_point && std::isnan(runner.reference)) {
        const JudgeState::PointState& point = state.points[rule.limit_point->value];
        return Blind{.rule = RuleId{index},
                     .by = BlindBy::kLimit,
                     .point = rule.limit_point,
                     .reason = point.cadence.begun ? point.last.reason : Reason::kNone,
                     .member = std::nullopt};
    }
    if (!runner.judged) {
        return Blind{
            .rule = RuleId{index}, .by = BlindBy::kLearning, .point = std::nullopt, .member = std::nullopt};
    }
    return std::nullopt;
}

}  // namespace

std::vector<Blind> Judge::blind(Monotonic now) const {
    std::vector<Blind> all;
    for (std::uint32_t i = 0; i < state_->runners.size(); ++i) {
        const Runner& runner = state_->runners[i];
        if (runner.active() || runner.rule->kind == RuleKind::kSilent) {
            continue;
        }
        const bool over_others = config::is_group(runner.rule->kind);
        if (const auto found = over_others ? of_group(*state_, i, now) : of_values(*state_, i, now)) {
            all.push_back(*found);
        }
    }
    return all;
}

}  // namespace gengfu::rules
