#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/sampling/budget.hpp"

/// What `gengfu check` says about a bus: time, load and the promise for each safety point.
namespace gengfu::cli {

/// Lines for people, without the one that says how many devices there are.
std::vector<std::string> bus_lines(const config::Site& site, const sampling::BusBudget& budget);

/// The same for programs; times in seconds.
nlohmann::json bus_json(const config::Site& site, const sampling::BusBudget& budget);

}  // namespace gengfu::cli
