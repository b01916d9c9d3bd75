#pragma once

#include <cstdint>
#include <vector>

#include "daemon/config/profiles.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

/// Which unit a scan asks when, at which line settings. Pure.
namespace gengfu::cli {

/// How far a scan goes beyond the settings that the line is configured with.
enum class Depth : std::uint8_t { kConfigured, kCommon, kAll };

/// One request of the scan: a read of one register, of which any answer (an exception, too) shows a unit.
struct Ask {
    std::size_t settings = 0;  ///< position in ScanPlan::settings
    std::uint8_t unit = 1;
    std::uint8_t function = 3;
    friend bool operator==(const Ask&, const Ask&) = default;
};

struct ScanPlan {
    std::vector<config::Serial> settings;  ///< the configured ones first; port and direction are those of it
    std::vector<Ask> asks;                 ///< every (settings, unit) comes first with function 3
};

/// Units 1 to 247, and those that a profile ships with.
struct Units {
    std::uint8_t first = 1, last = 247;
};

/// The configured settings with all units first. Then, at all common settings, the units that sensors ship
/// with; then the rest of the units there; then the same at all others.
ScanPlan plan_scan(const config::Serial& configured, const std::vector<config::KnownProfile>& profiles,
                   Units units, Depth depth);

/// The longest that the asks from `begin` on can take when nobody answers, each with its `timeout`.
Duration bound(const ScanPlan& plan, std::size_t begin, Duration timeout);

}  // namespace gengfu::cli
