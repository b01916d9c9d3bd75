#pragma once

#include <optional>

#include "daemon/alarms/alarm.hpp"

namespace gengfu::alarms {

/// What may be taken from an alarm that only the broker knows: that it was told, under this id. Nothing that
/// keeps a danger quiet: whoever may write to the broker could have put it there, and neither the book nor
/// the record knows who it was. So it is unacknowledged and not shelved, whatever the broker says, and its
/// revision is a new one where that differs. \return nothing: it is over, or only a shelf kept it
std::optional<Alarm> without_people(Alarm at_the_broker);

/// For the record, "alarm-taken-up": which alarm, and what of it was not taken. \param at_the_broker  as it
/// stood there
Audit audit_of_taken_up(const Alarm& at_the_broker);

}  // namespace gengfu::alarms
