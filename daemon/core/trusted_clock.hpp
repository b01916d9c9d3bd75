#pragma once

#include <atomic>

#include "daemon/core/time.hpp"

namespace gengfu {

/// The clock of this machine, whose wall time stands only while somebody vouches for it (ClockTracker). Any
/// thread.
class TrustedClock final : public Clock {
public:
    Monotonic now() const override { return clock_.now(); }
    std::optional<Wall> wall() const override {
        return known_.load(std::memory_order_relaxed) ? clock_.wall() : std::nullopt;
    }
    const BootId& boot() const override { return clock_.boot(); }

    void set_known(bool known) { known_.store(known, std::memory_order_relaxed); }

private:
    SystemClock clock_;
    std::atomic<bool> known_{false};
};

}  // namespace gengfu
