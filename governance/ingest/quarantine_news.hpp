#pragma once

#include <string>

#include "daemon/core/time.hpp"
#include "governance/ingest/quarantine.hpp"

namespace gengfu::ingest {

/// Decides when quarantined messages are told in the log: the first at once, then at most once a minute what
/// has come since, however fast an offender is. Pure.
class QuarantineNews {
public:
    void add(const Quarantined& more) { untold_.add(more); }

    struct Line {
        std::string zh, en;  ///< empty: nothing to be told now
    };
    Line due(Monotonic now);

    static constexpr Duration kPace = std::chrono::minutes(1);

private:
    Quarantined untold_;
    bool ever_ = false;
    Monotonic told_{};
};

}  // namespace gengfu::ingest
