#pragma once

#include <set>
#include <vector>

#include "cli/replay_run.hpp"

namespace gengfu::cli {

/// An alarm that came beside the one that would have come.
struct Kept {
    Occurrence came, would;
    Duration moved{};  ///< would come so much later than it came; 0 within kSameTime, and where either stood
                       ///< before or what raised it is not on record
    bool graver = false, milder = false;
};

struct Comparison {
    std::vector<Occurrence> added, removed;
    std::vector<Occurrence> unknown;  ///< came, would not; but by samples that the record does not have
    std::vector<Kept> kept;
};

/// From the last sample of one run of the daemon that is on record to the first of the next one.
struct Hole {
    Wall from{}, to{};
};
/// Notes whose samples are not on record: a kill or a power cut takes the samples of the last seconds with
/// it, and leaves the alarm that they raised. \param judged  that the configuration on trial has rules for:
/// of others it is known that they would not have come
void note_unrecorded(std::vector<Occurrence>& came, const std::vector<Hole>& holes,
                     const std::set<alarms::Key>& judged);

/// Raises so close are one moment: history has what a point showed, not each time it was read.
constexpr Duration kSameTime = std::chrono::seconds(10);
/// Two comings of one condition are the same one when they overlap, or are so close.
constexpr Duration kSameComing = std::chrono::minutes(1);

/// Both in the order of their raises. Each one is matched with at most one of the other side, of the same
/// device, point and rule. Pure.
Comparison compare(const std::vector<Occurrence>& came, const std::vector<Occurrence>& would);

}  // namespace gengfu::cli
