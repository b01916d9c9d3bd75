#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "daemon/rules/cadence.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/rules/rate.hpp"
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
        Duration gap{};
        std::optional<Duration> stale;  ///< no good sample for so long: uncertain; none for points read once
        std::uint32_t device = 0;
        Slice rules;
    };

    struct DeviceState {
        Cadence cadence;  ///< of answers only: a request that fails beside one that succeeds is no silence
        Heard last;
        Monotonic last_answer{};
        Duration gap{};
        Slice rules;
    };

    struct Runner {
        const config::Rule* rule = nullptr;
        Timing timing;
        std::uint32_t levels = 1;
        std::uint32_t window = 0;  ///< kRate: index into `windows`
        double limit = 0;          ///< last one compared with
        bool uncertain = false;
        bool level_unknown = false;
        bool watched = false;  ///< has an entry in `watches`

        bool active() const { return timing.level >= 0; }
    };
    static_assert(sizeof(Runner) <= 256, "the budget of a rule without a window");

    explicit JudgeState(const config::Site& of);

    /// From here on silence counts; only the first call does anything.
    void begin(Monotonic now);
    /// Puts a rule on the watch list unless it is there.
    void watch(std::uint32_t index);
    /// When the rule has to be looked at if nothing more is heard; nothing: silence cannot change it.
    std::optional<Monotonic> deadline(const Runner& runner) const;
    /// Last sound that ends the silence of a `silent` rule.
    Monotonic last_heard(const Runner& runner) const;
    /// Last sample, whatever it was, of what the rule watches.
    const Heard& last_of(const Runner& runner) const;
    Severity severity_at(const Runner& runner, int level) const;

    const config::Site& site;
    std::vector<PointState> points;
    std::vector<DeviceState> devices;
    std::vector<Runner> runners;  ///< one for each rule, in the site's order
    std::vector<RateWindow> windows;
    std::vector<std::uint32_t> order;  ///< indices of rules, gathered by point and by device
    WatchList watches;
    std::optional<Monotonic> started;
};

}  // namespace gengfu::rules
