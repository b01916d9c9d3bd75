#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/core/time.hpp"

namespace gengfu::sampling {

/// Share of the last minute in which the line was in use. Pure: time comes in as an argument.
class LineLoad {
public:
    void add(Monotonic began, Monotonic ended) {
        const auto second = std::chrono::floor<std::chrono::seconds>(ended.time_since_epoch()).count();
        for (; second_ < second; ++second_) {
            if (second - second_ > static_cast<std::int64_t>(busy_.size())) {
                second_ = second - static_cast<std::int64_t>(busy_.size());
            }
            busy_[static_cast<std::size_t>(second_ + 1) % busy_.size()] = {};
        }
        busy_[static_cast<std::size_t>(second) % busy_.size()] += ended - began;
    }
    double share(Duration since_start) const {
        Duration sum{};
        for (const Duration busy : busy_) {
            sum += busy;
        }
        const Duration over =
            std::clamp<Duration>(since_start, std::chrono::seconds(1), std::chrono::seconds(60));
        return std::min(1.0, std::chrono::duration<double>(sum) / std::chrono::duration<double>(over));
    }

private:
    std::array<Duration, 60> busy_{};
    std::int64_t second_ = 0;
};

}  // namespace gengfu::sampling
