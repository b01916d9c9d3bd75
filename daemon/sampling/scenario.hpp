#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon/sampling/demand.hpp"

/// Response times on a line of which all units live or one is dead. Pure; any thread.
namespace gengfu::sampling {

/// Whether what a dead unit asks for while it lives counts beside its time-outs.
enum class Own : std::uint8_t { kLeftOut, kKept };

class Scenario {
public:
    /// \param dead      one of `demands`, or, with Own::kKept, what none of them exceeds; null: all live
    /// \param shortest  shortest_turn()
    Scenario(const std::vector<Demand>& demands, const Demand* dead, Own own, Duration shortest);

    DeviceId dead() const { return dead_; }
    bool concerns(DeviceId device) const { return own_ == Own::kKept || dead_ != device; }

    /// From a release of `task`, one of a demand's, to the end of the reading. Duration::max(): no bound.
    Duration late(const Task& task) { return of(task).response; }

    /// From just after one reading began to the end of the next.
    Duration gap(const Task& task, Duration interval);

private:
    struct Bounds {
        Duration response = Duration::max();
        Duration busy = Duration::max();  ///< one_pace_time()
    };
    using Time = std::optional<Duration> (*)(std::span<const Task>, std::size_t);

    Bounds of(const Task& task);
    Duration busy(std::size_t which) const;
    Duration in_truce(std::vector<Task> tasks, std::size_t which, Time time) const;

    DeviceId dead_;
    Own own_;
    bool truce_ = false;
    Task quick_command_;  ///< of a unit that lives
    std::optional<Duration> credit_;
    std::optional<std::size_t> silence_;  ///< which of the tasks are the dead unit's time-outs, …
    Task probes_;                         ///< … and what they are on a line of one pace
    std::vector<Task> tasks_;             ///< the first: the command
    std::map<std::size_t, Bounds> known_;
};

/// One dead unit of each kind, and a second one for the points of the first itself.
/// \param shortest  shortest_turn()
std::vector<Scenario> deaths(const std::vector<Demand>& demands, Duration shortest);

}  // namespace gengfu::sampling
