#include "daemon/publish/pace.hpp"

#include <algorithm>

namespace gengfu::publish {

Pace::Pace(std::uint32_t a_second, Monotonic now)
    : a_second_(a_second), depth_(std::max(1.0, a_second_ / 10)), tokens_(depth_), filled_(now) {}

Duration Pace::wait(Monotonic now) {
    if (a_second_ <= 0) {
        return Duration::zero();
    }
    const std::chrono::duration<double> since = now - filled_;
    tokens_ = std::min(depth_, tokens_ + since.count() * a_second_);
    filled_ = now;
    if (tokens_ >= 1) {
        return Duration::zero();
    }
    // Rounded up: waking a moment early would only mean to wait again.
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>((1 - tokens_) / a_second_)) +
           std::chrono::microseconds(1);
}

void Pace::take() {
    if (a_second_ > 0) {
        tokens_ -= 1;
    }
}

}  // namespace gengfu::publish
