#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Reached when the bit (any numeric point; on is not zero) is in the state that is the alarm. `value` is
/// finite.
Opinion bit(const config::Rule& rule, double value);

}  // namespace gengfu::rules
