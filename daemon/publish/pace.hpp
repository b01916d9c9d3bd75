#pragma once

#include <cstdint>

#include "daemon/core/time.hpp"

namespace gengfu::publish {

/// Lets through so many messages a second: a token bucket that holds a tenth of a second's worth, at least
/// one, so that no second sees noticeably more than the rate. Pure.
class Pace {
public:
    /// \param a_second  0: no limit
    Pace(std::uint32_t a_second, Monotonic now);

    /// Zero when one may go now, else how long to wait.
    Duration wait(Monotonic now);
    /// One goes; only after wait() gave zero.
    void take();

private:
    double a_second_;
    double depth_;
    double tokens_;
    Monotonic filled_;
};

}  // namespace gengfu::publish
