#pragma once

#include <array>
#include <cmath>

namespace gengfu::rules {

/// x, y, z of one thing, from three points of a device.
using Axes = std::array<double, 3>;

inline double dot(const Axes& a, const Axes& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
inline double length(const Axes& a) {
    return std::sqrt(dot(a, a));
}
inline Axes minus(const Axes& a, const Axes& b) {
    return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
/// a + share × (b − a)
inline Axes towards(const Axes& a, const Axes& b, double share) {
    return {a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])};
}
inline Axes scaled(const Axes& a, double by) {
    return {a[0] * by, a[1] * by, a[2] * by};
}
/// Of two directions, in degrees; exact also for small ones.
inline double degrees_between(const Axes& a, const Axes& b) {
    const Axes cross{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    constexpr double kDegrees = 57.29577951308232;
    return std::atan2(length(cross), dot(a, b)) * kDegrees;
}

}  // namespace gengfu::rules
