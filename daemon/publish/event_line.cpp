#include "daemon/publish/event_line.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::publish {

void EventLine::add(store::Record record, std::optional<AlarmUpdate> update, Monotonic now) {
    if (waiting_.size() >= kMost) {
        waiting_.erase(waiting_.begin());
        ++given_up_;
    }
    const std::uint64_t sequence = record.identity.sequence;
    waiting_[sequence] = {
        .record = std::move(record), .update = std::move(update), .deadline = now + volatile_after_};
}

void EventLine::committed(std::uint64_t sequence) {
    const auto entry = waiting_.find(sequence);
    if (entry == waiting_.end()) {
        return;
    }
    if (entry->second.stage == Stage::kSent) {
        waiting_.erase(entry);  // on its way as volatile, and from now on in the store
        return;
    }
    entry->second.committed = true;
}

void EventLine::failed(std::uint64_t sequence) {
    const auto entry = waiting_.find(sequence);
    if (entry != waiting_.end()) {
        entry->second.failed = true;
    }
}

std::vector<EventLine::Ready> EventLine::take(Monotonic now) {
    std::vector<Ready> out;
    for (auto entry = waiting_.begin(); entry != waiting_.end();) {
        Entry& event = entry->second;
        if (event.stage == Stage::kSent) {
            ++entry;
            continue;
        }
        if (event.committed) {
            out.push_back({std::move(event.record), std::move(event.update), Volatile::kNo});
            entry = waiting_.erase(entry);
            continue;
        }
        if (!event.failed && event.deadline > now) {
            break;
        }
        event.stage = Stage::kSent;
        out.push_back({event.record, event.update, Volatile::kYes});
        ++entry;
    }
    return out;
}

bool EventLine::leave_to_store() {
    return std::erase_if(waiting_, [](const auto& entry) { return entry.second.committed; }) != 0;
}

std::optional<Monotonic> EventLine::deadline() const {
    for (const auto& [sequence, event] : waiting_) {
        if (event.stage == Stage::kWaiting) {
            return event.deadline;
        }
    }
    return std::nullopt;
}

void EventLine::delivered(std::uint64_t sequence) {
    const auto entry = waiting_.find(sequence);
    if (entry != waiting_.end() && entry->second.stage == Stage::kSent) {
        waiting_.erase(entry);
    }
}

void EventLine::lost() {
    for (auto& [sequence, event] : waiting_) {
        event.stage = Stage::kWaiting;
        if (event.update) {
            event.update->payload.reset();
        }
    }
}

bool EventLine::holds_back(const std::string& topic) const {
    return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
        const Entry& event = entry.second;
        return event.stage == Stage::kWaiting && event.update && event.update->topic == topic;
    });
}

}  // namespace gengfu::publish
