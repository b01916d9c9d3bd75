#pragma once

#include <algorithm>

#include "daemon/core/time.hpp"

namespace gengfu::store {

/// When a disk that has failed is tried again: at once, then after pauses that double up to 5 s. No jitter:
/// nobody else waits for this disk. Pure.
class Backoff {
public:
    static constexpr Duration kFirst = std::chrono::milliseconds(250);
    static constexpr Duration kMost = std::chrono::seconds(5);

    bool ready(Monotonic now) const { return now >= until_; }
    bool failing() const { return pause_ != Duration::zero(); }
    Monotonic until() const { return until_; }

    void failed(Monotonic now) {
        pause_ = std::clamp(pause_ * 2, kFirst, kMost);
        until_ = now + pause_;
    }
    void succeeded() { *this = {}; }

private:
    Duration pause_{};
    Monotonic until_{};
};

}  // namespace gengfu::store
