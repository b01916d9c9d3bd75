#pragma once

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// How a `silent` rule hears a sample. For a whole device every answer counts, also one that says "not
/// protecting" or an exception; for a point a value must come: a good one in full, an uncertain one ends the
/// silence but clears nothing.
Voice silent_voice(const config::Rule& rule, const Sample& sample);

/// Opinion when the last sound is `since` old: silent at `silent_for` or more. The value is in seconds, as
/// the limit.
Opinion silent(const config::Rule& rule, Duration since);

/// The moment at which silence becomes an alarm if nothing more is heard: silent_for and the on-delay after
/// the last.
Monotonic silent_deadline(const config::Rule& rule, Monotonic last_heard);

}  // namespace gengfu::rules
