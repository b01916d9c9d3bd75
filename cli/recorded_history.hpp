#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/record_source.hpp"
#include "daemon/publish/record_reader.hpp"

/// A gateway's record in the order of time.
namespace gengfu::cli {

/// When something was, on the wall: by the clock fix of its boot where there is one, else as it was written.
class Dating {
public:
    void learn(const BootId& boot, const publish::ClockFix& fix);
    /// Nothing: made while the clock was unknown, and nothing told since what it was.
    std::optional<Wall> date(const alarms::Stamp& stamp) const;

private:
    std::map<BootId, publish::ClockFix> fixes_;
};

/// A transition with its time.
struct DatedTransition {
    Wall at;
    publish::RecordedTransition what;
};

/// What was met that cannot be used.
struct Unusable {
    std::uint64_t undated = 0;   ///< records
    std::uint64_t damaged = 0;   ///< records that are none of this release
    std::uint64_t nameless = 0;  ///< records of samples whose catalogue is gone
    std::uint64_t sum() const { return undated + damaged + nameless; }
};

class RecordedHistory {
public:
    /// \param source outlives the history
    explicit RecordedHistory(RecordSource& source);

    /// Reads all event records: transitions(), and what dates samples. \retval as RecordSource
    Result<void> read_events();
    /// All, oldest first.
    const std::vector<DatedTransition>& transitions() const { return transitions_; }
    /// When the first and the last event record that there is were made; nothing when there is none.
    std::optional<Wall> oldest_event() const { return oldest_event_; }
    std::optional<Wall> newest_event() const { return newest_event_; }

    /// One batch of samples; `samples` as RecordReader::samples().
    struct Batch {
        Epoch epoch;
        Wall start;
        const publish::SampleArrays* samples = nullptr;
    };
    /// Samples from `since` on, oldest first; a batch that began before is left out. After read_events().
    Result<void> read_samples(Wall since, const std::function<void(const Batch&)>& use);
    const std::vector<publish::RecordReader::Point>& points() const { return reader_.points(); }

    const Unusable& unusable() const { return unusable_; }
    /// When the oldest record of samples that there is was made; nothing when there is none.
    std::optional<Wall> oldest_samples() const { return oldest_samples_; }

private:
    using Use = std::function<void(const store::Record&, publish::Recorded)>;
    Result<void> read_run(const store::StreamRanges& run, std::uint64_t from, const Use& use);
    Result<std::uint64_t> first_since(const store::StreamRanges& run, Wall since);
    Result<std::optional<Wall>> written(const store::StreamRanges& run, std::uint64_t sequence);

    RecordSource& source_;
    publish::RecordReader reader_;
    Dating dating_;
    std::vector<DatedTransition> transitions_;
    Unusable unusable_;
    std::optional<Wall> oldest_samples_, oldest_event_, newest_event_;
};

}  // namespace gengfu::cli
