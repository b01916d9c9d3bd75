#pragma once

#include "daemon/core/time.hpp"

namespace gengfu::rules {

/// Was the time between two samples observed, or did nothing come?
enum class Continuity : std::uint8_t { kUnbroken, kBroken };

struct Stretch {
    Duration length{};  ///< that counts as observed; 0 over a gap
    Continuity continuity = Continuity::kUnbroken;
};

/// When the samples of one point come: tells a slow bus from a gap. A failed read is a sample too.
struct Cadence {
    Monotonic last{};
    Duration spacing{};  ///< between the last two samples
    bool begun = false;
};

/// Shares of the time between samples that are taken as observed (product contract, Timers).
constexpr int kIntervalsToGap = 3;
/// A stretch above `gap` still counts when the one before was at least half as long: then the bus is slow or
/// a neighbour times out, and without this the on-delays of a crowded bus would never end. Steps of two bound
/// how long a sample can speak for, and this many times `gap` bounds it for good.
constexpr int kSlowestOverGap = 10;

/// Notes a sample. \param gap three intervals of the point and the bus's time-out.
/// A sample that is not later than the last adds nothing. The first after a start is broken from what was
/// before.
Stretch note(Cadence& cadence, Monotonic taken, Duration gap);

}  // namespace gengfu::rules
