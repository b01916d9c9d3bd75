#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/publish/outbox.hpp"

namespace gengfu::publish {

/// How much a link carries, from acknowledgements: bytes delivered between a message's sending and its PUBACK
/// by the time between; the best of the last few, since a link that had nothing to carry looks slow. Pure.
class LinkRate {
public:
    void acknowledged(double bytes_between, Duration between);
    void forget();

    /// One second's worth of bytes, within [kLeastBytes, kMostBytes].
    std::size_t budget() const;

    static constexpr std::size_t kLeastBytes = 4096;
    static constexpr std::size_t kFirstBytes = 16384;  ///< before anything is known
    static constexpr std::size_t kMostBytes = 1U << 20U;

private:
    static constexpr std::size_t kKept = 16;
    std::array<double, kKept> rates_{};  // bytes a second
    std::size_t seen_ = 0;
};

/// One message that awaits its PUBACK.
struct Flight {
    Lane lane = Lane::kUrgent;
    std::optional<Identity> record{};
    std::string topic{};
    std::size_t bytes = 0;
    Monotonic sent{};
    std::uint64_t delivered_before = 0;  ///< bytes acknowledged on this connection when it was sent
};

/// What is under way: at most as many messages as the broker takes, at most 20 (more slows both sides: the
/// broker's usual receive maximum is 20, and Paho searches its lists in line); some slots are kept for
/// events, and telemetry has at most one second's worth of bytes under way, so that an alarm overtakes it on
/// a thin link. Pure.
class Window {
public:
    static constexpr std::uint16_t kMost = 20;
    static constexpr std::uint16_t kReserved = 4;

    /// A connection was made: empty, with the broker's bounds.
    void open(std::uint16_t receive_maximum);

    /// True when a message of `bytes` may go. A lone message always may.
    bool has_room(Lane lane, std::size_t bytes) const;

    void add(std::uint64_t token, Flight flight);
    /// \return what it was; nothing for a token that is not under way.
    std::optional<Flight> acknowledge(std::uint64_t token, Monotonic now);
    std::optional<Flight> remove(std::uint64_t token);
    /// The connection is gone: all that was under way.
    std::vector<Flight> clear();

    std::size_t count() const { return flights_.size(); }
    /// When the oldest message under way was sent.
    std::optional<Monotonic> oldest() const;

private:
    std::map<std::uint64_t, Flight> flights_;  // tokens rise: the first is the oldest
    std::uint16_t limit_ = kMost;
    std::uint16_t reserved_ = kReserved;
    std::size_t slow_count_ = 0;  // of the lanes that may not use reserved slots
    std::size_t slow_bytes_ = 0;
    std::uint64_t delivered_ = 0;
    LinkRate rate_;
};

}  // namespace gengfu::publish
