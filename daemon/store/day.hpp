#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/time.hpp"

namespace gengfu::store {

/// Days since 1970-01-01, UTC.
using Day = std::int64_t;

Day day_of(Wall wall);

/// Name of a telemetry file: of a day or, while the clock is unknown, of a start; a day can have several
/// parts. The name says when it was written for people and for the age; the order of files follows from their
/// records.
struct TelemetryName {
    std::optional<Day> day;
    std::uint64_t start = 0;  ///< when there is no day
    std::uint32_t part = 1;
    friend bool operator==(const TelemetryName&, const TelemetryName&) = default;
};

/// "telemetry-20261121.db", "telemetry-20261121-2.db", "telemetry-start-0000000007.db".
std::string to_string(const TelemetryName& name);
std::optional<TelemetryName> parse_telemetry_name(std::string_view text);

/// Whether what is written at `wall` belongs into another file than that of `current`: another day, where a
/// clock that goes back a little around midnight does not count, or the first day known.
bool other_day(const TelemetryName& current, std::optional<Wall> wall);

}  // namespace gengfu::store
