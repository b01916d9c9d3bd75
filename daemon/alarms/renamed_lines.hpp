#pragma once

#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::alarms {

/// A line or feed that is down and that `site` has under another name.
struct RenamedLine {
    AlarmId alarm;
    RuleId rule;  ///< its bus-down or feed-down of now
};

/// Causes that stand for a line or a feed of which `site` knows no name any more, while all that is left of
/// the devices behind them is on one line (of one feed): it is the same outage, and who was called for it
/// need not be called for each device. Devices that went apart, or are gone, are behind nothing. To be taken
/// up by Table::move(). Pure.
std::vector<RenamedLine> renamed_lines(const std::vector<const Alarm*>& standing, const config::Site& site);

}  // namespace gengfu::alarms
