#include "daemon/sampling/budget.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "daemon/sampling/alarm_points.hpp"
#include "daemon/sampling/response_time.hpp"
#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

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

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Reads on demand take a share of the line: everything else takes so much longer.
Duration stretched(Duration duration) {
    return std::chrono::duration_cast<Duration>(duration / (1 - kCommandShare)) + Duration(1);
}

/// Is each pace a multiple of the next faster one? Then slow points always travel with the fast ones.
bool in_step(const std::vector<Cadence>& cadences) {
    for (std::size_t i = 1; i < cadences.size(); ++i) {
        const Duration faster = cadences[i - 1].interval;
        if (faster <= Duration::zero() || cadences[i].interval % faster != Duration::zero()) {
            return false;
        }
    }
    return true;
}

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

void add(std::vector<Task>& tasks, const Task& task) {
    for (Task& known : tasks) {
        Task same = task;
        same.many = known.many;
        if (known == same) {
            known.many += task.many;
            return;
        }
    }
    tasks.push_back(task);
}

/// A read or write on demand that has just begun; those that follow are in stretched().
Task command(const std::vector<Demand>& demands, Duration at_least) {
    Duration longest = at_least;
    for (const Demand& demand : demands) {
        longest = std::max({longest, demand.turn, demand.write});
    }
    return {.cost = longest, .turn = longest, .nth = {Duration::zero()}};
}

/// What actions write at once, outside of the share of commands: each output once in kTruce, and those of a
/// unit that does not answer all together so.
Task outputs_task(const Demand& demand, bool is_dead) {
    const Duration cost = is_dead ? demand.silent : demand.write;
    return {.cost = cost,
            .period = kTruce,
            .turn = cost,
            .nth = {Duration::zero()},
            .many = is_dead ? 1 : demand.outputs};
}

enum class Turns : std::uint8_t { kCounted, kLeftOut };

/// What a unit costs that falls silent: its whole wait a few times, then probes after ever longer pauses.
/// \param in_turn  the time-outs in its own turns, of which a line of one pace has but one between two
/// readings
///                 of another unit
Task silence(const Demand& dead, Turns in_turn) {
    std::vector<Duration> gaps(in_turn == Turns::kCounted ? kOfflineAfter - 1 : 0, dead.pause);
    gaps.push_back(kFirstPause);
    const Duration paid = std::chrono::duration_cast<Duration>(dead.silent / kProbeShare) - kMadeUpForProbes;
    for (Duration pause = 2 * kFirstPause; pause < kLongestPause; pause *= 2) {
        gaps.push_back(std::max(pause, paid));
    }
    // The n-th comes no sooner after any other than the shortest n - 1 gaps in a row take.
    std::vector<Duration> nth{Duration::zero()};
    for (std::size_t count = 1; count <= gaps.size(); ++count) {
        Duration shortest = Duration::max();
        for (std::size_t first = 0; first + count <= gaps.size(); ++first) {
            const auto from = gaps.begin() + static_cast<std::ptrdiff_t>(first);
            shortest = std::min(
                shortest, std::accumulate(from, from + static_cast<std::ptrdiff_t>(count), Duration::zero()));
        }
        nth.push_back(shortest);
    }
    const Duration cost = stretched(dead.silent);
    return {.cost = cost,
            .period = std::max(kLongestPause, paid),
            .deadline = std::min(dead.patience, kProbePatience),
            .turn = cost,
            .nth = std::move(nth)};
}

/// Whether what a dead unit asks for while it lives counts beside its time-outs.
enum class Own : std::uint8_t { kLeftOut, kKept };

/// Response times of the tasks of all demands but the dead one's.
class Scenario {
public:
    /// \param dead  one of `demands`, or, with Own::kKept, what none of them exceeds; null: all live
    Scenario(const std::vector<Demand>& demands, const Demand* dead, Own own, Duration shortest)
        : own_(own), quick_command_(command(demands, Duration::zero())) {
        credit_ = credit(demands, dead, own, shortest);
        tasks_.push_back(command(demands, dead == nullptr ? Duration::zero() : dead->silent));
        for (const Demand& demand : demands) {
            if (demand.outputs > 0 && &demand != dead) {
                tasks_.push_back(outputs_task(demand, false));
            }
            if (&demand != dead || own == Own::kKept) {
                for (const Task& task : demand.tasks) {
                    add(tasks_, task);
                }
            }
        }
        if (dead != nullptr) {
            dead_ = dead->device;
            silence_ = tasks_.size();
            tasks_.push_back(silence(*dead, Turns::kCounted));
            probes_ = silence(*dead, Turns::kLeftOut);
            if (dead->outputs > 0) {
                tasks_.push_back(outputs_task(*dead, true));
            }
            // Writes keep no truce.
            truce_ = dead->write == Duration::zero();
        }
    }

    DeviceId dead() const { return dead_; }
    bool concerns(DeviceId device) const { return own_ == Own::kKept || dead_ != device; }

    /// From a release to the end of the reading.
    Duration late(const Task& task) { return of(task).response; }

    /// From just after one reading began to the end of the next.
    Duration gap(const Task& task, Duration interval) {
        const Bounds bounds = of(task);
        const Duration usual = plus(interval, bounds.response);
        return credit_ && bounds.busy < Duration::max() ? std::min(usual, interval + bounds.busy - *credit_)
                                                        : usual;
    }

private:
    struct Bounds {
        Duration response = Duration::max();
        Duration busy = Duration::max();  ///< one_pace_time()
    };

    static Duration plus(Duration a, Duration b) { return b > Duration::max() - a ? Duration::max() : a + b; }

    /// On a line of one pace all that goes before a reading went before the one ahead of it too, and took at
    /// least so long together: so much later that one began. What cannot be late without being put off behind
    /// others is needed for that. The dead unit may just have come back.
    static std::optional<Duration> credit(const std::vector<Demand>& demands, const Demand* dead, Own own,
                                          Duration shortest) {
        std::int64_t others = -1;  // but the reading's own unit
        for (const Demand& demand : demands) {
            if (demand.tasks.empty() || &demand == dead) {
                continue;
            }
            if (!demand.cadences.front().feeds_alarm) {
                return std::nullopt;
            }
            ++others;
        }
        others -= dead != nullptr && own == Own::kKept ? 1 : 0;
        return shortest * std::max<std::int64_t>(0, others);
    }

    Bounds of(const Task& task) {
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            Task same = task;
            same.many = tasks_[i].many;
            if (tasks_[i] == same) {
                const auto [known, is_new] = known_.try_emplace(i, Bounds{});
                if (is_new) {
                    known->second = {.response = std::min(response_time(tasks_, i).value_or(Duration::max()),
                                                          in_truce(tasks_, i, backlog_time)),
                                     .busy = busy(i)};
                }
                return known->second;
            }
        }
        return {};
    }

    Duration busy(std::size_t which) const {
        std::vector<Task> tasks = tasks_;
        if (silence_) {
            tasks[*silence_] = probes_;
        }
        return std::min(one_pace_time(tasks, which).value_or(Duration::max()),
                        in_truce(tasks, which, one_pace_time));
    }

    /// Within kTruce the unit that is dead times out once: in its turn or on demand.
    Duration in_truce(std::vector<Task> tasks, std::size_t which,
                      std::optional<Duration> (*time)(std::span<const Task>, std::size_t)) const {
        if (!truce_) {
            return Duration::max();
        }
        tasks.front() = quick_command_;
        const std::optional<Duration> took = time(tasks, which);
        return took && *took <= kTruce ? *took : Duration::max();
    }

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

/// Lines with more kinds of units than this are looked at once for all deaths: the slowest one's time-outs
/// beside everything that all ask for, which no single death exceeds.
constexpr std::size_t kMostKinds = 6;

/// One dead unit of each kind, and a second one for the points of the first itself.
std::vector<Scenario> deaths(const std::vector<Demand>& demands, Duration shortest) {
    const auto alike = [](const Demand& a, const Demand& b) {
        return a.tasks == b.tasks && a.silent == b.silent && a.pause == b.pause && a.write == b.write &&
               a.outputs == b.outputs;
    };
    std::vector<const Demand*> chosen;
    for (const Demand& demand : demands) {
        const auto known = std::count_if(chosen.begin(), chosen.end(),
                                         [&](const Demand* other) { return alike(*other, demand); });
        if (!demand.tasks.empty() && known < 2) {
            chosen.push_back(&demand);
        }
    }
    std::vector<Scenario> result;
    if (chosen.size() > 2 * kMostKinds) {
        Demand worst = *chosen.front();
        for (const Demand* demand : chosen) {
            if (demand->silent > worst.silent) {
                worst.device = demand->device;
                worst.silent = demand->silent;
            }
            worst.write = std::max(worst.write, demand->write);
            worst.outputs = std::max(worst.outputs, demand->outputs);
            worst.pause = std::min(worst.pause, demand->pause);
            worst.patience = std::min(worst.patience, demand->patience);
        }
        result.emplace_back(demands, &worst, Own::kKept, shortest);
        return result;
    }
    for (const Demand* demand : chosen) {
        result.emplace_back(demands, demand, Own::kLeftOut, shortest);
    }
    return result;
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
