#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace gengfu {

/// Position of a thing in the loaded configuration's list of such things (`config::Site`). Dense from 0 and
/// valid for that configuration only; names are what lasts over a reload or restart.
template <class Tag>
struct Index {
    std::uint32_t value = 0;
    friend constexpr auto operator<=>(Index, Index) = default;
};

using BusId = Index<struct BusTag>;
using DeviceId = Index<struct DeviceTag>;
using PointId = Index<struct PointTag>;
using RuleId = Index<struct RuleTag>;

/// Random number drawn at every start of the daemon, never 0; sequences count within it.
struct Epoch {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(Epoch, Epoch) = default;
};

/// The two kinds of records. The values are those of the wire (proto/gengfu/v1) and of the disk.
enum class Stream : std::uint8_t { kEvent = 1, kTelemetry = 2 };

/// Identity of a record within one gateway: it never repeats (product contract, MQTT feed, Identity).
struct Identity {
    Epoch epoch;
    Stream stream = Stream::kEvent;
    std::uint64_t sequence = 0;  ///< from 1, without gaps, per epoch and stream
    friend constexpr auto operator<=>(const Identity&, const Identity&) = default;
};

/// Identity of an alarm: the epoch and the event sequence of its raise. Prints as "9f3c…e1-42".
struct AlarmId {
    Epoch epoch;
    std::uint64_t sequence = 0;
    friend constexpr auto operator<=>(AlarmId, AlarmId) = default;
};

/// 16 hex digits, "-", decimal sequence.
std::string to_string(AlarmId id);

/// Parses what to_string() wrote. \return false and leaves `id` alone when `text` is not such an id.
bool parse(const std::string& text, AlarmId& id);

}  // namespace gengfu

template <class Tag>
struct std::hash<gengfu::Index<Tag>> {
    std::size_t operator()(gengfu::Index<Tag> id) const noexcept { return id.value; }
};
