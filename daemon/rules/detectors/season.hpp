#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace gengfu::rules::detectors {

/// What each half hour of the day usually shows, of normalised values.
class Season {
public:
    static constexpr std::size_t kBins = 48;

    struct Seen {
        float residual = 0;  ///< from the nearest of the usual values around this time; 0 while unknown
        float outside = 0;   ///< beyond everything this time of day has shown; 0 while unknown
        bool known = false;  ///< this half hour and its neighbours have been seen
        float low = 0;       ///< of the envelope, when known
        float high = 0;
    };

    /// \param time   since the epoch; only the time of day counts
    Seen look(std::chrono::seconds time, float normalised) const;
    void learn(std::chrono::seconds time, float normalised, float rate);

    template <class Archive>
    void visit(Archive& archive) {
        archive(mean_);
        archive(low_);
        archive(high_);
        archive(count_);
    }

private:
    static std::size_t bin(std::chrono::seconds time);

    std::array<float, kBins> mean_{};
    std::array<float, kBins> low_{};
    std::array<float, kBins> high_{};
    std::array<std::uint8_t, kBins> count_{};  ///< stops at 255
};

}  // namespace gengfu::rules::detectors
