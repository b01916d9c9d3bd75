#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/rules/blind.hpp"
#include "daemon/rules/learned.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::rules {

/// A rule's own memory in a form that lasts: observed times, not points in time (product contract, Timers). A
/// rule of several levels times several at once: it then has several entries that differ in `pending_level`
/// and `pending` only.
struct RuleMemory {
    std::string device, point, rule;  ///< names; `point` empty for the whole device
    bool active = false;
    bool uncertain = false;
    int level = -1;          ///< in force; -1 while active: unknown, the next sample that holds tells it
    int pending_level = -1;  ///< being timed: above `level` a rise to it, below a fall to it (-1: clear)
    Duration pending{};      ///< observed time towards it
    /// What the kind itself counts: time occupied, stuck, silent. None: nothing is going on.
    std::optional<Duration> counted{};
    double low = 0, high = 0;  ///< of `stuck`: the values that it has stood between
    /// Its alarm stands whether the condition holds or not (it is chattering), so that `active` is what was
    /// known last, if anything: groups do not know of the rule until it has judged. Not saved: the alarm
    /// tells.
    bool in_doubt = false;
};

/// What one rule of kind `anomaly` has learnt.
struct Learnt {
    std::string device, point, rule;  ///< names; `point` empty for several points judged together
    std::string fingerprint;          ///< what else must be the same (AnomalyWatch)
    std::string state;                ///< bytes
};

struct Recalled {
    std::size_t restored = 0;
    std::size_t changed = 0;  ///< the rule is gone, or judges otherwise than it did
    std::size_t damaged = 0;  ///< not a state of this release
};

/// What has been heard of limits that are taken from other points, since the start: more means news.
struct LimitNews {
    std::size_t found = 0;    ///< limits that were not known at all, neither from an earlier run
    std::size_t changed = 0;  ///< by more than a hundredth at once
};

struct JudgeState;  // daemon/rules/judge_state.hpp, inside of Judge

/// All rules of a site over a stream of samples (docs/rules.md says what each kind means and how time is
/// counted). Pure: no clock, no I/O; `now` comes with the samples. One thread. Nothing is allocated after the
/// construction but by `out`, which keeps its room when the caller reuses it.
class Judge {
public:
    /// \param site outlives the judge.
    explicit Judge(const config::Site& site);
    ~Judge();

    /// Judges one sample, appends changes to `out`. Samples of one point must come in order of time. A sample
    /// of a point that the site does not have is ignored (a bus worker of the configuration before a reload).
    void observe(const Sample& sample, std::vector<Verdict>& out);

    /// What is to be added to monotonic time to get time since 1970, for rules that learn by the time of day;
    /// nothing while the clock is not known, as it is at first.
    void know_time(std::optional<Duration> to_wall);

    /// Lets time pass for the rules that watch for silence. Call at next_deadline() or later, after all
    /// samples that are waiting have been observed: they are not silence.
    void tick(Monotonic now, std::vector<Verdict>& out);
    /// When tick() can have something to do. Before the first observe(), tick() or restore() a moment in the
    /// past: silence is counted from the first of them.
    std::optional<Monotonic> next_deadline() const;

    /// The time up to now was not observed (PauseWatch): it counts neither as silence nor towards a value
    /// that is too old. Whoever was heard before is taken to have been heard that much later.
    void unobserved(Duration length, Monotonic now);

    /// Whether somebody works on the device: groups do not know of its rules meanwhile. Holds from the next
    /// observe() or tick() on.
    void set_out_of_service(DeviceId device, bool out);

    /// What the clock on the wall says, for rules with a schedule: the minute of the week from Monday 00:00
    /// in the gateway's time zone; nothing while the clock is not known. Goes on with the samples' time until
    /// it is told again; tell it at least every hour, and at once when the clock is set.
    /// \param began  when that minute did: a schedule opens to the second
    void local_time(std::optional<int> minute_of_week, Monotonic began);

    /// What rules have learned of their places. It changes with every sample: save it now and then.
    std::vector<Learned> learned() const;
    /// Some rule has just begun to learn: what it knows gets better by the second, and is all that tells
    /// later whether something has changed. Save it soon.
    bool is_settling() const;
    /// What learned() says of limits is to be saved soon when this has changed.
    LimitNews limit_news() const;
    /// Takes up what was learned before, by names, and a limit only where none is known yet; what fits no
    /// rule of the site, or is of another kind, is left. \return how many were taken. After restore().
    std::size_t teach(std::span<const Learned> learned);
    /// What the device's sensors show now is how it shall be: the pose of `moved`, the empty lane of
    /// `occupied`. \return what is known now, to be saved at once
    /// \retval Errc::kNotFound  no rule of the device has anything to calibrate
    /// \retval Errc::kStale     no good value for a while, or too few in the last seconds (see Lately)
    /// \retval Errc::kBusy      it still moves. In any failure nothing is changed
    Result<std::vector<Learned>> calibrate(DeviceId device, Monotonic now);

    /// Rules at rest that could not raise anything now. Not `silent` rules, which need no value, and not what
    /// is outside of its schedule.
    std::vector<Blind> blind(Monotonic now) const;

    /// The rules by which a group holds now, those included that did so less than `within` ago. Empty when it
    /// holds by what does not (a `not`), too; nothing while it does not hold, or is not known to.
    std::optional<std::vector<RuleId>> grounds(RuleId group, Monotonic now) const;

    /// Bytes that all rules keep between samples, with their places in lists, without windows and points.
    std::size_t bytes() const;

    /// Memory of all rules that are not at rest.
    std::vector<RuleMemory> memory() const;
    /// Takes up memory by names; what no longer exists in the site is ignored (the alarm table removes it).
    /// Call once, first, also with no memory. Memory of an earlier run must agree with its alarms:
    /// alarms::memory_from(). `now`: silence is counted from here, since nothing was observed before.
    void restore(std::span<const RuleMemory> memory, Monotonic now);
    /// Takes up an alarm that is found to stand later on: an active rule of that name is left as it is, one
    /// at rest becomes active, and clears when its condition does not hold.
    void take_up(const RuleMemory& memory);

    /// What the rules of kind `anomaly` have learnt, one by one, so that the caller can pause in between.
    std::size_t learners() const;
    Learnt learnt(std::size_t learner) const;
    /// Takes up what was learnt by rules that are still there and judge the same points in the same way. Call
    /// before the first observe().
    Recalled recall(std::span<const Learnt> learnt);

private:
    std::unique_ptr<JudgeState> state_;
};

}  // namespace gengfu::rules
