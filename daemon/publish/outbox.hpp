#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/core/ids.hpp"
#include "daemon/publish/session.hpp"

namespace gengfu::publish {

/// In which order messages leave. Only the first two may use the slots of the window that are reserved for
/// events.
enum class Lane : std::uint8_t {
    kUrgent,  ///< alarms and events that happen now, birth, state, replies
    kEvent,   ///< events of an outage, reconciled alarms, the catalogue
    kLive,    ///< telemetry as it comes
    kSlow,    ///< telemetry of an outage, paced
};
constexpr std::size_t kLanes = 4;

struct Outgoing {
    Lane lane = Lane::kUrgent;
    std::string topic{};
    std::string payload{};
    Retain retain = Retain::kNo;
    std::optional<Identity> record{};  ///< when it carries a record
};

/// What waits to be sent. Of a retained topic only the newest payload waits. Pure.
class Outbox {
public:
    void push(Outgoing message);

    /// The message at the head of the first lane, from `from` on, that has one; nullptr when none has. Valid
    /// until the next change.
    const Outgoing* head(Lane from = Lane::kUrgent);
    /// Takes the head of `lane` out, which is not empty.
    Outgoing pop(Lane lane);

    std::size_t count(Lane lane) const { return alive_[static_cast<std::size_t>(lane)]; }
    std::size_t bytes(Lane lane) const { return bytes_[static_cast<std::size_t>(lane)]; }
    bool empty() const;
    void clear();

private:
    using Queue = std::deque<Outgoing>;
    void drop_dead(std::size_t lane);
    void replace(Outgoing& waiting, Outgoing message);

    std::array<Queue, kLanes> queues_;
    std::array<std::size_t, kLanes> alive_{};
    std::array<std::size_t, kLanes> bytes_{};
    /// Ends of a deque may be pushed and popped without moving the elements between.
    std::unordered_map<std::string, Outgoing*> retained_;
};

}  // namespace gengfu::publish
