#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::control {

/// An alarm with all that a person needs, as `gengfu alarms --json` prints it.
nlohmann::json to_json(const alarms::Alarm& alarm);

/// Samples of one device with names, units and words.
nlohmann::json to_json(const config::Site& site, const std::vector<Sample>& samples);

}  // namespace gengfu::control
