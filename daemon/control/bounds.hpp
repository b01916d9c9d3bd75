#pragma once

#include <algorithm>
#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/sampling/budget.hpp"

namespace gengfu::control {

/// The longest times that are promised for a device's points of safety rules, see sampling::SafetyBound.
/// Empty where no such rule watches it.
struct Bounds {
    std::optional<Duration> alive, one_dead;
};

/// \param budget  of the device's bus
inline Bounds bounds_of(const config::Site& site, DeviceId device, const sampling::BusBudget& budget) {
    Bounds bounds;
    for (const sampling::SafetyBound& bound : budget.bounds) {
        if (site.point(bound.point).device != device) {
            continue;
        }
        bounds.alive = std::max(bounds.alive.value_or(Duration::zero()), bound.alive);
        if (bound.one_dead) {
            bounds.one_dead = std::max(bounds.one_dead.value_or(Duration::zero()), *bound.one_dead);
        }
    }
    return bounds;
}

}  // namespace gengfu::control
