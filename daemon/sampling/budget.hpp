#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/sampling/schedule.hpp"

/// What a bus is asked for, what it carries, and the promise that follows. Pure; any thread. docs/bus.md has
/// the reasoning.
namespace gengfu::sampling {

/// The promise for one point that feeds a safety rule.
struct SafetyBound {
    PointId point;
    Duration interval{};  ///< its pace; 0: as fast as the line allows
    /// From a change at the sensor to the verdict of a rule without delays, at worst: all units alive, …
    Duration alive{};
    /// … and whichever one other unit of the bus is cut off. Empty where there is no other.
    std::optional<Duration> one_dead;
    DeviceId dead;  ///< whose death is the worst
    /// How long after it was due a reading may end, in each of the two cases: where a delay is over only with
    /// some later sample, this is what counts for it.
    Duration late_alive{}, late_one_dead{};
    /// What its rules' on-delays add at worst (the longest of them), rounded up to the times of samples.
    Duration delay{};
    std::string slowest_rule;  ///< whose delay that is; empty without
};

struct DeviceBudget {
    DeviceId device;
    Duration interval{};  ///< of its fastest points
    Duration cycle{};     ///< reading all its periodic points once
    double load = 0;      ///< share of the bus; of points with interval 0 nothing, they take what is left
    /// The longest time to an answer's first byte that the promise reckons with, and whether that is only
    /// assumed, since neither the device nor its profile states one.
    Duration turnaround{};
    bool assumed = false;
};

struct BusBudget {
    BusId bus;
    bool modelled = false;      ///< false: a transcript has no physics; everything below is empty
    Duration cycle{};           ///< every periodic point of every device read once
    double load = 0;            ///< 1: the whole time
    double sure_load = 0;       ///< the same if all units answered at once: less than that it cannot be
    bool free_running = false;  ///< some points are read as fast as the line allows
    std::vector<DeviceBudget> devices;
    std::vector<SafetyBound> bounds;  ///< in order of points
};

/// \param site  every device plannable().
BusBudget budget(const config::Site& site, BusId bus);

/// BusBudget::load alone.
double bus_load(const config::Site& site, BusId bus);

/// What is wrong with it: an error when the bus is asked for more than it carries (with the shortest
/// intervals that fit and which devices to slow down), a warning when it is only if all units take as
/// long as they may, when a reading can come more than an interval late, and above 32 units on a serial line.
std::vector<config::Diagnostic> judge(const config::Site& site, const BusBudget& budget);

/// Rules that promise an alarm within a time which their points' intervals, their own delays and what else
/// the bus carries do not allow: an error; a warning when it is only while one other unit is cut off.
std::vector<config::Diagnostic> check_promises(const config::Site& site,
                                               const std::vector<BusBudget>& budgets);

/// judge() of all buses, check_promises() and check_silence(): what `gengfu check` and the daemon that reads
/// a new configuration ask alike.
std::vector<config::Diagnostic> check_budgets(const config::Site& site);

/// An RS-485 driver carries so many unit loads (TIA-485-A, 32 of 12 kOhm).
constexpr std::size_t kUnitLoads = 32;

}  // namespace gengfu::sampling
