#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gengfu::rules::detectors {

/// The patterns met so far: up to 36 vectors of (value, mean of 8, mean of 64, loudness short and long). A
/// sample far from all of them is new; having been met once it is known, and the next like it is no news.
class Codebook {
public:
    static constexpr std::size_t kDimensions = 5;
    using Vector = std::array<float, kDimensions>;

    /// Distance to the nearest pattern (0 for the first sample); then learns.
    float observe(const Vector& vector);

    /// Whether a restored state can be worked with (no index outside its list).
    bool plausible() const { return size_ <= kMost; }

    template <class Archive>
    void visit(Archive& archive) {
        archive(patterns_);
        archive(weight_);
        archive(size_);
        archive(radius_);
    }

private:
    static constexpr std::size_t kMost = 36;  ///< a multiple of four lanes
    struct Nearest {
        std::size_t at = 0;
        float distance = 0;
    };
    Nearest nearest(const Vector& vector) const;
    void adopt(const Vector& vector);

    std::array<std::array<float, kMost>, kDimensions>
        patterns_{};  ///< by dimension: the search runs along lanes
    std::array<float, kMost> weight_{};
    std::uint8_t size_ = 0;
    float radius_ = 0.5F;  ///< further from all patterns than this: a new pattern
};

}  // namespace gengfu::rules::detectors
