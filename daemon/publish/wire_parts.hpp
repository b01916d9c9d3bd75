#pragma once

#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "gengfu/v1/alarm.pb.h"
#include "gengfu/v1/common.pb.h"

/// Parts of an alarm on the wire, each in a source of its own; `wire.hpp` puts them together. Pure, any
/// thread. What reads gives Errc::kCorrupt for a word or number that this release does not know.
namespace gengfu::publish::wire {

config::Text text_from(const gengfu::v1::Text& text);
Result<alarms::Actor> actor_from(const gengfu::v1::Actor& actor);

/// The component and the parties that come with it.
Result<void> component_from(const gengfu::v1::Component& component, alarms::Alarm& alarm);

gengfu::v1::Evidence evidence_to(const alarms::Evidence& evidence);
Result<alarms::Evidence> evidence_from(const gengfu::v1::Evidence& evidence);

/// Shelved, suppressed, out of service, who sees to it, chattering, what is behind it.
void flags_to_wire(const alarms::Alarm& alarm, gengfu::v1::Alarm& out);
Result<void> flags_from_wire(const gengfu::v1::Alarm& in, alarms::Alarm& out);

}  // namespace gengfu::publish::wire
