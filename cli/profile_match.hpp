#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "cli/line.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::cli {

/// Asks a unit what each profile's probes ask, and reads the points of those that it fits; reads only.
/// \param bus  the line as it is configured \param timeout  of each request
/// \return "profile", "vendor", "model", "certainty" and "score" of each that it may be, the likeliest first
nlohmann::json matching_profiles(Line& line, const config::Bus& bus,
                                 const std::vector<config::KnownProfile>& profiles, std::uint8_t unit,
                                 Duration timeout);

/// A read, as the tools ask it.
drivers::Request question(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                          std::uint16_t count, Duration timeout);

}  // namespace gengfu::cli
