#include "daemon/sampling/demand.hpp"

#include <algorithm>
#include <set>

#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

constexpr DueSet bit(std::size_t cadence) {
    return DueSet{1} << cadence;
}

/// What a slower cadence adds to the turn of the faster ones, or takes alone where it may have to.
Duration cost_of(const config::Site& site, const Demand& demand, std::size_t i, bool together) {
    const auto cost = [&](DueSet due) { return turn_cost(site, demand.device, demand.cadences, due); };
    if (i == 0 || !together) {
        return cost(bit(i));
    }
    const DueSet faster = bit(i) - 1;
    return std::max(cost(faster | bit(i)) - cost(faster), cost(bit(0) | bit(i)) - cost(bit(0)));
}

std::size_t outputs_of(const config::Site& site, DeviceId id) {
    std::set<config::Register> outputs;
    for (const config::Rule& rule : site.rules) {
        if (rule.action && rule.action->device == id) {
            outputs.insert(rule.action->reg);
        }
    }
    return outputs.size();
}

}  // namespace

Duration stretched(Duration duration) {
    return std::chrono::duration_cast<Duration>(duration / (1 - kCommandShare)) + Duration(1);
}

bool in_step(const std::vector<Cadence>& cadences) {
    for (std::size_t i = 1; i < cadences.size(); ++i) {
        const Duration faster = cadences[i - 1].interval;
        if (faster <= Duration::zero() || cadences[i].interval % faster != Duration::zero()) {
            return false;
        }
    }
    return true;
}

Demand demand_of(const config::Site& site, DeviceId id, const std::vector<bool>& alarms) {
    Demand demand{.device = id, .cadences = cadences(site, id, alarms), .tasks = {}};
    std::erase_if(demand.cadences, [](const Cadence& cadence) { return cadence.on_connect; });
    if (demand.cadences.empty()) {
        return demand;
    }
    demand.turn = turn_cost(site, id, demand.cadences, bit(demand.cadences.size()) - 1);
    demand.silent = silent_cost(site, id);
    demand.write = write_cost(site, id);
    demand.outputs = outputs_of(site, id);
    demand.pause = std::max(demand.cadences.front().interval, longest_turnaround(site, id));
    demand.patience = relative_deadline(demand.cadences.front());
    const bool several = demand.cadences.size() > 1;
    const bool together = in_step(demand.cadences);
    const Duration early = several ? together_within(demand.cadences) : Duration::zero();
    for (std::size_t i = 0; i < demand.cadences.size(); ++i) {
        const Cadence& cadence = demand.cadences[i];
        demand.tasks.push_back(
            {.cost = stretched(cost_of(site, demand, i, together)),
             .period = together ? cadence.interval : cadence.interval - early,
             .deadline = relative_deadline(cadence),
             .jitter = together ? early : Duration::zero(),
             .dragged_along = several && relative_deadline(cadence) > relative_deadline(demand.cadences[0]),
             .turn = stretched(demand.turn)});
    }
    return demand;
}

}  // namespace gengfu::sampling
