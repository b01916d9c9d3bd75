#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Reached when the value is one of the rule's. As decimal numbers (daemon/core/decimal.hpp). No deadband:
/// words and states have none. `value` is finite.
Opinion equals(const config::Rule& rule, double value);

}  // namespace gengfu::rules
