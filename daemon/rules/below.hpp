#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// A level is reached at its limit or below it (value <= limit), and left above limit + deadband. `value` is
/// finite, in the unit of the limits.
/// \param reference  see level_limit()
Opinion below(const config::Rule& rule, double value, double reference = 0);

}  // namespace gengfu::rules
