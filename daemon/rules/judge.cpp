#include "daemon/rules/judge.hpp"

#include <algorithm>
#include <span>

#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/judge_inside.hpp"
#include "daemon/rules/silent.hpp"

namespace gengfu::rules {
namespace {

/// A point without values at a device that does not answer is looked at so often for the device to be back.
constexpr Duration kLookAgain = std::chrono::seconds(1);

using Runner = JudgeState::Runner;
using Out = std::vector<Verdict>;

/// Whether the sample speaks for the one that an alarm is about: of points judged together only the decisive
/// one's own sample makes an uncertain alarm certain.
bool is_decisive(const JudgeState& state, const Runner& runner, const Sample& sample) {
    return runner.rule->points.empty() || state.anomalies[runner.window].decisive() == sample.point;
}

/// Whether the sample shows that the condition of an active alarm is still there.
bool holds(const Opinion& opinion, Voice voice) {
    return voice == Voice::kFull ? opinion.held >= 0 : opinion.reached >= 0;
}

/// An alarm of an earlier run whose level is not known takes the one that its value has now.
void find_level(Runner& runner, const Opinion& opinion, Voice voice, const Reporter& report, Monotonic at) {
    if (!runner.level_unknown || !holds(opinion, voice)) {
        return;
    }
    runner.level_unknown = false;
    runner.timing.place(std::max(opinion.reached, 0));
    runner.limit = limit_at(*runner.rule, runner.timing.level, opinion, runner.reference);
    report.say(Change::kSeverity, runner.timing.level, opinion.value, at);
}

void tell_groups(JudgeState& state, std::uint32_t index) {
    if (state.runners[index].grouped) {
        state.stir(index);
    }
}

/// Groups ask when a rule was last active, and whether it has judged anything yet.
void note_for_groups(JudgeState& state, std::uint32_t index, Monotonic now, bool first_opinion) {
    const Runner& runner = state.runners[index];
    if (runner.active() && !runner.in_doubt) {
        state.active_until[index] = now;
    }
    if (first_opinion) {
        state.stir(index);
    }
}

/// The first sample that shows an active rule's condition ends the doubt about it.
void be_sure(JudgeState& state, std::uint32_t index, const std::optional<Opinion>& opinion, Voice voice) {
    Runner& runner = state.runners[index];
    if (runner.in_doubt && runner.active() && opinion && holds(*opinion, voice)) {
        runner.in_doubt = false;
        tell_groups(state, index);
    }
}

/// A rule whose alarm was found to stand, but not its condition: that this is gone has been told to an
/// earlier run only.
void tell_again_that_it_is_gone(JudgeState& state, std::uint32_t index, const Opinion& opinion, Voice voice,
                                const Reporter& report, Monotonic at) {
    Runner& runner = state.runners[index];
    if (voice == Voice::kFull && opinion.held < 0) {
        runner.in_doubt = false;
        report.say(Change::kCleared, 0, opinion.value, at);
    }
    tell_groups(state, index);
}

/// What of a point's observed time counts for the rule: of points judged together each moment once, by those
/// that give good values.
Stretch stretch_for(JudgeState& state, const Runner& runner, const Sample& sample, Voice voice,
                    Stretch stretch) {
    if (!runner.rule->points.empty()) {
        stretch.length = voice == Voice::kFull
                             ? state.anomalies[runner.window].count(sample.taken, stretch.length)
                             : Duration::zero();
    }
    return stretch;
}

/// Judges a sample by a rule about its value.
void step(JudgeState& state, std::uint32_t index, const Sample& sample, const Stretch& of_point, Out& out) {
    Runner& runner = state.runners[index];
    const Voice voice = voice_of(sample);
    const Stretch stretch = stretch_for(state, runner, sample, voice, of_point);
    std::optional<Opinion> opinion = opinion_of(state, index, sample, voice, stretch);
    if (opinion && !runner.rule->schedule.empty() && !state.may_raise(runner, sample.taken)) {
        opinion->reached = std::min(opinion->reached, runner.timing.level);
    }
    be_sure(state, index, opinion, voice);
    const bool first_opinion = opinion && !runner.judged;
    runner.judged = runner.judged || first_opinion;
    if (runner.grouped) {
        note_for_groups(state, index, sample.taken, first_opinion);
    }
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
        if (runner.in_doubt) {
            tell_again_that_it_is_gone(state, index, *opinion, voice, report, sample.taken);
        }
        return;
    }
    if (before < 0 || after < 0) {
        runner.in_doubt = false;
    }
    runner.limit = limit_at(*runner.rule, after, *opinion, runner.reference);
    if (runner.uncertain && voice == Voice::kFull && opinion->held >= 0 &&
        is_decisive(state, runner, sample)) {
        runner.uncertain = false;
        report.say(Change::kCertain, before, opinion->value, sample.taken);
        tell_groups(state, index);
    }
    if (before != after) {
        tell_groups(state, index);
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
            runner.uncertain = runner.level_unknown = runner.in_doubt = false;
            tell_groups(state, index);
            Reporter(state, index, sample, out).say(Change::kCleared, before, opinion.value, sample.taken);
        }
    } else if (runner.in_doubt) {
        tell_again_that_it_is_gone(state, index, silent(*runner.rule, Duration::zero()),
                                   silent_voice(*runner.rule, sample), Reporter(state, index, sample, out),
                                   sample.taken);
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
    if (runner.in_doubt) {
        runner.in_doubt = false;
        tell_groups(state, index);
    }
    if (before < 0 && runner.timing.level >= 0) {
        const Sample last = sample_of(state.last_of(runner));
        tell_groups(state, index);
        Reporter(state, index, last, out).say(Change::kRaised, runner.timing.level, opinion.value, now);
    }
}

/// The sensor of an active alarm has had no good value for too long.
void fall_silent(JudgeState& state, std::uint32_t index, Monotonic now, Out& out) {
    Runner& runner = state.runners[index];
    runner.uncertain = true;
    tell_groups(state, index);
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
    if (!told(sample.reason)) {
        return;
    }
    if (sample.taken - device.last_answer > JudgeState::patience(device)) {
        device.answers_since = sample.taken;
    }
    device.last_answer = std::max(device.last_answer, sample.taken);
    device.has_answered = true;
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
        point.had_value = true;
    }
    if (point.limits.count > 0 && voice_of(sample) == Voice::kFull && sample.value > 0) {
        for (const std::uint32_t index : rules_of(state, point.limits)) {
            state.take_limit(state.runners[index], sample.value);
        }
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
    if (!state.dirty.empty()) {
        look_at_groups(state, sample.taken, out);
    }
}

void Judge::know_time(std::optional<Duration> to_wall) {
    state_->to_wall = to_wall;
}

void Judge::tick(Monotonic now, std::vector<Verdict>& out) {
    JudgeState& state = *state_;
    state.begin(now);
    while (const std::optional<WatchList::Entry> entry = state.watches.pop_due(now)) {
        Runner& runner = state.runners[entry->rule];
        if (config::is_group(runner.rule->kind)) {
            group_due(state, entry->rule, entry->when);
            continue;
        }
        runner.watched = false;
        const std::optional<Monotonic> due = state.deadline(runner);
        if (due && *due <= now) {
            if (runner.rule->answering && !runner.active()) {
                const JudgeState::DeviceState& device = state.devices[runner.rule->device.value];
                // Its own silence is told; also one that has lasted since before the start.
                if (!device.has_answered || now - device.last_answer > JudgeState::patience(device)) {
                    runner.watched = true;
                    state.watches.push({now + kLookAgain, entry->rule});
                    continue;
                }
            }
            if (runner.rule->kind == config::RuleKind::kSilent) {
                silence(state, entry->rule, now, out);
            } else {
                fall_silent(state, entry->rule, now, out);
            }
        }
        state.watch(entry->rule);
    }
    look_at_groups(state, now, out);
}

void Judge::unobserved(Duration length, Monotonic now) {
    JudgeState& state = *state_;
    if (!state.started) {
        return;
    }
    const auto move = [&](Monotonic& heard) { heard = std::max(heard, std::min(heard + length, now)); };
    for (JudgeState::PointState& point : state.points) {
        move(point.last_good);
        move(point.last_value);
    }
    for (MovedState& pose : state.moved) {
        move(pose.pointed);
    }
    for (JudgeState::DeviceState& device : state.devices) {
        move(device.last_answer);
    }
}

void Judge::set_out_of_service(DeviceId device, bool out) {
    JudgeState& state = *state_;
    if (state.devices.at(device.value).out_of_service == out) {
        return;
    }
    state.devices[device.value].out_of_service = out;
    for (std::uint32_t i = 0; i < state.runners.size(); ++i) {
        if (state.runners[i].grouped && state.runners[i].rule->device == device) {
            state.stir(i);
        }
    }
}

void Judge::local_time(std::optional<int> minute_of_week, Monotonic began) {
    state_->minute_of_week = minute_of_week;
    state_->minute_known = began;
}

std::optional<Monotonic> Judge::next_deadline() const {
    if (!state_->started) {
        return Monotonic{};
    }
    return state_->watches.earliest();
}

}  // namespace gengfu::rules
