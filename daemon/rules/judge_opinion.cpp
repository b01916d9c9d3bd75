#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/judge_inside.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;

struct Inputs {
    Axes axes{};
    std::optional<double> temperature;
    Voice voice = Voice::kMute;
};

/// The last values of a rule's axes, as good as the worst of them; too old or never heard is bad. A voice
/// that is mute leaves them out.
Inputs inputs_of(const JudgeState& state, const config::Rule& rule, const Sample& sample, Voice voice) {
    Inputs inputs{.axes = {}, .temperature = std::nullopt, .voice = voice};
    const auto fresh = [&](PointId id) {
        const JudgeState::PointState& point = state.points[id.value];
        return point.cadence.begun && sample.taken - point.last.taken <= point.gap;
    };
    for (std::size_t i = 0; i < inputs.axes.size() && inputs.voice != Voice::kMute; ++i) {
        const Sample axis = sample_of(state.points[rule.axes[i].value].last);
        const Voice of_axis = fresh(rule.axes[i]) ? voice_of(axis) : Voice::kMute;
        inputs.voice = std::max(inputs.voice, of_axis);  // in this order: full, danger only, mute
        inputs.axes.at(i) = axis.value;
    }
    if (rule.temperature) {
        const Sample warm = sample_of(state.points[rule.temperature->value].last);
        if (voice_of(warm) == Voice::kFull && fresh(*rule.temperature)) {
            inputs.temperature = warm.value;
        }
    }
    return inputs;
}

std::optional<Opinion> of_axes(JudgeState& state, const JudgeState::Runner& runner, const Sample& sample,
                               Voice voice, const Stretch& stretch) {
    const config::Rule& rule = *runner.rule;
    const Inputs inputs = inputs_of(state, rule, sample, voice);
    const bool is_pose = rule.kind == RuleKind::kMoved;
    Lately& lately = (is_pose ? state.poses : state.fields)[runner.window];
    if (stretch.continuity == Continuity::kBroken) {
        lately.forget();
    }
    if (is_pose) {
        MovedState& pose = state.moved[runner.window];
        if (inputs.voice == Voice::kFull && points_somewhere(inputs.axes)) {
            pose.pointed = sample.taken;
        }
        const std::optional<Opinion> opinion =
            moved(pose, rule, inputs.axes, inputs.voice, stretch.length, runner.active());
        if (inputs.voice == Voice::kFull && is_calm(pose, inputs.axes)) {
            lately.note(sample.taken, scaled(inputs.axes, 1 / length(inputs.axes)), state.lately(runner));
        }
        return opinion;
    }
    if (inputs.voice == Voice::kFull) {
        lately.note(sample.taken, inputs.axes, state.lately(runner));
    }
    return occupied(state.occupied[runner.window], rule, inputs.axes, inputs.temperature, inputs.voice,
                    stretch.length, runner.active());
}

/// Only good values are judged, and learnt: an uncertain one would teach what is not so.
std::optional<Opinion> anomaly(JudgeState& state, const JudgeState::Runner& runner, const Sample& sample,
                               Voice voice) {
    AnomalyWatch& watch = state.anomalies[runner.window];
    if (voice != Voice::kFull) {
        watch.miss(sample.point);
        return std::nullopt;
    }
    return watch.hear(sample, state.time_of(sample));
}

}  // namespace

std::optional<Opinion> opinion_of(JudgeState& state, std::uint32_t index, const Sample& sample, Voice voice,
                                  const Stretch& stretch) {
    JudgeState::Runner& runner = state.runners[index];
    const config::Rule& rule = *runner.rule;
    const Duration gap = state.points[sample.point.value].gap;
    switch (rule.kind) {
        case RuleKind::kRate:
            return rate(state.windows[runner.window], rule, {sample.taken, sample.value}, voice,
                        stretch.continuity, gap);
        case RuleKind::kStuck:
            return stuck(state.stuck[runner.window], rule, sample.value, voice, stretch.length);
        case RuleKind::kMoved:
            return of_axes(state, runner, sample, voice, stretch);
        case RuleKind::kOccupied:
            return rule.axes.empty() ? occupied(state.occupied[runner.window], rule, sample.value, voice,
                                                stretch.length, runner.active())
                                     : of_axes(state, runner, sample, voice, stretch);
        case RuleKind::kGrowth: {
            GrowthState& days = state.growth[runner.window];
            const std::optional<Opinion> opinion = growth(days, rule, sample.value, voice, stretch.length);
            runner.reference = days.usual;
            return opinion;
        }
        case RuleKind::kAnomaly:
            return anomaly(state, runner, sample, voice);
        default:
            break;
    }
    if (voice == Voice::kMute || std::isnan(runner.reference)) {
        return std::nullopt;
    }
    if (rule.kind == RuleKind::kJump) {
        return jump(state.jumps[runner.window], rule, sample.value, sample.taken, voice, stretch.continuity,
                    gap);
    }
    return evaluate(rule, sample.value, runner.reference);
}

}  // namespace gengfu::rules
