#include "daemon/publish/outbox.hpp"

#include <cassert>
#include <utility>

namespace gengfu::publish {

namespace {

std::size_t index(Lane lane) {
    return static_cast<std::size_t>(lane);
}

// A message that a newer one has overtaken in a better lane has lost its topic.
bool dead(const Outgoing& message) {
    return message.topic.empty();
}

}  // namespace

void Outbox::push(Outgoing message) {
    if (message.retain == Retain::kYes) {
        const auto waiting = retained_.find(message.topic);
        if (waiting != retained_.end()) {
            replace(*waiting->second, std::move(message));
            return;
        }
    }
    const std::size_t lane = index(message.lane);
    ++alive_[lane];
    bytes_[lane] += message.payload.size();
    queues_[lane].push_back(std::move(message));
    Outgoing& placed = queues_[lane].back();
    if (placed.retain == Retain::kYes) {
        retained_[placed.topic] = &placed;
    }
}

void Outbox::replace(Outgoing& waiting, Outgoing message) {
    const std::size_t lane = index(waiting.lane);
    bytes_[lane] -= waiting.payload.size();
    if (waiting.lane <= message.lane) {
        bytes_[lane] += message.payload.size();
        waiting.payload = std::move(message.payload);
        return;
    }
    retained_.erase(waiting.topic);
    waiting.topic.clear();
    waiting.payload.clear();
    --alive_[lane];
    push(std::move(message));
}

void Outbox::drop_dead(std::size_t lane) {
    while (!queues_[lane].empty() && dead(queues_[lane].front())) {
        queues_[lane].pop_front();
    }
}

const Outgoing* Outbox::head(Lane from) {
    for (std::size_t lane = index(from); lane < kLanes; ++lane) {
        drop_dead(lane);
        if (!queues_[lane].empty()) {
            return &queues_[lane].front();
        }
    }
    return nullptr;
}

Outgoing Outbox::pop(Lane lane) {
    const std::size_t at = index(lane);
    drop_dead(at);
    assert(!queues_[at].empty());
    Outgoing message = std::move(queues_[at].front());
    queues_[at].pop_front();
    --alive_[at];
    bytes_[at] -= message.payload.size();
    if (message.retain == Retain::kYes) {
        retained_.erase(message.topic);
    }
    return message;
}

bool Outbox::empty() const {
    for (const std::size_t count : alive_) {
        if (count != 0) {
            return false;
        }
    }
    return true;
}

void Outbox::clear() {
    for (Queue& queue : queues_) {
        queue.clear();
    }
    alive_ = {};
    bytes_ = {};
    retained_.clear();
}

}  // namespace gengfu::publish
