#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/core/time.hpp"

/// Whether this machine's wall clock can be believed, and since when (product contract, Time).
namespace gengfu {

/// What is asked of the system before its clock is believed.
enum class ClockTrust : std::uint8_t {
    kAuto,          ///< as kSynchronised where a service synchronises the clock, else as kPlausible
    kSynchronised,  ///< only after it was synchronised in this boot
    kPlausible,     ///< always, but for times before this release was made
};

/// "auto", "synchronised", "plausible". \return nothing: none of them
std::optional<ClockTrust> parse_clock_trust(std::string_view word);

/// What the system says of its clock.
struct ClockSigns {
    bool plausible = false;      ///< not before this release was made
    bool synchronised = false;   ///< the kernel's clock is being disciplined, or systemd-timesyncd says so
    bool service = false;        ///< something on this machine is there to synchronise it
    std::uint64_t error_us = 0;  ///< at most so wrong, when synchronised (the kernel's maxerror)
};

/// adjtimex(2) without the bit STA_UNSYNC, or /run/systemd/timesync/synchronized; the folder of
/// systemd-timesyncd or chrony below /run for the service. Reads only; any thread.
ClockSigns read_clock_signs();

/// CLOCK_REALTIME less CLOCK_MONOTONIC in microseconds: constant but for slewing, jumps when somebody sets
/// the clock.
std::int64_t clock_offset_us();

/// Follows the clock from look to look. Pure.
class ClockTracker {
public:
    /// A jump is more than this between two looks: a slewed clock moves by 500 ppm, which is 0.5 ms a second.
    static constexpr std::int64_t kJumpUs = 200'000;
    /// Time known to be this wrong is worth a new fix: consumers hold records of several gateways beside each
    /// other.
    static constexpr std::int64_t kWrongUs = 500'000;
    /// Fixes follow each other at this pace at most, whatever somebody does to the clock.
    static constexpr Duration kFixPause = std::chrono::minutes(1);

    /// \param undated  there are records of this boot that were made without a clock and have no fix yet
    ClockTracker(ClockTrust trust, bool undated) : trust_(trust), undated_(undated) {}

    struct Seen {
        bool known = false;
        std::optional<std::int64_t> jump_us{};  ///< the clock was set by so much since the last look
        /// What all records of this boot are to be dated by from now on: wall time of the monotonic zero.
        std::optional<std::int64_t> fix_us{};
        std::uint64_t error_us = 0;  ///< of the fix; 0: nobody says
    };
    Seen look(Monotonic now, std::int64_t offset_us, const ClockSigns& signs);

private:
    bool judge(const ClockSigns& signs, bool jumped);

    ClockTrust trust_;
    bool undated_;
    bool held_ = false;  ///< was synchronised in this boot and not set by hand since
    std::optional<std::int64_t> last_us_, told_us_;
    std::optional<Monotonic> fixed_at_;
};

}  // namespace gengfu
