#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Opinion of the kinds that need nothing but the value: all but `rate` and `silent`. `value` is finite.
Opinion evaluate(const config::Rule& rule, double value);

/// The limit that an opinion was formed by while `level` (or, at -1, none) is in force.
double limit_at(const config::Rule& rule, int level, const Opinion& opinion);

}  // namespace gengfu::rules
