#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Reached when the value is one of the rule's. Equal up to a billionth of its size, since a scale of 0.1
/// leaves 0.30000000000000004. No deadband: words and states have none. `value` is finite.
Opinion equals(const config::Rule& rule, double value);

}  // namespace gengfu::rules
