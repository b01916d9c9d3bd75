#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/store/event_log.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/ranges.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::store {

struct SaveBook {
    std::string book;
    Key covers = 0;  ///< the last event handed in before it
};
struct SaveConfiguration {
    std::string packed;
    Store::Done done;
};
struct Confirm {
    std::string consumer;
    Epoch epoch;
    Stream stream = Stream::kEvent;
    std::vector<SequenceRange> ranges;
};
struct Query {
    Stream stream = Stream::kEvent;
    std::optional<Identity> after;
    std::size_t limit = 0;
    std::function<void(Result<Pending>)> found;
};
/// Records whether confirmed or not.
struct HistoryQuery {
    Epoch epoch;
    Stream stream = Stream::kEvent;
    SequenceRange range;
    std::size_t limit = 0;
    std::function<void(Result<Pending>)> found;
};
struct HeldQuery {
    std::function<void(Result<std::vector<StreamRanges>>)> found;
};
struct Declared {
    Loss loss;
};
using Task = std::variant<SaveBook, SaveConfiguration, Confirm, Declared, Query, HistoryQuery, HeldQuery>;

/// What any thread hands to the store's own. Bounded; nothing here waits for the disk. The one mutex of the
/// store.
class Inbox {
public:
    static constexpr std::size_t kMostEvents = 4096;  ///< a minute of the worst storm of alarms
    static constexpr std::size_t kMostTelemetry = 8192;
    static constexpr std::size_t kMostTelemetryBytes =
        2U << 20U;  ///< of the daemon's 20 MB; with what is being flushed
    static constexpr std::size_t kMostTasks = 4096;

    Inbox(Epoch epoch, std::uint64_t start) : epoch_(epoch), start_(start) {}

    /// \retval Errc::kInvalid not of this run, or not above the last one; kFull the disk is far behind;
    /// kInterrupted closing. `event.done` is not called then.
    Result<void> push(EventLog::Waiting& event);
    Result<void> push(Record telemetry);
    /// \return the task when there is no room for it.
    std::optional<Task> push(Task task);
    void close();

    std::deque<EventLog::Waiting> take_events();
    std::deque<std::pair<Key, Record>> take_telemetry();
    std::optional<Task> take_task();
    /// Records that were refused for want of room since the last call.
    std::vector<std::pair<Stream, SequenceRange>> take_refused();

    /// Telemetry that has left memory.
    void telemetry_written(std::size_t records, std::size_t bytes);

    enum class Woken { kWork, kTimeout, kClosing };
    /// Returns at once when there is something to take.
    Woken wait(Monotonic until);

private:
    Result<Key> place(const Record& record, std::uint64_t& last) const;
    void refuse(Stream stream, std::uint64_t sequence);
    bool merge(const Task& task);

    const Epoch epoch_;
    const std::uint64_t start_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<EventLog::Waiting> events_;
    std::deque<std::pair<Key, Record>> telemetry_;
    std::deque<Task> tasks_;
    RangeSet refused_events_, refused_telemetry_;
    std::uint64_t last_event_ = 0, last_telemetry_ = 0;
    std::size_t telemetry_records_ = 0, telemetry_bytes_ = 0;  ///< here and in the store's thread
    bool closing_ = false;
};

}  // namespace gengfu::store
