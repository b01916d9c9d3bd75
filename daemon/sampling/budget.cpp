#include "daemon/sampling/budget.hpp"

#include <algorithm>

#include "daemon/sampling/alarm_points.hpp"
#include "daemon/sampling/demand.hpp"
#include "daemon/sampling/scenario.hpp"
#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

constexpr DueSet bit(std::size_t cadence) {
    return DueSet{1} << cadence;
}

Duration sum_of(Duration interval, Duration response) {
    return response > Duration::max() - interval ? Duration::max() : interval + response;
}

/// A delay ends with the first sample that comes when it is over: whole intervals from a sample that may
/// itself have been late. How long `silent` waits is all that it says.
void add_delays(const config::Site& site, SafetyBound& bound, Duration response) {
    for (const config::Rule& rule : site.rules) {
        if (!rule.safety || rule.on_delay == Duration::zero() || rule.point != bound.point ||
            rule.kind == config::RuleKind::kSilent || rule.kind == config::RuleKind::kAnomaly) {
            continue;
        }
        Duration delay = sum_of(rule.on_delay, response);
        if (delay >= Duration::max() - bound.interval) {
            delay = Duration::max();  // a bus that carries no more has no bound
        } else if (bound.interval > Duration::zero()) {
            delay = (delay + bound.interval - Duration(1)) / bound.interval * bound.interval;
        }
        if (delay > bound.delay) {
            bound.delay = delay;
            bound.slowest_rule = rule.name;
        }
    }
}

SafetyBound bound_of(const Cadence& cadence, const Task& task, DeviceId device, Scenario& alive,
                     std::vector<Scenario>& deaths) {
    SafetyBound bound;
    bound.interval = cadence.interval;
    bound.alive = alive.gap(task, cadence.interval);
    bound.late_alive = alive.late(task);
    for (Scenario& death : deaths) {
        if (!death.concerns(device)) {
            continue;
        }
        // A unit may answer its last turn just before it dies, and that may take longer than a time-out.
        const Duration worst = std::max(bound.alive, death.gap(task, cadence.interval));
        bound.late_one_dead = std::max({bound.late_one_dead, bound.late_alive, death.late(task)});
        if (!bound.one_dead || worst > *bound.one_dead) {
            bound.one_dead = worst;
            bound.dead = death.dead();
        }
    }
    return bound;
}

void bounds_of(const config::Site& site, const std::vector<Demand>& demands, const std::vector<bool>& alarms,
               std::vector<SafetyBound>& bounds) {
    const Duration shortest =
        demands.empty() ? Duration::zero() : shortest_turn(site.bus(site.device(demands.front().device).bus));
    Scenario alive(demands, nullptr, Own::kKept, shortest);
    std::vector<Scenario> dead = deaths(demands, shortest);
    for (const Demand& demand : demands) {
        const std::uint32_t first = site.device(demand.device).first_point.value;
        for (std::size_t i = 0; i < demand.cadences.size(); ++i) {
            if (!demand.cadences[i].feeds_alarm) {
                continue;
            }
            const SafetyBound same =
                bound_of(demand.cadences[i], demand.tasks[i], demand.device, alive, dead);
            for (const config::PointRef ref : demand.cadences[i].points) {
                if (alarms[first + ref]) {
                    SafetyBound bound = same;
                    bound.point = PointId{first + ref};
                    add_delays(site, bound, same.one_dead ? same.late_one_dead : same.late_alive);
                    bounds.push_back(bound);
                }
            }
        }
    }
    std::sort(bounds.begin(), bounds.end(),
              [](const SafetyBound& a, const SafetyBound& b) { return a.point.value < b.point.value; });
}

/// Share of the line: exactly where slow points travel with fast ones, else at most.
double load_of(const config::Site& site, const Demand& demand, Turnaround turnaround) {
    double load = 0;
    const auto cost = [&](DueSet due) {
        return seconds(turn_cost(site, demand.device, demand.cadences, due, turnaround));
    };
    const bool together = in_step(demand.cadences);
    for (std::size_t i = 0; i < demand.cadences.size(); ++i) {
        const double interval = seconds(demand.cadences[i].interval);
        if (interval > 0) {
            const DueSet faster = bit(i) - 1;
            load += (i == 0 || !together ? cost(bit(i)) : cost(faster | bit(i)) - cost(faster)) / interval;
        }
    }
    return load;
}

void add_device(const config::Site& site, const Demand& demand, BusBudget& budget) {
    if (demand.tasks.empty()) {
        return;
    }
    const config::BusKind kind = site.bus(budget.bus).kind;
    const bool stated = site.turnaround(site.device(demand.device)).has_value();
    const DeviceBudget of{.device = demand.device,
                          .interval = demand.cadences.front().interval,
                          .cycle = demand.turn,
                          .load = load_of(site, demand, Turnaround::kLongest),
                          .turnaround = taken_turnaround(site, demand.device),
                          .assumed = !stated};
    budget.free_running = budget.free_running || of.interval == Duration::zero();
    budget.cycle += of.cycle;
    budget.load += of.load;
    // What a network takes, and how fast a line behind it is, is known to nobody: there no load is sure.
    budget.sure_load += kind == config::BusKind::kModbusRtu ? load_of(site, demand, Turnaround::kNone) : 0;
    budget.devices.push_back(of);
}

}  // namespace

double bus_load(const config::Site& site, BusId bus) {
    const std::vector<bool> alarms = alarm_points(site);
    double load = 0;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].bus == bus) {
            load += load_of(site, demand_of(site, DeviceId{i}, alarms), Turnaround::kLongest);
        }
    }
    return load;
}

BusBudget budget(const config::Site& site, BusId bus) {
    BusBudget result{.bus = bus, .devices = {}, .bounds = {}};
    if (site.bus(bus).kind == config::BusKind::kReplay) {
        return result;
    }
    result.modelled = true;
    const std::vector<bool> alarms = alarm_points(site);
    std::vector<Demand> demands;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].bus == bus) {
            demands.push_back(demand_of(site, DeviceId{i}, alarms));
            add_device(site, demands.back(), result);
        }
    }
    bounds_of(site, demands, alarms, result.bounds);
    return result;
}

}  // namespace gengfu::sampling
