#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/core/time.hpp"
#include "daemon/rules/axes.hpp"

namespace gengfu::rules {

/// What is calibrated by: values of the last ten seconds, or of the last four intervals where that is longer.
constexpr Duration kLately = std::chrono::seconds(10);
constexpr int kIntervalsLately = 4;
/// So many of them, over half of that time, are enough to say that a thing is at rest.
constexpr std::size_t kFewest = 3;

/// The values of some seconds, no older ones and no mean that older ones weigh in. Of values that come faster
/// than a twelfth of the time one is kept and the next left: bounded memory, whatever the interval.
class Lately {
public:
    static constexpr std::size_t kMost = 12;

    /// Values in order of time. \param window  of how long the values count
    void note(Monotonic taken, const Axes& value, Duration window);
    /// Nothing came for a while: what was before is not of now.
    void forget() { count_ = 0; }

    struct Seen {
        std::size_t values = 0;
        Duration over{};  ///< from the first to `now`
        Axes mean{};
        bool enough = false;
    };
    /// Of the values that are not older than `window`.
    Seen look(Monotonic now, Duration window) const;

    /// The most that one of them is away from `from`. \param distance  double(const Axes&, const Axes&)
    template <class Distance>
    double farthest(Monotonic now, Duration window, const Axes& from, Distance distance) const {
        double most = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            if (at(i).taken >= now - window) {
                most = std::max(most, distance(at(i).axes(), from));
            }
        }
        return most;
    }

private:
    struct Value {
        Monotonic taken{};
        std::array<float, 3> of{};
        Axes axes() const { return {double{of[0]}, double{of[1]}, double{of[2]}}; }
    };
    /// The oldest is 0.
    const Value& at(std::size_t i) const { return values_.at((next_ + kMost - count_ + i) % kMost); }

    std::array<Value, kMost> values_{};
    std::uint8_t next_ = 0, count_ = 0;
};

}  // namespace gengfu::rules
