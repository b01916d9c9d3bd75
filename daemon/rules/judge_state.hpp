#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "daemon/rules/anomaly_watch.hpp"
#include "daemon/rules/cadence.hpp"
#include "daemon/rules/group.hpp"
#include "daemon/rules/growth.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/rules/jump.hpp"
#include "daemon/rules/lately.hpp"
#include "daemon/rules/moved.hpp"
#include "daemon/rules/occupied.hpp"
#include "daemon/rules/rate.hpp"
#include "daemon/rules/stuck.hpp"
#include "daemon/rules/timing.hpp"
#include "daemon/rules/watch_list.hpp"

namespace gengfu::rules {

/// Inside of Judge; nobody else includes this.
struct JudgeState {
    /// What is remembered of a sample: all but its text, which no rule judges.
    struct Heard {
        Quality quality = Quality::kBad;
        Reason reason = Reason::kTimeout;
        double value = std::numeric_limits<double>::quiet_NaN();
        Monotonic taken{};
        PointId point;
    };

    /// The rules of one point, or the `silent` rules of one device: a slice of `order`.
    struct Slice {
        std::uint32_t first = 0, count = 0;
    };

    struct PointState {
        Cadence cadence;
        Heard last;
        Monotonic last_good{};   ///< good and a number
        Monotonic last_value{};  ///< good or uncertain
        bool had_value = false;  ///< since the start, or before it
        Duration gap{};
        std::optional<Duration> stale;  ///< no good sample for so long: uncertain; none for points read once
        std::uint32_t device = 0;
        Slice rules;
        Slice limits;  ///< rules that take their limits from this point
    };

    struct DeviceState {
        Cadence cadence;  ///< of answers only: a request that fails beside one that succeeds is no silence
        Heard last;
        Monotonic last_answer{};
        Monotonic answers_since{};  ///< without a break
        Duration gap{};
        Slice rules;
        bool has_answered = false;    ///< since the start: `last_answer` is no earlier than that
        bool out_of_service = false;  ///< groups do not know of its rules
    };

    struct Runner {
        const config::Rule* rule = nullptr;
        Timing timing;
        std::uint32_t levels = 1;
        std::uint32_t window =
            0;             ///< what the kind remembers: index into `windows`, `anomalies`, `moved`, ...
        double limit = 0;  ///< last one compared with
        /// Last good value that the limits are multiples of; none yet: nothing can be judged.
        double reference = std::numeric_limits<double>::quiet_NaN();
        bool uncertain = false;
        bool level_unknown = false;
        bool watched = false;  ///< has an entry in `watches`
        bool judged = false;   ///< has had an opinion since the start
        bool grouped = false;  ///< some group asks for it
        /// Its alarm stands whatever the condition is, and since the start nothing has shown that this holds
        /// (while active), or that it does not (at rest; that is told as a clear, for the quiet time).
        bool in_doubt = false;

        bool active() const { return timing.level >= 0; }
    };
    /// Bytes of a rule without a window, without its places in `order` and in the watch list.
    constexpr static std::size_t kBudget = 256 - sizeof(std::uint32_t) - sizeof(WatchList::Entry);
    static_assert(sizeof(Runner) + sizeof(OccupiedState) <= kBudget);
    static_assert(sizeof(Runner) + sizeof(MovedState) <= kBudget);
    static_assert(sizeof(Runner) + sizeof(StuckState) <= kBudget);

    /// A rule over other rules.
    struct GroupState {
        std::uint32_t rule = 0;
        Monotonic evaluated{};
        std::optional<Monotonic> look;    ///< when time alone can change something
        std::optional<Monotonic> queued;  ///< its earliest entry in `watches`
        bool dirty = false;
    };

    explicit JudgeState(const config::Site& of);

    /// A good value of the point that the rule takes its limits from.
    void take_limit(Runner& runner, double value);

    /// From here on silence counts; only the first call does anything.
    void begin(Monotonic now);
    /// Puts a rule on the watch list unless it is there.
    void watch(std::uint32_t index);
    /// When the rule has to be looked at if nothing more is heard; nothing: silence cannot change it.
    std::optional<Monotonic> deadline(const Runner& runner) const;
    /// Last sound that ends the silence of a `silent` rule.
    Monotonic last_heard(const Runner& runner) const;
    /// A device of which nothing came for longer does not answer.
    static Duration patience(const DeviceState& device);
    /// Last sample, whatever it was, of what the rule watches.
    const Heard& last_of(const Runner& runner) const;
    /// The point by which a rule about values is judged; of several judged together the decisive one.
    const PointState& point_of(const Runner& runner) const;
    SampleTime time_of(const Sample& sample) const;
    Severity severity_at(const Runner& runner, int level) const;

    /// Last good sample of what the rule judges; of several axes the oldest.
    Monotonic last_good(const Runner& runner) const;
    /// What Lately looks back for a rule of three axes.
    Duration lately(const Runner& runner) const;
    bool is_out_of_service(std::uint32_t index) const {
        return devices[runners[index].rule->device.value].out_of_service;
    }
    /// What groups know of a rule's condition.
    Truth truth(std::uint32_t index, Monotonic now) const;
    bool may_raise(const Runner& runner, Monotonic now) const;
    /// Something about the rule has changed that groups may ask for.
    void stir(std::uint32_t index);

    const config::Site& site;
    std::vector<PointState> points;
    std::vector<DeviceState> devices;
    std::vector<Runner> runners;  ///< one for each rule, in the site's order
    std::vector<RateWindow> windows;
    std::vector<StuckState> stuck;
    std::vector<JumpState> jumps;
    std::vector<MovedState> moved;
    std::vector<OccupiedState> occupied;
    std::vector<Lately> poses, fields;  ///< what `moved`, `occupied` can be calibrated by: the same indices
    std::vector<GrowthState> growth;
    std::vector<GroupState> groups;
    std::vector<std::vector<std::uint32_t>> groups_of;  ///< by rule; empty without any group
    std::vector<Monotonic> active_until;                ///< by rule; last seen active; empty without groups
    std::vector<std::uint32_t> dirty;                   ///< groups to be looked at
    std::vector<Truth> truths;                          ///< kept to spare the allocation
    std::vector<AnomalyWatch> anomalies;
    std::vector<std::uint32_t> anomaly_rules;  ///< by index into `anomalies`: which rule
    std::optional<Duration> to_wall;           ///< from monotonic time to time since 1970
    std::vector<std::uint32_t> order;          ///< indices of rules, gathered by point and by device
    LimitNews limit_news;
    WatchList watches;
    std::optional<Monotonic> started;
    std::optional<int> minute_of_week;  ///< at `minute_known`
    Monotonic minute_known{};
};

}  // namespace gengfu::rules
