#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// A level is reached at its limit or above it (value >= limit: an instrument set to 300 mA alarms at 300
/// mA), and left below limit - deadband. `value` is finite, in the unit of the limits.
/// \param reference  see level_limit()
Opinion above(const config::Rule& rule, double value, double reference = 0);

}  // namespace gengfu::rules
