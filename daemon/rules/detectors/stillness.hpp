#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/rules/detectors/fast_log.hpp"

namespace gengfu::rules::detectors {

/// What ranking cannot tell: that a value which always moved has stopped, and that a switch shows a position
/// it never had. Both speak for themselves, so both count as much as many features agreeing.
class Stillness {
public:
    struct Told {
        float still = 0;  ///< decades for standing still unusually long
        float novel = 0;  ///< decades for a value that a signal of few values never had
    };

    Told observe(double value) {
        const auto shown = static_cast<float>(value);
        ++seen_;
        Told told;
        told.novel = judge_novelty(shown);
        if (shown != last_ || seen_ == 1) {
            longest_ = seen_ == 1 ? 0 : std::max(longest_, run_);
            run_ = 0;
            changes_ = std::min<std::uint32_t>(changes_ + 1, kMoving);
            last_ = shown;
            return told;
        }
        run_ = std::min(run_ + 1, 1e9F);
        // Four times the longest so far, and 16 samples: nothing to tell. Each doubling beyond adds 5.
        const float usual = 4 * (longest_ + 4);
        told.still = changes_ == kMoving && run_ > usual ? 5 * fast_log2(run_ / usual) : 0;
        return told;
    }

    /// Whether a restored state can be worked with.
    bool plausible() const { return distinct_ <= kMostDistinct + 1 && run_ >= 0 && longest_ >= 0; }

    template <class Archive>
    void visit(Archive& archive) {
        archive(value_);
        archive(seen_);
        archive(newest_);
        archive(distinct_);
        archive(changes_);
        archive(last_);
        archive(run_);
        archive(longest_);
    }

private:
    static constexpr std::size_t kMostDistinct = 4;
    static constexpr std::uint32_t kEnough = 256;  ///< samples without a new value after which one is news

    static constexpr std::uint32_t kMoving = 20;  ///< changes after which a value is taken to move

    float judge_novelty(float shown) {
        if (distinct_ > kMostDistinct) {
            return 0;  // not a signal of few values
        }
        const auto end = value_.begin() + distinct_;
        if (std::find(value_.begin(), end, shown) != end) {
            return 0;
        }
        if (distinct_ < kMostDistinct) {
            value_[distinct_] = shown;
        }
        ++distinct_;
        const std::uint32_t since = seen_ - newest_;
        newest_ = seen_;
        return since > kEnough ? 3 * fast_log10(static_cast<float>(since)) : 0;
    }

    std::array<float, kMostDistinct> value_{};
    std::uint32_t seen_ = 0;
    std::uint32_t newest_ = 0;  ///< when a value was first met for the last time
    std::uint8_t distinct_ = 0;
    std::uint32_t changes_ = 0;
    float last_ = 0;
    float run_ = 0;
    float longest_ = 0;  ///< of the runs that ended
};

}  // namespace gengfu::rules::detectors
