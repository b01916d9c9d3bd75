#pragma once

#include "daemon/core/time.hpp"

namespace gengfu::test {

/// A clock that stands until it is told to go on. One thread.
class FakeClock final : public Clock {
public:
    Monotonic now() const override { return now_; }
    std::optional<Wall> wall() const override { return wall_; }
    const BootId& boot() const override { return boot_; }

    void advance(Duration by) {
        now_ += by;
        if (wall_) {
            *wall_ += std::chrono::duration_cast<std::chrono::microseconds>(by);
        }
    }
    void set_wall(std::optional<Wall> wall) { wall_ = wall; }

private:
    Monotonic now_{std::chrono::hours(1)};
    std::optional<Wall> wall_{Wall{std::chrono::microseconds{1'800'000'000'000'000}}};
    BootId boot_{1, 2, 3};
};

}  // namespace gengfu::test
