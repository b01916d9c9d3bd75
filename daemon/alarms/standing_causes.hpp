#pragma once

#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/alarms/cause_watch.hpp"

namespace gengfu::alarms {

/// Tells the watch of the silences and the causes that stand from an earlier run: they are no news. What a
/// cause silenced and what has come back since is behind it no more.
void begin_causes(CauseWatch& watch, const std::vector<const Alarm*>& standing, const config::Site& site);

}  // namespace gengfu::alarms
