#pragma once

#include <span>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"
#include "daemon/rules/judge.hpp"

namespace gengfu::alarms {

/// Memory for rules::Judge::restore() that agrees with the alarms. The saved memory may be as old as the last
/// checkpoint, or be missing, while every transition of an alarm is on disk: the alarms win. So an alarm that
/// stands active is cleared by its rule when its condition is gone, is not raised again while it holds, and
/// takes the severity that the configuration gives its level now; and a rule whose alarm was cleared after
/// the checkpoint is at rest. Times saved towards a raise are kept for rules that have no active alarm, times
/// towards clear for those that the memory knew to be active at the alarm's severity. What a kind counts
/// itself (time occupied) is kept in either case. Only a chattering alarm does not say whether its condition
/// holds: its rule is as it was saved, at rest if nothing was, and in doubt (RuleMemory::in_doubt).
///
/// \param standing  Table::standing() after everything has been restored and orphans removed.
std::vector<rules::RuleMemory> memory_from(const std::vector<const Alarm*>& standing,
                                           std::span<const rules::RuleMemory> saved,
                                           const config::Site& site);

}  // namespace gengfu::alarms
