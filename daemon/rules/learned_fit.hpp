#pragma once

#include <string>

#include "daemon/config/site.hpp"
#include "daemon/rules/learned.hpp"

namespace gengfu::rules {

/// Learned::kind of what the rule learns: the word of its kind, and with a limit from another point "above of
/// rated", since the value of one point is no limit once the rule takes it from another.
std::string learned_kind(const config::Site& site, const config::Rule& rule);

/// What is wrong with a line of a file that was learned elsewhere, or written by hand: no rule of the site
/// has these names or this kind, or its numbers cannot be (too few, too many, negative times, a pose that is
/// no direction, a value outside of the point's `range`). Empty: nothing, and Judge::teach() takes it. What
/// the store holds is not asked this: it was learned here.
std::string mistake_in(const config::Site& site, const Learned& one);

}  // namespace gengfu::rules
