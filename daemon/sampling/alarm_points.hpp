#pragma once

#include <vector>

#include "daemon/config/site.hpp"

/// Which points an alarm hangs on. Pure; any thread.
namespace gengfu::sampling {

/// By PointId: does the point feed a rule that is for safety? So does what such a point leans on (its
/// decimals, its unit, the points that say whether it is good, protecting and alive): without them there is
/// no verdict. A `silent` over a whole device hears every answer: its most frequent points count.
std::vector<bool> alarm_points(const config::Site& site);

}  // namespace gengfu::sampling
