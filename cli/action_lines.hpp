#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"

/// What `gengfu check` says about what alarms switch.
namespace gengfu::cli {

/// "action: panel/leakage: siren-1 coil:0x0002 = 1 for at most 10min, then 0"
std::vector<std::string> action_lines(const config::Site& site);

/// The same for programs: rule, device, register, on, off, for (seconds).
nlohmann::json actions_json(const config::Site& site);

}  // namespace gengfu::cli
