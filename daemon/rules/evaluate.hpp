#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Opinion of the kinds that need nothing but the value: `above`, `below`, `outside`, `equals`, `bit`.
/// `value` is finite. \param reference  see level_limit()
Opinion evaluate(const config::Rule& rule, double value, double reference = 0);

/// The limit that an opinion was formed by while `level` (or, at -1, none) is in force.
double limit_at(const config::Rule& rule, int level, const Opinion& opinion, double reference = 0);

}  // namespace gengfu::rules
