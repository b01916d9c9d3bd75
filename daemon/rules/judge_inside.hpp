#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/rules/judge_state.hpp"

/// Inside of Judge: what its parts share; nobody else includes this.
namespace gengfu::rules {

/// A number is heard by its quality; what is no number is not heard, whatever it says of itself.
inline Voice voice_of(const Sample& sample) {
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

inline JudgeState::Heard heard(const Sample& sample) {
    return {sample.quality, sample.reason, sample.value, sample.taken, sample.point};
}

inline Sample sample_of(const JudgeState::Heard& last) {
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
    Reporter(const JudgeState& state, std::uint32_t index, const Sample& sample, std::vector<Verdict>& out)
        : state_(state), runner_(state.runners[index]), index_(index), sample_(sample), out_(out) {}

    void say(Change change, int level, double value, Monotonic at) const {
        if (!runner_.rule->alarm) {
            return;
        }
        out_.push_back({.rule = RuleId{index_},
                        .change = change,
                        .severity = state_.severity_at(runner_, level),
                        .sample = sample_,
                        .limit = runner_.limit,
                        .at = at,
                        .value = value,
                        .anomaly = anomaly()});
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
    std::optional<Anomaly> anomaly() const {
        return runner_.rule->kind == config::RuleKind::kAnomaly
                   ? std::optional(state_.anomalies[runner_.window].found())
                   : std::nullopt;
    }

    const JudgeState& state_;
    const JudgeState::Runner& runner_;
    std::uint32_t index_;
    const Sample& sample_;
    std::vector<Verdict>& out_;
};

/// What a rule about values thinks of a sample (judge_opinion.cpp); nothing: it cannot tell.
std::optional<Opinion> opinion_of(JudgeState& state, std::uint32_t index, const Sample& sample, Voice voice,
                                  const Stretch& stretch);

/// What a rule that learns knows (judge_learned.cpp).
Learned learned_of(const JudgeState& state, const JudgeState::Runner& runner);

/// Looks at all groups that something has changed for (judge_groups.cpp).
void look_at_groups(JudgeState& state, Monotonic now, std::vector<Verdict>& out);
/// An entry of a group came up in the watch list.
void group_due(JudgeState& state, std::uint32_t rule, Monotonic when);

}  // namespace gengfu::rules
