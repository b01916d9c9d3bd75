#pragma once

#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/sampling/schedule.hpp"

/// What turns take on the line, from physics and what profiles state. Pure; any thread.
namespace gengfu::sampling {

/// The turnaround of a unit whose profile states none, for cost models alone: half of what sensors in the
/// field take (5 to 50 ms). Over Modbus TCP the cost model's round trip stands for it.
constexpr Duration kUsualTurnaround = std::chrono::milliseconds(20);

/// What a computer adds to each request between the last byte's arrival and the next request, with a
/// low-latency port: waking up, decoding, handing over.
constexpr Duration kHostTime = std::chrono::milliseconds(1);

enum class Turnaround : std::uint8_t { kLongest, kNone };

/// The turnaround that costs and promises reckon with: what the device or its profile states, else what is
/// usual; over Modbus TCP zero, the cost model's round trip stands for it.
Duration taken_turnaround(const config::Site& site, DeviceId device);

/// Time of one turn that reads these cadences: all requests answered, each after the unit's longest
/// turnaround (where its profile states none, after what is usual), or at once: less it cannot be.
Duration turn_cost(const config::Site& site, DeviceId device, const std::vector<Cadence>& cadences,
                   DueSet due, Turnaround turnaround = Turnaround::kLongest);

/// The least that any turn takes in which a unit answers, be it by a refusal: request and exception (8 and 5
/// characters, Modbus over Serial Line V1.02, 2.5.1; Application Protocol V1.1b3, 7) and our silence before
/// the next. Zero where the bus is no line of ours.
Duration shortest_turn(const config::Bus& bus);

/// Time that a unit takes which does not answer: one request and the whole wait for an answer.
Duration silent_cost(const config::Site& site, DeviceId device);

/// Time of one write of a register or coil that the profile allows, answered after the longest turnaround;
/// zero where it allows none.
Duration write_cost(const config::Site& site, DeviceId device);

}  // namespace gengfu::sampling
