#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::publish {

/// Longest silence of a point that states no `max_interval`: often enough that a consumer can tell
/// "unchanged" from "gone" within the time in which a grid worker would be sent to look.
constexpr Duration kDefaultMaxInterval = std::chrono::minutes(5);

/// How long after a transition of an alarm every sample of its point is reported.
constexpr Duration kAroundAlarm = std::chrono::seconds(30);

/// Report by exception: which samples leave the gateway. The first of a point; one that differs from the last
/// reported by more than the deadband, in quality, reason or text; at least one every `max_interval`; and all
/// around an alarm. Of a point with `aggregate` only the first, changes of quality or reason, and what is
/// around an alarm. Pure.
class ReportFilter {
public:
    /// \param site outlives the filter.
    explicit ReportFilter(const config::Site& site);

    /// True when the sample is to be reported.
    bool admit(const Sample& sample);

    /// A transition of an alarm of `point`: all its samples are admitted for a while. \return the sample
    /// before, when it was held back.
    std::optional<Sample> around(PointId point, Monotonic now);

private:
    struct State {
        double deadband = 0;
        Duration max_interval = kDefaultMaxInterval;
        double value = 0;
        Monotonic taken{};
        Monotonic all_until{};
        Quality quality = Quality::kBad;
        Reason reason = Reason::kNone;
        bool seen = false;
        bool held = false;
        Sample last_held;
    };
    bool differs(const State& state, const Sample& sample) const;

    std::vector<State> points_;
    std::unordered_map<PointId, std::string> texts_;
};

}  // namespace gengfu::publish
