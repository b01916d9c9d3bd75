#include "daemon/store/inbox.hpp"

#include <fmt/format.h>

#include <utility>

namespace gengfu::store {

Result<Key> Inbox::place(const Record& record, std::uint64_t& last) const {
    const Identity& identity = record.identity;
    if (closing_) {
        return fail(Errc::kInterrupted, "store: closing");
    }
    if (identity.epoch != epoch_ || identity.sequence <= last || identity.sequence > kMaxSequence) {
        return fail(Errc::kInvalid,
                    fmt::format("store: record {:016x}-{} after {:016x}-{}: epoch and order do not fit",
                                identity.epoch.value, identity.sequence, epoch_.value, last));
    }
    last = identity.sequence;
    return key_of(start_, identity.sequence);
}

Result<void> Inbox::push(EventLog::Waiting& event) {
    const std::lock_guard lock(mutex_);
    Result<Key> key = place(event.record, last_event_);
    if (!key) {
        return pass(key);
    }
    if (events_.size() >= kMostEvents) {
        refuse(Stream::kEvent, event.record.identity.sequence);
        return fail(Errc::kFull, fmt::format("store: {} events wait for the disk", events_.size()));
    }
    event.key = *key;
    events_.push_back(std::move(event));
    changed_.notify_one();
    return {};
}

Result<void> Inbox::push(Record telemetry) {
    const std::lock_guard lock(mutex_);
    Result<Key> key = place(telemetry, last_telemetry_);
    if (!key) {
        return pass(key);
    }
    const std::size_t bytes = telemetry.bytes.size();
    if (telemetry_records_ >= kMostTelemetry || telemetry_bytes_ + bytes > kMostTelemetryBytes) {
        refuse(Stream::kTelemetry, telemetry.identity.sequence);
        return fail(Errc::kFull,
                    fmt::format("store: {} telemetry records wait for the disk", telemetry_records_));
    }
    ++telemetry_records_;
    telemetry_bytes_ += bytes;
    telemetry_.emplace_back(*key, std::move(telemetry));
    changed_.notify_one();
    return {};
}

void Inbox::refuse(Stream stream, std::uint64_t sequence) {
    (stream == Stream::kEvent ? refused_events_ : refused_telemetry_).add({sequence, sequence});
    changed_.notify_one();
}

// A newer book replaces one that still waits; confirmations of one kind gather in one task.
bool Inbox::merge(const Task& task) {
    if (const auto* book = std::get_if<SaveBook>(&task)) {
        for (Task& waiting : tasks_) {
            if (auto* older = std::get_if<SaveBook>(&waiting)) {
                *older = *book;
                return true;
            }
        }
        return false;
    }
    const auto* confirm = std::get_if<Confirm>(&task);
    if (confirm == nullptr || tasks_.empty()) {
        return false;
    }
    auto* last = std::get_if<Confirm>(&tasks_.back());
    constexpr std::size_t kMostRanges = 1024;
    if (last == nullptr || last->consumer != confirm->consumer || last->epoch != confirm->epoch ||
        last->stream != confirm->stream || last->ranges.size() > kMostRanges) {
        return false;
    }
    last->ranges.insert(last->ranges.end(), confirm->ranges.begin(), confirm->ranges.end());
    return true;
}

std::optional<Task> Inbox::push(Task task) {
    const std::lock_guard lock(mutex_);
    if (closing_) {
        return task;
    }
    if (auto* book = std::get_if<SaveBook>(&task)) {
        book->covers = key_of(start_, last_event_);
    }
    if (merge(task)) {
        return std::nullopt;
    }
    if (tasks_.size() >= kMostTasks) {
        return task;
    }
    tasks_.push_back(std::move(task));
    changed_.notify_one();
    return std::nullopt;
}

void Inbox::close() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_one();
}

std::deque<EventLog::Waiting> Inbox::take_events() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
}

std::deque<std::pair<Key, Record>> Inbox::take_telemetry() {
    const std::lock_guard lock(mutex_);
    return std::exchange(telemetry_, {});
}

std::optional<Task> Inbox::take_task() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) {
        return std::nullopt;
    }
    std::optional<Task> task(std::move(tasks_.front()));
    tasks_.pop_front();
    return task;
}

std::vector<std::pair<Stream, SequenceRange>> Inbox::take_refused() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<Stream, SequenceRange>> refused;
    for (const auto& [stream, set] :
         {std::pair{Stream::kEvent, &refused_events_}, std::pair{Stream::kTelemetry, &refused_telemetry_}}) {
        for (const SequenceRange& range : set->ranges()) {
            refused.emplace_back(stream, range);
        }
        *set = {};
    }
    return refused;
}

void Inbox::telemetry_written(std::size_t records, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    telemetry_records_ -= records;
    telemetry_bytes_ -= bytes;
}

Inbox::Woken Inbox::wait(Monotonic until) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] {
        return closing_ || !events_.empty() || !telemetry_.empty() || !tasks_.empty() ||
               !refused_events_.empty() || !refused_telemetry_.empty();
    };
    if (!changed_.wait_until(lock, until, ready)) {
        return Woken::kTimeout;
    }
    const bool work = !events_.empty() || !telemetry_.empty() || !tasks_.empty();
    return closing_ && !work ? Woken::kClosing : Woken::kWork;
}

}  // namespace gengfu::store
