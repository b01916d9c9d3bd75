#include "daemon/rules/judge.hpp"

#include <cmath>
#include <span>

#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/judge_state.hpp"
#include "daemon/rules/silent.hpp"

namespace gengfu::rules {
namespace {

using Runner = JudgeState::Runner;
using Heard = JudgeState::Heard;
using Out = std::vector<Verdict>;

/// A number is heard by its quality; what is no number is not heard, whatever it says of itself.
Voice voice_of(const Sample& sample) {
    if (!std::isfinite(sample.value)) {
        return Voice::kMute;
    }
    switch (sample.quality) {
        case Quality::kGood:
            return Voice::kFull;
        case Quality::kUncertain:
            return Voice::kDangerOnly;
        case Quality::kBad:
            return Voice::kMute;
    }
    return Voice::kMute;
}

Heard heard(const Sample& sample) {
    return {sample.quality, sample.reason, sample.value, sample.taken, sample.point};
}

Sample sample_of(const Heard& last) {
    Sample sample;
    sample.point = last.point;
    sample.quality = last.quality;
    sample.reason = last.reason;
    sample.value = last.value;
    sample.taken = last.taken;
    return sample;
}

/// Appends verdicts of one rule about one sample.
class Reporter {
public:
    Reporter(const JudgeState& state, std::uint32_t index, const Sample& sample, Out& out)
        : state_(state), runner_(state.runners[index]), index_(index), sample_(sample), out_(out) {}

    void say(Change change, int level, double value, Monotonic at) const {
        out_.push_back({.rule = RuleId{index_},
                        .change = change,
                        .severity = state_.severity_at(runner_, level),
                        .sample = sample_,
                        .limit = runner_.limit,
                        .at = at,
                        .value = value});
    }

    /// What a step from one level to another is called.
    void level_changed(int from, int to, double value, Monotonic at) const {
        if (from < 0) {
            say(Change::kRaised, to, value, at);
        } else if (to < 0) {
            say(Change::kCleared, from, value, at);
        } else {
            say(Change::kSeverity, to, value, at);
        }
    }

private:
    const JudgeState& state_;
    const Runner& runner_;
    std::uint32_t index_;
    const Sample& sample_;
    Out& out_;
};

std::optional<Opinion> opinion_of(JudgeState& state, const Runner& runner, const Sample& sample, Voice voice,
                                  const Stretch& stretch) {
    const config::Rule& rule = *runner.rule;
    if (rule.kind == config::RuleKind::kRate) {
        return rate(state.windows[runner.window], rule, {sample.taken, sample.value}, voice,
                    stretch.continuity, state.points[sample.point.value].gap);
    }
    if (voice == Voice::kMute) {
        return std::nullopt;
    }
    return evaluate(rule, sample.value);
}

/// An alarm of an earlier run whose level is not known takes the one that its value has now.
void find_level(Runner& runner, const Opinion& opinion, Voice voice, const Reporter& report, Monotonic at) {
    const bool holds = voice == Voice::kFull ? opinion.held >= 0 : opinion.reached >= 0;
    if (!runner.level_unknown || !holds) {
        return;
    }
    runner.level_unknown = false;
    runner.timing.place(std::max(opinion.reached, 0));
    runner.limit = limit_at(*runner.rule, runner.timing.level, opinion);
    report.say(Change::kSeverity, runner.timing.level, opinion.value, at);
}

/// Judges a sample by a rule about its value.
void step(JudgeState& state, std::uint32_t index, const Sample& sample, const Stretch& stretch, Out& out) {
    Runner& runner = state.runners[index];
    const Voice voice = voice_of(sample);
    const std::optional<Opinion> opinion = opinion_of(state, runner, sample, voice, stretch);
    const Delays delays{runner.rule->on_delay, runner.rule->off_delay};
    if (!opinion) {
        advance(runner.timing, runner.levels, delays, {}, Voice::kMute, stretch.length);
        return;
    }
    const Reporter report(state, index, sample, out);
    if (runner.active()) {
        find_level(runner, *opinion, voice, report, sample.taken);
    }
    const int before = runner.timing.level;
    advance(runner.timing, runner.levels, delays, *opinion, voice, stretch.length);
    const int after = runner.timing.level;
    if (before < 0 && after < 0) {
        return;
    }
    runner.limit = limit_at(*runner.rule, after, *opinion);
    if (runner.uncertain && voice == Voice::kFull && opinion->held >= 0) {
        runner.uncertain = false;
        report.say(Change::kCertain, before, opinion->value, sample.taken);
    }
    if (before != after) {
        report.level_changed(before, after, opinion->value, sample.taken);
    }
    if (after < 0) {
        runner.uncertain = runner.level_unknown = false;
        return;
    }
    state.watch(index);
}

/// A sound for a rule that watches for silence. The state's times of the last sound already know of it.
void step_silent(JudgeState& state, std::uint32_t index, const Sample& sample, const Stretch& stretch,
                 Out& out) {
    Runner& runner = state.runners[index];
    const int before = runner.timing.level;
    if (before >= 0) {
        const Opinion opinion = silent(*runner.rule, Duration::zero());
        advance(runner.timing, runner.levels, {Duration::zero(), runner.rule->off_delay}, opinion,
                silent_voice(*runner.rule, sample), stretch.length);
        if (runner.timing.level < 0) {
            runner.uncertain = runner.level_unknown = false;
            Reporter(state, index, sample, out).say(Change::kCleared, before, opinion.value, sample.taken);
        }
    }
    state.watch(index);
}

/// A silence has lasted for long enough: raises the alarm, or begins its off-delay anew.
void silence(JudgeState& state, std::uint32_t index, Monotonic now, Out& out) {
    Runner& runner = state.runners[index];
    const Opinion opinion = silent(*runner.rule, now - state.last_heard(runner));
    const int before = runner.timing.level;
    advance(runner.timing, runner.levels, {Duration::zero(), runner.rule->off_delay}, opinion, Voice::kFull,
            Duration::zero());
    if (before < 0 && runner.timing.level >= 0) {
        const Sample last = sample_of(state.last_of(runner));
        Reporter(state, index, last, out).say(Change::kRaised, runner.timing.level, opinion.value, now);
    }
}

/// The sensor of an active alarm has had no good value for too long.
void fall_silent(JudgeState& state, std::uint32_t index, Monotonic now, Out& out) {
    Runner& runner = state.runners[index];
    runner.uncertain = true;
    const Sample last = sample_of(state.last_of(runner));
    Reporter(state, index, last, out)
        .say(Change::kUncertain, runner.timing.level, std::numeric_limits<double>::quiet_NaN(), now);
}

std::span<const std::uint32_t> rules_of(const JudgeState& state, const JudgeState::Slice& slice) {
    return std::span(state.order).subspan(slice.first, slice.count);
}

void observe_device(JudgeState& state, const Sample& sample, std::uint32_t device_index, Out& out) {
    JudgeState::DeviceState& device = state.devices[device_index];
    device.last = heard(sample);
    if (!answered(sample.reason)) {
        return;
    }
    device.last_answer = std::max(device.last_answer, sample.taken);
    const Stretch stretch = note(device.cadence, sample.taken, device.gap);
    for (const std::uint32_t index : rules_of(state, device.rules)) {
        step_silent(state, index, sample, stretch, out);
    }
}

}  // namespace

Judge::Judge(const config::Site& site) : state_(std::make_unique<JudgeState>(site)) {}
Judge::~Judge() = default;

void Judge::observe(const Sample& sample, std::vector<Verdict>& out) {
    JudgeState& state = *state_;
    if (sample.point.value >= state.points.size()) {
        return;
    }
    state.begin(sample.taken);
    JudgeState::PointState& point = state.points[sample.point.value];
    point.last = heard(sample);
    if (voice_of(sample) == Voice::kFull) {
        point.last_good = std::max(point.last_good, sample.taken);
    }
    if (sample.quality != Quality::kBad) {
        point.last_value = std::max(point.last_value, sample.taken);
    }
    const Stretch stretch = note(point.cadence, sample.taken, point.gap);
    for (const std::uint32_t index : rules_of(state, point.rules)) {
        if (state.runners[index].rule->kind == config::RuleKind::kSilent) {
            step_silent(state, index, sample, stretch, out);
        } else {
            step(state, index, sample, stretch, out);
        }
    }
    observe_device(state, sample, point.device, out);
}

void Judge::tick(Monotonic now, std::vector<Verdict>& out) {
    JudgeState& state = *state_;
    state.begin(now);
    while (const std::optional<WatchList::Entry> entry = state.watches.pop_due(now)) {
        Runner& runner = state.runners[entry->rule];
        runner.watched = false;
        const std::optional<Monotonic> due = state.deadline(runner);
        if (due && *due <= now) {
            if (runner.rule->kind == config::RuleKind::kSilent) {
                silence(state, entry->rule, now, out);
            } else {
                fall_silent(state, entry->rule, now, out);
            }
        }
        state.watch(entry->rule);
    }
}

std::optional<Monotonic> Judge::next_deadline() const {
    if (!state_->started) {
        return Monotonic{};
    }
    return state_->watches.earliest();
}

}  // namespace gengfu::rules
