#pragma once

#include <string>

#include "daemon/config/site.hpp"
#include "daemon/sampling/budget.hpp"

/// What to tell somebody whose bus is asked for more than it carries. Pure; any thread.
namespace gengfu::sampling {

/// Rounded up: to whole milliseconds, from a second on to hundredths.
std::string interval_text(Duration interval);

/// `; the shortest interval that fits, all made longer alike: interval = "1200ms" instead of "1s"; or "d11"
/// alone: interval = "3s" instead of "1s"`. Both are tried: the bus carries them as they are printed, which
/// is as they are written in the configuration. Where none up to the longest that may be written fits, it
/// says so.
std::string intervals_that_fit(const config::Site& site, const BusBudget& budget);

}  // namespace gengfu::sampling
