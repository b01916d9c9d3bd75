#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// What went to and came from one unit, since the start. Pure.
namespace gengfu::sampling {

/// Response times by class: from the end of the request to the first byte of the answer.
class ResponseHistogram {
public:
    /// Upper bounds; what took longer than the last is counted beyond it.
    static constexpr std::array<std::chrono::microseconds, 14> kBounds{
        std::chrono::microseconds(500),       std::chrono::microseconds(1'000),
        std::chrono::microseconds(2'000),     std::chrono::microseconds(5'000),
        std::chrono::microseconds(10'000),    std::chrono::microseconds(20'000),
        std::chrono::microseconds(50'000),    std::chrono::microseconds(100'000),
        std::chrono::microseconds(200'000),   std::chrono::microseconds(300'000),
        std::chrono::microseconds(500'000),   std::chrono::microseconds(1'000'000),
        std::chrono::microseconds(2'000'000), std::chrono::microseconds(5'000'000)};

    void add(Duration response) {
        const Duration took = std::max(response, Duration::zero());
        const auto found = std::lower_bound(kBounds.begin(), kBounds.end(), took);
        ++counts_[static_cast<std::size_t>(found - kBounds.begin())];
        ++count_;
        sum_ += took;
        longest_ = std::max(longest_, took);
    }

    std::uint64_t count() const { return count_; }
    Duration sum() const { return sum_; }
    Duration longest() const { return longest_; }
    /// How many took at most kBounds[index]; `index` == kBounds.size(): all.
    std::uint64_t at_most(std::size_t index) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i <= std::min(index, kBounds.size()); ++i) {
            sum += counts_[i];
        }
        return sum;
    }
    /// The bound that a `share` of all answers keep (never above the longest seen); zero without any.
    Duration quantile(double share) const {
        const auto wanted = static_cast<double>(count_) * share;
        double sum = 0;
        for (std::size_t i = 0; i < kBounds.size(); ++i) {
            sum += static_cast<double>(counts_[i]);
            if (sum >= wanted && count_ > 0) {
                return std::min<Duration>(kBounds[i], longest_);
            }
        }
        return longest_;
    }

private:
    std::array<std::uint64_t, kBounds.size() + 1> counts_{};
    std::uint64_t count_ = 0;
    Duration sum_{}, longest_{};
};

/// The largest of what was added within the last one to two windows.
class PeakOfLate {
public:
    static constexpr Duration kWindow = std::chrono::seconds(15);

    void add(Duration value, Monotonic now) {
        turn(now);
        current_ = std::max(current_, value);
    }
    Duration of(Monotonic now) {
        turn(now);
        return std::max(current_, last_);
    }

private:
    void turn(Monotonic now) {
        if (now - since_ >= kWindow) {
            last_ = now - since_ < 2 * kWindow ? current_ : Duration::zero();
            current_ = {};
            since_ = now;
        }
    }

    Monotonic since_{};
    Duration current_{}, last_{};
};

struct UnitTraffic {
    std::uint64_t requests = 0, answers = 0, timeouts = 0, bad_frames = 0, exceptions = 0;
    ResponseHistogram responses;
    /// Between two readings of points that feed alarms: from the moment just after one began to the end of
    /// the next. A change at the sensor was seen no later. What the promise of `gengfu check` bounds.
    /// Without what tools on the line (a scan, a raw read) and a line that was lost made of it.
    Duration worst_reading{};
    Duration worst_of_late{};    ///< the same of the last half minute at most, when the snapshot was made
    Duration worst_with_tool{};  ///< the same where a tool had the line in between
    Duration slowest{};          ///< response time: the longest of late
    std::vector<config::PointRef> set_aside;  ///< points whose registers it refuses, asked again now and then
    std::string
        trouble;  ///< what came in place of an answer in its last turn; empty: nothing, or all is well
    bool two_answer = false;  ///< at its address: see drivers::Bus::two_answer
    bool is_slower = false;   ///< than the bus's promise reckons with, time and again

    void failed(Errc code) {
        switch (code) {
            case Errc::kTimeout:
                ++timeouts;
                break;
            case Errc::kBadFrame:
                ++bad_frames;
                break;
            case Errc::kRefused:
            case Errc::kBusy:
            case Errc::kUnsupported:
                ++exceptions;
                ++answers;
                break;
            default:
                break;
        }
    }
};

}  // namespace gengfu::sampling
