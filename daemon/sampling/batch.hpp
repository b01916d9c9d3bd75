#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/sampling/line_watch.hpp"
#include "daemon/sampling/unit_traffic.hpp"
#include "drivers/bus.hpp"

namespace gengfu::sampling {

/// How a device is doing. Online: it answers. Degraded: it answers some of the time. Offline: it has not
/// answered for so long that it is asked only now and then.
enum class Health : std::uint8_t { kUnknown, kOnline, kDegraded, kOffline };

struct HealthChange {
    DeviceId device;
    Health health = Health::kUnknown;
    Monotonic at{};
};

/// What a bus worker hands over after a request: the samples of one device, in the profile's order.
struct Batch {
    BusId bus;
    std::vector<Sample> samples;
    std::vector<HealthChange> health;
};

/// Called on the worker's thread; must not block and not throw.
using BatchSink = std::function<void(Batch)>;

/// One bus at a glance, copied under a lock from the worker.
struct BusSnapshot {
    bool open = false;
    bool lent = false;                      ///< to a tool, see BusWorker::lend()
    LineTrouble kind = LineTrouble::kNone;  ///< to be told when it changes, see LineWatch
    std::string trouble;  ///< why it was last given up, without the bus's name; empty when devices answer
    drivers::Traffic traffic;
    double load = 0;                 ///< share of the last minute in which a transaction was under way
    std::vector<Health> devices;     ///< in the order of the bus's devices
    std::vector<UnitTraffic> units;  ///< likewise
};

}  // namespace gengfu::sampling
