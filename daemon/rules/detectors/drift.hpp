#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "daemon/rules/detectors/fast_log.hpp"

namespace gengfu::rules::detectors {

/// A change too slow for any short memory: the mean of a whole day against those of the days before. A leak
/// that grows by less an hour than the value moves anyhow shows here after a day or a few, and nowhere else,
/// since everything that learns follows it.
class Drift {
public:
    /// \param time   since the epoch; only whole days by it are compared
    /// \param value  without wild ones: a day's mean must not hang on one reading
    /// \return decades for the day that has ended, at the first value of the next one; else 0
    float observe(std::chrono::seconds time, double value) {
        const std::int64_t seconds = std::clamp<std::int64_t>(time.count(), -kMostSeconds, kMostSeconds);
        const std::int64_t of_day = (seconds % kDay + kDay) % kDay;
        const auto day = static_cast<std::int32_t>((seconds - of_day) / kDay);
        const bool begins = day != day_ || count_ == 0;
        if (begins) {
            told_ = day > day_ ? close() : 0;
            day_ = day;
            hours_ = 0;
            count_ = 0;
            mean_ = 0;
        }
        hours_ |= std::uint32_t{1} << static_cast<unsigned>(of_day / 3600);
        count_ = std::min<std::uint32_t>(count_ + 1, 1'000'000'000);
        mean_ += (value - mean_) / count_;
        return begins ? told_ : 0;
    }

    /// This day something has been told that was no drift: its mean is neither judged nor learnt.
    void disturb() { hours_ |= kDisturbed; }

    /// What the last day was told with, for as long as this one lasts.
    float told() const { return told_; }

    /// What a day's mean usually is, and how far off, while a drift is told.
    double usual() const { return before_; }
    double widest() const { return widest_; }

    bool plausible() const { return std::isfinite(mean_) && std::isfinite(usual_) && widest_ >= 0; }

    template <class Archive>
    void visit(Archive& archive) {
        archive(mean_);
        archive(usual_);
        archive(before_);
        archive(widest_);
        archive(count_);
        archive(day_);
        archive(hours_);
        archive(days_);
        archive(told_);
    }

private:
    static constexpr std::int64_t kDay = 86400;
    static constexpr std::int64_t kMostSeconds = 100'000'000'000'000;  ///< its day fits 32 bits
    static constexpr std::uint32_t kDisturbed = std::uint32_t{1} << 31U;
    static constexpr int kWholeDay = 22;  ///< hours with a value: the mean of half a day is that of a rhythm
    static constexpr std::uint32_t kFirst = 8;  ///< days that only teach: a week with its weekend
    static constexpr double kMemory = 7;        ///< days of the usual mean
    static constexpr double kFade = 0.99;       ///< of the widest, a day
    static constexpr float kFree = 2;           ///< times the widest so far: nothing to tell
    static constexpr float kDoubling = 21;      ///< decades for each doubling beyond
    static constexpr float kMost = 30;

    float close() {
        if ((hours_ & kDisturbed) != 0 || __builtin_popcount(hours_) < kWholeDay) {
            return 0;
        }
        ++days_;
        if (days_ == 1) {
            usual_ = mean_;
            return 0;
        }
        const double off = std::fabs(mean_ - usual_);
        // Not less than a float of it: a signal that stands still must not turn its last digit into an event.
        const double widest = std::max({widest_, 1e-7 * std::fabs(usual_), 1e-12});
        const auto times = static_cast<float>(std::min(off / widest, 1e6));
        before_ = usual_;
        if (days_ > kFirst && times > kFree) {
            const float decades = std::min(kMost, kDoubling * fast_log2(times / kFree));
            usual_ = mean_;  // told: from now on this is known, and so is that it moves so far
            widest_ = off;
            return decades;
        }
        widest_ = std::max(widest_ * kFade, off);
        usual_ += (mean_ - usual_) / std::min<double>(days_, kMemory);
        return 0;
    }

    double mean_ = 0;  ///< of the day that goes on
    double usual_ = 0;
    double before_ = 0;  ///< what was usual when the last day ended
    double widest_ = 0;  ///< that a day's mean has been off
    std::uint32_t count_ = 0;
    std::int32_t day_ = 0;
    std::uint32_t hours_ = 0;  ///< bit per hour of the day with a value, and kDisturbed
    std::uint32_t days_ = 0;
    float told_ = 0;
};

}  // namespace gengfu::rules::detectors
