#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace gengfu::v1 {
class Batch;
class CatalogueChange;
}  // namespace gengfu::v1

namespace gengfu::bench {

/// What a catalogue says about the values of its points.
class Coding {
public:
    void learn(const v1::CatalogueChange& catalogue);

    /// The good numeric samples of a batch, in order, read as proto/gengfu/v1/feed.proto says. Empty when the
    /// batch names a point that no catalogue had, or contradicts itself.
    [[nodiscard]] std::vector<double> good_values(const v1::Batch& batch) const;

private:
    struct Point {
        double resolution = 0, offset = 0;
    };
    std::unordered_map<std::int64_t, Point> points_;
};

}  // namespace gengfu::bench
