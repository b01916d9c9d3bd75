#pragma once

#include <optional>

#include "daemon/alarms/alarm.hpp"

/// How long what keeps an alarm quiet lasts. Pure.
namespace gengfu::alarms {

/// A shelf longer than a day outlives the memory of whoever made it (OPC 10000-9, 5.8.10 MaxTimeShelved
/// leaves the bound to the server).
constexpr Duration kLongestShelf = std::chrono::hours(24);
/// Work on a site takes days; what takes longer belongs into the configuration.
constexpr Duration kLongestOutOfService = std::chrono::hours(7 * 24);
/// Shorter than this is a typing error.
constexpr Duration kShortestHold = std::chrono::seconds(10);

/// `at` and so much later, on both clocks.
Stamp later(const Stamp& at, Duration by);

/// Whether the time of `hold` is over: by running time, whatever the wall clock does. One of another boot
/// that was not carried over is over.
bool expired(const Hold& hold, const Stamp& now);

/// The same hold in the boot of `now`. Within one boot nothing changes: its monotonic clock ran while the
/// daemon was down. After a boot the time that has passed is what ran until `last` (a moment known to lie
/// within the old boot, as late as can be) and the wall time since, if both wall clocks were to be trusted
/// and have not gone back; else it is not known, and the hold is over at `now`.
Hold carried_over(Hold hold, const Stamp& last, const Stamp& now);

}  // namespace gengfu::alarms
