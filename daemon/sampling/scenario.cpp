#include "daemon/sampling/scenario.hpp"

#include <algorithm>
#include <numeric>

#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

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
    std::vector<Duration> gaps;
    gaps.reserve(2 * kOfflineAfter);
    for (int time = 1; in_turn == Turns::kCounted && time < kOfflineAfter; ++time) {
        gaps.push_back(dead.pause);
    }
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

Duration plus(Duration a, Duration b) {
    return b > Duration::max() - a ? Duration::max() : a + b;
}

/// On a line of one pace all that goes before a reading went before the one ahead of it too, and took at
/// least so long together: so much later that one began. What cannot be late without being put off behind
/// others is needed for that. The dead unit may just have come back.
std::optional<Duration> credit(const std::vector<Demand>& demands, const Demand* dead, Own own,
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

}  // namespace

Scenario::Scenario(const std::vector<Demand>& demands, const Demand* dead, Own own, Duration shortest)
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

Duration Scenario::gap(const Task& task, Duration interval) {
    const Bounds bounds = of(task);
    const Duration usual = plus(interval, bounds.response);
    return credit_ && bounds.busy < Duration::max() ? std::min(usual, interval + bounds.busy - *credit_)
                                                    : usual;
}

Scenario::Bounds Scenario::of(const Task& task) {
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

Duration Scenario::busy(std::size_t which) const {
    std::vector<Task> tasks = tasks_;
    if (silence_) {
        tasks[*silence_] = probes_;
    }
    return std::min(one_pace_time(tasks, which).value_or(Duration::max()),
                    in_truce(tasks, which, one_pace_time));
}

/// Within kTruce the unit that is dead times out once: in its turn or on demand.
Duration Scenario::in_truce(std::vector<Task> tasks, std::size_t which, Time time) const {
    if (!truce_) {
        return Duration::max();
    }
    tasks.front() = quick_command_;
    const std::optional<Duration> took = time(tasks, which);
    return took && *took <= kTruce ? *took : Duration::max();
}

namespace {

/// Lines with more kinds of units than this are looked at once for all deaths: the slowest one's time-outs
/// beside everything that all ask for, which no single death exceeds.
constexpr std::size_t kMostKinds = 6;

}  // namespace

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

}  // namespace gengfu::sampling
