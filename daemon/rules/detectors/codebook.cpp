#include "daemon/rules/detectors/codebook.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gengfu::rules::detectors {

Codebook::Nearest Codebook::nearest(const Vector& vector) const {
    // Plain pointers: with the library's bounds checks the compiler does not run this along vector lanes, and
    // it is a good part of what a sample costs.
    std::array<float, kMost> squares{};
    float* const sums = squares.data();
    for (std::size_t d = 0; d < kDimensions; ++d) {
        const float* const pattern = patterns_[d].data();
        const float wanted = vector[d];
        for (std::size_t i = 0; i < kMost; ++i) {
            const float off = wanted - pattern[i];
            sums[i] += off * off;
        }
    }
    std::fill(sums + size_, sums + kMost, std::numeric_limits<float>::infinity());
    std::array<float, 4> least{sums[0], sums[1], sums[2], sums[3]};
    for (std::size_t i = 4; i < kMost; i += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            least[lane] = std::min(least[lane], sums[i + lane]);
        }
    }
    const float smallest = std::min(std::min(least[0], least[1]), std::min(least[2], least[3]));
    const float* const at = std::find(sums, sums + size_, smallest);
    const auto index = static_cast<std::size_t>(at - sums);
    return {.at = std::min<std::size_t>(index, size_ - 1U), .distance = std::sqrt(smallest)};
}

void Codebook::adopt(const Vector& vector) {
    std::size_t place = size_;
    if (size_ < kMost) {
        ++size_;
    } else {
        // Full: the least used pattern gives way, all others age, and the net becomes a little coarser.
        place = static_cast<std::size_t>(std::min_element(weight_.begin(), weight_.end()) - weight_.begin());
        for (float& weight : weight_) {
            weight *= 0.97F;
        }
        radius_ = std::min(radius_ * 1.03F, 1000.0F);
    }
    for (std::size_t d = 0; d < kDimensions; ++d) {
        patterns_[d][place] = vector[d];
    }
    weight_[place] = 3;
}

float Codebook::observe(const Vector& vector) {
    if (size_ == 0) {
        adopt(vector);
        return 0;
    }
    const Nearest found = nearest(vector);
    if (found.distance > radius_) {
        adopt(vector);
        return found.distance;
    }
    weight_[found.at] = std::min(weight_[found.at] + 1, 1e6F);
    const float step = std::max(0.02F, 1 / weight_[found.at]);
    for (std::size_t d = 0; d < kDimensions; ++d) {
        patterns_[d][found.at] += (vector[d] - patterns_[d][found.at]) * step;
    }
    radius_ = std::max(radius_ * 0.9998F, 0.01F);
    return found.distance;
}

}  // namespace gengfu::rules::detectors
