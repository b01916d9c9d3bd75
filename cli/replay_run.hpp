#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/table.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/time_zone.hpp"
#include "daemon/rules/judge.hpp"

namespace gengfu::cli {

/// One coming of an alarm's condition.
struct Occurrence {
    alarms::Key key;
    Wall raised{};
    std::optional<Wall> cleared;           ///< nothing: not by the end
    Severity severity = Severity::kMinor;  ///< the gravest that it had
    config::Text title;
    bool stood_before = false;  ///< it had been raised before the time that is looked at
    bool unrecorded = false;    ///< the samples that raised it are not in the record
};

/// The occurrences that transitions tell of.
class Occurrences {
public:
    void add(Wall at, alarms::TransitionKind kind, const alarms::Alarm& alarm);
    /// In the order of their raise.
    std::vector<Occurrence> take();

private:
    std::vector<Occurrence> all_;
    std::map<alarms::Key, std::size_t> open_;
};

/// Rules and alarm table of a configuration over recorded samples, with the samples' own time. History is by
/// exception: between two reports of a point its value stood still, within its deadband, and was read at its
/// interval all the while. Rules time what they observe, so those readings are put in again; a point that was
/// not reported for longer than its `max_interval` was not read. Pure.
class ReplayRun {
public:
    /// \param site  with the gateway's own points (config::add_self); outlives the run
    /// \param zone  of schedules; nothing: they hold all day
    ReplayRun(const config::Site& site, std::optional<TimeZone> zone);

    /// rules::to_text() of poses and baselines. \return how many rules took one; nothing: not such a text
    std::optional<std::size_t> teach(const std::string& learned);

    /// A start of the daemon: rules go on with what they remember, and nothing was observed before.
    void start(Wall at);
    /// In the order of time; one that is late counts as of now.
    void sample(PointId point, Sample sample, Wall at);
    /// Lets the last readings and delays run on to the end of the record.
    void finish(Wall at);

    std::vector<Occurrence> occurrences() { return occurrences_.take(); }
    std::uint64_t given() const { return given_; }        ///< samples as recorded
    std::uint64_t repeated() const { return repeated_; }  ///< readings put in between

private:
    struct Held {
        Sample last;
        std::uint32_t generation = 0;
        Monotonic reported{};
        Duration lasts{};  ///< max_interval and what a report may be late
        std::size_t queue = 0;
        bool repeats = false;
    };
    struct Due {
        Monotonic at;
        PointId point;
        std::uint32_t generation;
    };
    struct Queue {
        Duration interval{};
        std::deque<Due> due;
    };
    void advance(Monotonic to);
    void observe(const Sample& sample);
    void look(Monotonic now);
    void tell_time();
    void apply();
    void repeat(Queue& queue);
    alarms::Stamp stamp(Monotonic at) const;

    const config::Site& site_;
    std::optional<TimeZone> zone_;
    std::unique_ptr<rules::Judge> judge_;
    alarms::Table table_;
    Occurrences occurrences_;
    std::vector<Held> held_;  ///< by PointId
    std::vector<Queue> queues_;
    std::vector<rules::Verdict> verdicts_;
    Monotonic now_{};
    Monotonic next_look_{}, next_minute_{};
    std::uint64_t sequence_ = 0, given_ = 0, repeated_ = 0;
};

}  // namespace gengfu::cli
