#include "daemon/sampling/turn_cost.hpp"

#include <algorithm>

#include "drivers/modbus/answer_deadline.hpp"
#include "drivers/modbus/read_plan.hpp"
#include "drivers/modbus/timing.hpp"

namespace gengfu::sampling {
namespace {

namespace modbus = drivers::modbus;

bool has_line(const config::Bus& bus) {
    return bus.kind == config::BusKind::kModbusRtu || bus.kind == config::BusKind::kModbusRtuOverTcp;
}

/// A converter's connection and the line behind it: both take their time.
modbus::Cost cost_of(const config::Bus& bus, Duration turnaround) {
    modbus::Cost cost = modbus::cost(bus, turnaround);
    if (bus.kind == config::BusKind::kModbusRtuOverTcp) {
        config::Bus line = bus;
        line.kind = config::BusKind::kModbusRtu;
        const modbus::Cost behind = modbus::cost(line, Duration::zero());
        cost.fixed += behind.fixed;
        cost.per_byte += behind.per_byte;
    }
    return cost;
}

}  // namespace

Duration taken_turnaround(const config::Site& site, DeviceId id) {
    const config::Device& device = site.device(id);
    return site.turnaround(device).value_or(has_line(site.bus(device.bus)) ? kUsualTurnaround
                                                                           : Duration::zero());
}

Duration turn_cost(const config::Site& site, DeviceId id, const std::vector<Cadence>& cadences, DueSet due,
                   Turnaround turnaround) {
    const config::Device& device = site.device(id);
    const config::Profile& profile = site.profile(device);
    const config::Bus& bus = site.bus(device.bus);
    std::vector<config::PointRef> points;
    for (std::size_t i = 0; i < cadences.size(); ++i) {
        if ((due >> i & 1U) != 0) {
            points.insert(points.end(), cadences[i].points.begin(), cadences[i].points.end());
        }
    }
    std::sort(points.begin(), points.end());
    const modbus::Cost cost =
        cost_of(bus, turnaround == Turnaround::kNone ? Duration::zero() : taken_turnaround(site, id));
    const Result<std::vector<modbus::Read>> reads =
        modbus::plan_reads(modbus::wanted(profile, points), modbus::limits(profile), cost);
    const Duration gap = has_line(bus) ? modbus::silent_interval(bus.serial) : Duration::zero();
    Duration sum{};
    if (reads) {  // else not plannable(), which is told elsewhere
        for (const modbus::Read& read : *reads) {
            sum +=
                modbus::duration(read, cost) + kHostTime + std::max(Duration::zero(), profile.min_gap - gap);
        }
    }
    return sum;
}

Duration shortest_turn(const config::Bus& bus) {
    constexpr std::int64_t kException = 5;  // unit, function with its top bit, code, CRC
    return bus.kind == config::BusKind::kModbusRtu
               ? modbus::silent_interval(bus.serial) +
                     modbus::character_time(bus.serial) *
                         (static_cast<std::int64_t>(modbus::kRtuReadRequestBytes) + kException)
               : Duration::zero();
}

Duration silent_cost(const config::Site& site, DeviceId id) {
    const config::Bus& bus = site.bus(site.device(id).bus);
    const Duration wait = longest_turnaround(site, id) + kHostTime;
    if (!has_line(bus)) {
        return wait + modbus::kLatency;
    }
    const Duration latency =
        bus.kind == config::BusKind::kModbusRtu ? modbus::kLatency : modbus::kConverterLatency;
    return wait + latency + modbus::silent_interval(bus.serial) +
           modbus::character_time(bus.serial) * static_cast<std::int64_t>(modbus::kRtuReadRequestBytes);
}

Duration write_cost(const config::Site& site, DeviceId id) {
    const config::Device& device = site.device(id);
    const config::Profile& profile = site.profile(device);
    const config::Bus& bus = site.bus(device.bus);
    if (profile.writable.empty()) {
        return Duration::zero();
    }
    // The cost model's request and answer without payload, and what functions 05, 06 and 16 have beyond them:
    // 16 asks with 11 characters for one register and all answer with 8 (Modbus over Serial Line V1.02, 2.3;
    // Application Protocol V1.1b3, 6.5, 6.6, 6.12).
    constexpr std::int64_t kBeyond = 3 + 3;
    const modbus::Cost cost = cost_of(bus, taken_turnaround(site, id));
    return cost.fixed + cost.per_byte * kBeyond + kHostTime + profile.min_gap;
}

}  // namespace gengfu::sampling
