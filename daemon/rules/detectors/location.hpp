#pragma once

#include <array>
#include <cstdint>

#include "daemon/rules/detectors/parameters.hpp"

namespace gengfu::rules::detectors {

/// Long-run median and spread of a signal, robust to any share of wild values below a half.
///
/// Exact over the first 24 samples; then moved by small steps (stochastic approximation of the median and of
/// the 68 % quantile of the distance from it), which no single value, however large, can throw off.
class Location {
public:
    static constexpr std::uint32_t kFirst = 24;  ///< samples that are known exactly

    /// Value in spreads from the median, compressed (asinh): linear near the median, logarithmic far away.
    float normalise(double value) const;
    /// Back to the point's unit.
    double restore(float normalised) const;
    /// \param rate  1 learn, 0 do not
    void learn(double value, float rate, const Parameters& parameters);

    template <class Archive>
    void visit(Archive& archive) {
        archive(median_);
        archive(quantile_);
        archive(mean_distance_);
        archive(first_);
        archive(seen_);
    }

private:
    void learn_first(double value);
    double spread() const;

    double median_ = 0;
    double quantile_ = 0;       ///< 68 % of the samples are no further from the median
    double mean_distance_ = 0;  ///< for signals that mostly stand still, where the quantile is 0
    std::array<double, kFirst> first_{};
    std::uint32_t seen_ = 0;
};

}  // namespace gengfu::rules::detectors
