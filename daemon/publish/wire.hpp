#pragma once

#include <optional>

#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "gengfu/v1/alarm.pb.h"
#include "gengfu/v1/common.pb.h"

/// Between our values and the messages of proto/gengfu/v1. Only sources include this: the generated headers
/// are heavy. Pure, any thread.
namespace gengfu::publish::wire {

gengfu::v1::Time to_wire(const alarms::Stamp& stamp);
alarms::Stamp from_wire(const gengfu::v1::Time& time);

/// `monotonic` belongs to `boot`.
gengfu::v1::Time to_wire(const BootId& boot, Monotonic monotonic, std::optional<Wall> wall);

gengfu::v1::Text to_wire(const config::Text& text);
gengfu::v1::Party to_wire(const config::Party& party);

/// With parties by id only, as in catalogues.
gengfu::v1::Component to_wire(const config::Component& component);

/// With the parties whole, as far as `parties` has them.
gengfu::v1::Component to_wire(const config::Component& component, const std::vector<config::Party>& parties);

gengfu::v1::Actor to_wire(const alarms::Actor& actor);

gengfu::v1::Hold to_wire(const alarms::Hold& hold);
/// \retval Errc::kCorrupt as below
Result<alarms::Hold> from_wire(const gengfu::v1::Hold& hold);

/// Everything but the fields that name the run that writes (gateway, epoch, start).
gengfu::v1::Alarm to_wire(const alarms::Alarm& alarm);
/// Adds the samples around a transition to its evidence.
void to_wire(const std::vector<alarms::SampleAround>& around, gengfu::v1::Evidence& out);

/// \retval Errc::kCorrupt a word or number that this release does not know, or an id that is none
Result<alarms::Alarm> from_wire(const gengfu::v1::Alarm& alarm);

/// "above", "below", ...: the words of the configuration.
const char* to_string(config::RuleKind kind);

}  // namespace gengfu::publish::wire
