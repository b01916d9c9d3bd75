#include "daemon/rules/detectors/codebook.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules::detectors {

Codebook::Nearest Codebook::nearest(const Vector& vector) const {
    std::array<float, kMost> squares{};
    for (std::size_t d = 0; d < kDimensions; ++d) {
        for (std::size_t i = 0; i < kMost; ++i) {
            const float off = vector[d] - patterns_[d][i];
            squares[i] += off * off;
        }
    }
    const auto best = std::min_element(squares.begin(), squares.begin() + size_);
    return {.at = static_cast<std::size_t>(best - squares.begin()), .distance = std::sqrt(*best)};
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
