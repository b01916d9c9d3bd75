#pragma once

#include <string>

#include "daemon/core/time.hpp"
#include "governance/ingest/parking.hpp"

namespace gengfu::ingest {

/// Decides when batches that found no room to wait for their catalogue are told in the log: the first at
/// once, then at most once a minute what has come since. Pure.
class TurnedAwayNews {
public:
    void add(const Parked& more) { untold_.add(more); }

    struct Line {
        std::string zh, en;  ///< empty: nothing to be told now
    };
    Line due(Monotonic now);

    static constexpr Duration kPace = std::chrono::minutes(1);

private:
    Parked untold_;
    bool ever_ = false;
    Monotonic told_{};
};

}  // namespace gengfu::ingest
