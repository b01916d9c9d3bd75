#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/time.hpp"

/// Worst response times of jobs on one line that are not broken off, earliest deadline first. Pure.
namespace gengfu::sampling {

/// One kind of job that comes again and again.
struct Task {
    Duration cost{};
    Duration period{};    ///< 0: again as soon as it has been done
    Duration deadline{};  ///< after its release
    /// Once, its next release may come so much earlier than a period later.
    Duration jitter{};
    /// It may be done along with another job before its own deadline makes it due: all its jobs within the
    /// time looked at count.
    bool dragged_along = false;
    /// How long the line may be busy once one of its jobs has begun.
    Duration turn{};
    /// Where not empty: the n-th release comes no sooner than this after any other one, those beyond the list
    /// at `period` (0: never), and each is counted from the end of the one before.
    std::vector<Duration> nth{};
    std::size_t many = 1;  ///< so many tasks alike
    friend bool operator==(const Task&, const Task&) = default;
};

/// Worst time from a release of `tasks[which]` to its end, for a scheduler that never has more than one
/// release of a task waiting and may put off the deadline of one that has missed it. The analysis of George,
/// Rivierre and Spuri ("Preemptive and non-preemptive real-time uniprocessor scheduling", INRIA report 2966,
/// 1996), or what a backlog of one job of each task makes of it, whichever is less. Empty: no bound below an
/// hour.
std::optional<Duration> response_time(std::span<const Task> tasks, std::size_t which);

/// The second of the two alone. What it says follows from what runs between the release and the end: it holds
/// as well for jobs of which only some can run within so short a time.
std::optional<Duration> backlog_time(std::span<const Task> tasks, std::size_t which);

/// Where all periodic tasks have one period, which is their deadline too, and fit into it: from the moment on
/// at which the line became busy the longest time to the end of a job of `tasks[which]`, which began after
/// that moment a period ago. Jobs take turns by their releases there, so that each other task runs at most
/// once between two beginnings of this one, and a release is never put off while that makes a difference
/// (docs/bus.md has the proof). Empty: the tasks are not such, or no bound below an hour.
std::optional<Duration> one_pace_time(std::span<const Task> tasks, std::size_t which);

}  // namespace gengfu::sampling
