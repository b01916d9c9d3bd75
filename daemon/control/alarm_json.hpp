#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::control {

/// An alarm with all that a person needs, as `gengfu alarms --json` prints it.
nlohmann::json to_json(const alarms::Alarm& alarm);

/// What keeps an alarm or a device quiet: by, why, since, until; a cause by its id.
nlohmann::json to_json(const alarms::Hold& hold);

/// Samples of one device with names, units and words. What is not good has a `detail` where more can be said
/// than its reason.
/// \param line_trouble  why the device's bus is not open; empty when it is
/// \param unit_trouble  what came in place of its answers (UnitTraffic::trouble)
nlohmann::json to_json(const config::Site& site, const std::vector<Sample>& samples,
                       const std::string& line_trouble = {}, const std::string& unit_trouble = {});

/// "exception 02: illegal data address": the name of Modbus Application Protocol V1.1b3, 7. 0: "".
std::string exception_words(std::uint8_t code);

}  // namespace gengfu::control
