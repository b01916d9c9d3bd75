#include "daemon/rules/detectors/rank.hpp"

#include <cmath>

namespace gengfu::rules::detectors {

Rank::Age Rank::Age::of(std::uint32_t samples, const Parameters& parameters) {
    constexpr float kYardstick = 2000;
    Age age;
    age.record =
        parameters.age_exponent * fast_log10(static_cast<float>(samples + kBlock) / kYardstick) + 2.0F;
    age.ordinary = std::pow(10.0F, age.record);
    return age;
}

void Rank::add(float place) {
    highest_ = std::max(highest_, place);
    if (++in_block_ < kBlock) {
        return;
    }
    const int bin = std::min(kBins - 1, static_cast<int>(highest_));
    for (int i = 0; i <= bin; ++i) {
        ++at_least_[static_cast<std::size_t>(i)];
    }
    top_ = std::max(top_, static_cast<std::uint8_t>(bin));
    highest_ = 0;
    in_block_ = 0;
    if (at_least_[0] >= kMostBlocks) {
        fade();
    }
}

void Rank::fade() {
    for (std::uint16_t& blocks : at_least_) {
        blocks = static_cast<std::uint16_t>((blocks + 1) / 2);  // a single one stays
    }
}

}  // namespace gengfu::rules::detectors
