#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/store/store.hpp"

namespace gengfu {

/// What the gateway's own points say of its store. Pure; one thread.
class StoreWatch {
public:
    /// \param at_start  Start::troubles: of files that were damaged, and the like
    StoreWatch(std::vector<std::string> at_start, Monotonic now);

    /// \return whether any of the below is news that should be judged at once.
    bool look(const store::Usage& usage, Monotonic now);

    /// The gateway itself stood still for so long until `now` (PauseWatch): what a write under way then took
    /// longer is not the disk's. Call before look().
    void unobserved(Duration pause, Monotonic now);

    /// The disk takes nothing for want of room.
    bool full() const { return full_; }
    /// The disk takes nothing for another reason; or a damaged file was set aside a moment ago: long enough
    /// for the alarm to be raised, and that it has been stays with the operator until it is acknowledged.
    bool trouble(Monotonic now) const { return failing_ || now < damage_told_until_; }
    /// Seconds that the longest write took, or has taken so far, since the last call; 0 when none took too
    /// long. Of a write under way nothing is forgotten.
    double take_slow();

    /// What stands behind the alarm's text: the paths of what was set aside, or what it was that failed.
    config::Text detail() const;

private:
    Duration of_the_disk(Duration write, Monotonic now) const;

    bool full_ = false, failing_ = false;
    std::string trouble_;
    std::vector<std::string> at_start_, set_aside_;
    Monotonic damage_told_until_{}, paused_until_{};
    Duration pause_{};
    std::uint64_t slow_writes_ = 0;
    double slow_ = 0;
};

}  // namespace gengfu
