#pragma once

#include <vector>

#include "cli/replay_run.hpp"

namespace gengfu::cli {

/// An alarm that came beside the one that would have come.
struct Kept {
    Occurrence came, would;
    Duration moved{};  ///< would come so much later than it came; 0 within kSameTime, and where either stood
                       ///< before
    bool graver = false, milder = false;
};

struct Comparison {
    std::vector<Occurrence> added, removed;
    std::vector<Kept> kept;
};

/// Raises so close are one moment: history has what a point showed, not each time it was read.
constexpr Duration kSameTime = std::chrono::seconds(10);
/// Two comings of one condition are the same one when they overlap, or are so close.
constexpr Duration kSameComing = std::chrono::minutes(1);

/// Both in the order of their raises. Each one is matched with at most one of the other side, of the same
/// device, point and rule. Pure.
Comparison compare(const std::vector<Occurrence>& came, const std::vector<Occurrence>& would);

}  // namespace gengfu::cli
