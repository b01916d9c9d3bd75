#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gengfu {

/// CLOCK_MONOTONIC: periods, deadlines and the order of samples within one boot.
using Monotonic = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

/// Wall time in UTC. Never used for periods; not to be trusted unless the clock says so.
using Wall = std::chrono::sys_time<std::chrono::microseconds>;

/// The kernel's boot id (/proc/sys/kernel/random/boot_id) as 16 bytes: which boot a monotonic time belongs
/// to.
using BootId = std::array<std::uint8_t, 16>;

/// A moment as both clocks saw it. `wall` is empty while the wall clock is unknown (product contract, Time).
struct Moment {
    Monotonic monotonic{};
    std::optional<Wall> wall;
};

/// The only way to ask for the time. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Monotonic now() const = 0;
    /// Wall time, or nothing while the clock cannot be trusted.
    virtual std::optional<Wall> wall() const = 0;
    virtual const BootId& boot() const = 0;

    Moment moment() const { return {now(), wall()}; }
};

/// Clock of this machine. Wall time is trusted while it is not earlier than
/// the year of this release: a machine without a battery-backed clock starts in 1970 or at its build date.
class SystemClock final : public Clock {
public:
    SystemClock();
    Monotonic now() const override;
    std::optional<Wall> wall() const override;
    const BootId& boot() const override { return boot_; }

private:
    BootId boot_{};
};

/// "2026-11-21T08:30:00.123Z"; for logs and the command. Locale-free.
std::string to_iso8601(Wall when);

}  // namespace gengfu
