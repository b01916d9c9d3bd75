#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/rules/detectors/parameters.hpp"

namespace gengfu::rules::detectors {

/// Turns the sum of surprises into news: what recurs counts for less, and an event tells once, or again when
/// it grows.
class Onset {
public:
    struct News {
        float surprise = 0;  ///< less what recurs
        float news = 0;      ///< the same at an onset, 0 while a known event goes on
    };

    /// \param sum   of all features' decades
    /// \param age   samples seen so far
    News judge(float sum, std::uint32_t age, const Parameters& parameters);

    template <class Archive>
    void visit(Archive& archive) {
        archive(at_least_);
        archive(peak_);
        archive(since_peak_);
        archive(bar_);
    }

private:
    static constexpr std::size_t kBins = 64;  ///< of a third of a decade
    static constexpr float kSmallest = 2;     ///< a peak below this is no event

    float like_before(float sum) const;
    void note(float sum, std::uint32_t age, const Parameters& parameters);

    std::array<std::uint16_t, kBins> at_least_{};  ///< past events whose peak lies in this bin or above
    float peak_ = 0;                               ///< of the event under way
    std::uint32_t since_peak_ = 0;
    float bar_ = 0;  ///< what the next onset must pass
};

}  // namespace gengfu::rules::detectors
