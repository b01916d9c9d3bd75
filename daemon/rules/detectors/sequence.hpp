#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gengfu::rules::detectors {

/// Memory of which value follows which: a context tree of depth two over eight levels of normalised values.
class Sequence {
public:
    struct Bits {
        float given_past = 0;  ///< code length of this value after the two before it
        float alone = 0;       ///< code length of this value by its frequency
    };

    /// Code lengths of the value, in bits; then learns it.
    Bits observe(float normalised);

    /// Whether a restored state can be worked with.
    bool plausible() const { return last_ < kLevels && before_last_ < kLevels; }

    template <class Archive>
    void visit(Archive& archive) {
        archive(frequency_);
        archive(after_one_);
        archive(after_two_);
        archive(last_);
        archive(before_last_);
    }

private:
    static constexpr std::size_t kLevels = 8;
    using Counts = std::array<std::uint16_t, kLevels>;
    using SmallCounts = std::array<std::uint8_t, kLevels>;

    Counts frequency_{};
    std::array<SmallCounts, kLevels> after_one_{};
    std::array<SmallCounts, kLevels * kLevels> after_two_{};
    std::uint8_t last_ = 0;
    std::uint8_t before_last_ = 0;
};

}  // namespace gengfu::rules::detectors
