#pragma once

#include <cstddef>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/sampling/response_time.hpp"
#include "daemon/sampling/schedule.hpp"

/// What each device asks of its line, as tasks of a budget. Pure; any thread.
namespace gengfu::sampling {

/// What a device asks of its line: a task for each of its periodic cadences.
struct Demand {
    DeviceId device;
    std::vector<Cadence> cadences;  ///< periodic ones
    std::vector<Task> tasks;        ///< one each
    Duration turn{};                ///< all of it in one go
    Duration silent{};              ///< of a time-out
    Duration write{};               ///< of one write on demand; zero: the profile allows none
    std::size_t outputs = 0;        ///< that actions of rules write, each at once
    Duration pause{};               ///< between two time-outs before it counts as offline, at least
    Duration patience{};            ///< the least of its deadlines
};

/// \param alarms  from alarm_points()
Demand demand_of(const config::Site& site, DeviceId id, const std::vector<bool>& alarms);

/// Is each pace a multiple of the next faster one? Then slow points always travel with the fast ones.
bool in_step(const std::vector<Cadence>& cadences);

/// Reads on demand take a share of the line: everything else takes so much longer.
Duration stretched(Duration duration);

}  // namespace gengfu::sampling
