#include "daemon/sampling/response_time.hpp"

#include <algorithm>
#include <set>

namespace gengfu::sampling {
namespace {

/// Beyond this a bound is no promise that anyone wants.
constexpr Duration kHopeless = std::chrono::hours(1);
/// Instants of release that are tried for one task; a line that needs more has so many short intervals that
/// the plain backlog says it all.
constexpr std::size_t kMostInstants = 1000;

/// Releases of a task in a stretch of time, both ends included.
std::int64_t releases(const Task& task, Duration stretch) {
    if (stretch < Duration::zero()) {
        return 0;
    }
    if (task.nth.empty()) {
        return 1 + (stretch + task.jitter) / task.period;
    }
    const auto end = std::upper_bound(task.nth.begin(), task.nth.end(), stretch);
    const std::int64_t listed = end - task.nth.begin();
    const bool beyond = end == task.nth.end() && task.period > Duration::zero();
    return listed + (beyond ? (stretch - task.nth.back()) / task.period : 0);
}

template <class Demand>
std::optional<Duration> fixed_point(Duration start, const Demand& demand) {
    for (Duration length = start; length < kHopeless;) {
        const Duration next = demand(length);
        if (next <= length) {
            return length;
        }
        length = next;
    }
    return std::nullopt;
}

Duration total(const Task& task, std::int64_t jobs) {
    return task.cost * (jobs * static_cast<std::int64_t>(task.many));
}

/// The longest time in which the line is never idle.
std::optional<Duration> busy_period(std::span<const Task> tasks) {
    Duration once{}, blocking{};
    double load = 0;
    for (const Task& task : tasks) {
        once += total(task, 1);
        blocking = std::max(blocking, task.turn);
        if (task.period > Duration::zero()) {
            load += static_cast<double>(total(task, 1).count()) / static_cast<double>(task.period.count());
        }
    }
    if (load >= 1) {
        return std::nullopt;  // it never ends
    }
    return fixed_point(once + blocking, [&](Duration length) {
        Duration sum = blocking;
        for (const Task& task : tasks) {
            sum += total(task, releases(task, length - Duration(1)));
        }
        return sum;
    });
}

/// Work that goes before a job of `own` released `after` into a busy period, and is released in its first
/// `length`.
Duration work_before(std::span<const Task> tasks, std::size_t which, Duration after, Duration length) {
    const Task& own = tasks[which];
    Duration sum{}, blocking{};
    for (std::size_t j = 0; j < tasks.size(); ++j) {
        const Task& task = tasks[j];
        const Duration latest = after + own.deadline - task.deadline;  // a release with no later deadline
        if (latest < Duration::zero() && !task.dragged_along) {
            blocking = std::max(blocking, task.turn);
            continue;
        }
        const Duration stretch = task.dragged_along ? length : std::min(length, latest);
        std::int64_t jobs = releases(task, stretch) * static_cast<std::int64_t>(task.many);
        if (j == which) {  // of itself only those released before
            jobs += (after + own.jitter) / own.period - releases(task, stretch);
        }
        sum += task.cost * jobs;
    }
    return blocking + sum;
}

/// When a task's releases come, at the earliest; `k` from 0.
std::optional<Duration> release(const Task& task, std::size_t k) {
    if (k < task.nth.size()) {
        return task.nth[k];
    }
    if (task.nth.empty()) {
        return task.period * static_cast<std::int64_t>(k);
    }
    if (task.period == Duration::zero()) {
        return std::nullopt;
    }
    return task.nth.back() + task.period * static_cast<std::int64_t>(k + 1 - task.nth.size());
}

/// Releases worth trying: those at which some deadline coincides with that of the job looked at.
std::optional<std::set<Duration>> instants(std::span<const Task> tasks, std::size_t which, Duration busy) {
    std::set<Duration> result{Duration::zero()};
    for (const Task& task : tasks) {
        const Duration shift = task.deadline - tasks[which].deadline;
        for (std::size_t k = 0;; ++k) {
            const std::optional<Duration> at = release(task, k);
            if (!at || *at + shift - task.jitter >= busy) {
                break;
            }
            for (const Duration early : {Duration::zero(), task.jitter}) {
                const Duration instant = *at + shift - early;
                if (instant >= Duration::zero() && instant < busy) {
                    result.insert(instant);
                }
            }
            if (result.size() > kMostInstants) {
                return std::nullopt;
            }
        }
    }
    return result;
}

bool is_free_running(const Task& task) {
    return task.period == Duration::zero() && task.nth.empty();
}

/// Non-preemptive EDF. What is released before a busy period and put off never belongs to it, so that putting
/// off changes nothing.
std::optional<Duration> by_deadlines(std::span<const Task> tasks, std::size_t which) {
    if (std::any_of(tasks.begin(), tasks.end(), is_free_running)) {
        return std::nullopt;
    }
    const std::optional<Duration> busy = busy_period(tasks);
    if (!busy) {
        return std::nullopt;
    }
    const std::optional<std::set<Duration>> releases_to_try = instants(tasks, which, *busy);
    if (!releases_to_try) {
        return std::nullopt;
    }
    Duration worst = tasks[which].cost;
    for (const Duration at : *releases_to_try) {
        const std::optional<Duration> begins = fixed_point(
            Duration::zero(), [&](Duration length) { return work_before(tasks, which, at, length); });
        if (!begins) {
            return std::nullopt;
        }
        worst = std::max(worst, *begins + tasks[which].cost - at);
    }
    return worst;
}

}  // namespace

/// Whatever happened before: at the release at most one job of each task waits or is under way, and of those
/// that come later only the ones with an earlier deadline go first.
std::optional<Duration> backlog_time(std::span<const Task> tasks, std::size_t which) {
    const Task& own = tasks[which];
    Duration head_start{};  // time in which points that are read without pause may go first
    for (const Task& task : tasks) {
        if (is_free_running(task)) {
            head_start = std::max(head_start, own.deadline - task.deadline);
        }
    }
    return fixed_point(own.cost, [&](Duration length) {
        Duration sum = own.cost + head_start;
        for (std::size_t j = 0; j < tasks.size(); ++j) {
            const Task& task = tasks[j];
            const std::int64_t others = static_cast<std::int64_t>(task.many) - (j == which ? 1 : 0);
            const Duration ahead = own.deadline - task.deadline;
            const Duration stretch = task.dragged_along ? length : std::min(length, ahead);
            std::int64_t jobs = 1;
            if (is_free_running(task)) {
                jobs += head_start > Duration::zero() ? 1 : 0;
            } else if (!task.nth.empty()) {
                jobs = std::max(jobs, releases(task, stretch));
            } else if (task.dragged_along || ahead > Duration::zero()) {
                jobs += releases(task, stretch);
            }
            sum += task.cost * (jobs * others);
        }
        return sum;
    });
}

std::optional<Duration> response_time(std::span<const Task> tasks, std::size_t which) {
    const std::optional<Duration> backlog = backlog_time(tasks, which);
    const std::optional<Duration> planned = by_deadlines(tasks, which);
    return backlog && planned ? std::min(*backlog, *planned) : (planned ? planned : backlog);
}

std::optional<Duration> one_pace_time(std::span<const Task> tasks, std::size_t which) {
    const Task& own = tasks[which];
    Duration turns{};
    for (const Task& task : tasks) {
        if (!task.nth.empty()) {
            continue;
        }
        if (task.period <= Duration::zero() || task.period != own.period || task.deadline != task.period ||
            task.jitter != Duration::zero() || task.dragged_along) {
            return std::nullopt;
        }
        turns += total(task, 1);
    }
    if (!own.nth.empty() || turns > own.period) {
        return std::nullopt;
    }
    return fixed_point(turns, [&](Duration length) {
        Duration sum = turns;
        for (const Task& task : tasks) {
            if (task.nth.empty()) {
                continue;
            }
            // It is released before a period is over, and what has a later deadline comes after it.
            const Duration before = own.period + own.deadline - task.deadline - Duration(1);
            const Duration stretch = task.deadline > Duration::zero() ? std::min(length, before) : length;
            sum += total(task, std::max<std::int64_t>(1, releases(task, stretch)));
        }
        return sum;
    });
}

}  // namespace gengfu::sampling
