#pragma once

#include <string>

#include "daemon/config/site.hpp"
#include "daemon/sampling/budget.hpp"

/// What to tell somebody whose bus is asked for more than it carries. Pure; any thread.
namespace gengfu::sampling {

/// Rounded up: to whole milliseconds, from a second on to hundredths.
std::string interval_text(Duration interval);

/// "; the shortest interval that fits, all made longer alike: 1.2 s instead of 1 s; or "d11" alone every 3
/// s". Both are tried: the bus carries them as they are printed. What no interval up to twenty times as long
/// would mend is left out.
std::string intervals_that_fit(const config::Site& site, const BusBudget& budget);

}  // namespace gengfu::sampling
