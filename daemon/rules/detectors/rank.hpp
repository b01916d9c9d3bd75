#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "daemon/rules/detectors/fast_log.hpp"
#include "daemon/rules/detectors/parameters.hpp"

namespace gengfu::rules::detectors {

/// How rare a feature's value is against its own history, in decades.
///
/// The history is a histogram of the highest value in each block of 8 samples (so that one slow event counts
/// a few times, not hundreds) over a logarithmic scale, a third of an octave a bin, from 2^-8 up. When 16 000
/// blocks are in, all counts are halved: the past fades, but what happened once is never wholly forgotten.
/// Counts are kept summed from the top, so that ranking a sample is one look-up.
class Rank {
public:
    static constexpr int kBins = 40;
    static constexpr int kBlock = 8;
    static constexpr std::uint16_t kMostBlocks = 16000;

    /// Place of a value on the scale; may lie beyond the last bin.
    static float place(float value) {
        return std::clamp((fast_log2(value + 1e-6F) + 8.0F) * 3.0F, 0.0F, 80.0F);
    }

    /// What a history is worth, the same for all features of a point.
    struct Age {
        /// A history of so many samples.
        static Age of(std::uint32_t samples, const Parameters& parameters);
        template <class Archive>
        void visit(Archive& archive) {
            archive(record);
            archive(ordinary);
        }
        float record = 0;    ///< decades of the highest so far: 2 after 2000 samples
        float ordinary = 0;  ///< from this doubled count up nothing is rare
    };

    /// 0 or more; 0 until two blocks are in.
    float decades(float place, const Age& age, const Parameters& parameters) const {
        const int bin = std::min(kBins - 1, static_cast<int>(place));
        const float into = std::min(1.0F, place - static_cast<float>(bin));
        const auto here = static_cast<float>(at_least_[static_cast<std::size_t>(bin)]);
        const auto next = static_cast<float>(at_least_[static_cast<std::size_t>(bin) + 1]);
        const float doubled = 2 * (next + (here - next) * (1 - into)) + 1;
        if (doubled >= age.ordinary || at_least_[0] < 2) {
            return 0;
        }
        float decades = age.record - fast_log10(doubled);
        const float beyond = place - static_cast<float>(top_ + 1);
        if (beyond > 0) {
            decades += std::min(6.0F, parameters.beyond * beyond / 3.0F * kLog10Of2);
        }
        return decades;
    }

    /// Adds a value to the history.
    void add(float place);

    /// Whether a restored state can be worked with.
    bool plausible() const {
        return top_ < kBins && in_block_ < kBlock && at_least_[0] < kMostBlocks && highest_ >= 0 &&
               highest_ <= 80;
    }

    template <class Archive>
    void visit(Archive& archive) {
        archive(at_least_);
        archive(highest_);
        archive(in_block_);
        archive(top_);
    }

private:
    void fade();

    std::array<std::uint16_t, kBins + 1>
        at_least_{};  ///< blocks whose highest value lies in this bin or above
    std::uint8_t in_block_ = 0;
    std::uint8_t top_ = 0;  ///< highest bin that is not empty
    float highest_ = 0;     ///< place, of the block under way
};

}  // namespace gengfu::rules::detectors
