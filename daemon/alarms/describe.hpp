#pragma once

#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/rules/verdict.hpp"

/// What an alarm tells a worker, from the configuration and from what the rule saw. Pure.
namespace gengfu::alarms {

/// Names of a rule and of what it watches.
Key key_of(const config::Site& site, const config::Rule& rule);

/// Unit of what the rule compares: the point's; for `rate` with the time it is counted in ("mA/min", "m/10
/// min"); for `silent` seconds.
std::string unit_of(const config::Site& site, const config::Rule& rule);

/// The component that the rule's point, or device, is mounted on.
const config::Component& component_of(const config::Site& site, const config::Rule& rule);

/// The parties that a component names, each once: authority, owner, maintainer.
std::vector<config::Party> parties_of(const config::Site& site, const config::Component& component);

/// Evidence of a verdict. A verdict that judged no number (its sensor fell silent) keeps value and limit of
/// `before`. \param at the moment of the verdict, by which the sample's own moment is told.
Evidence evidence_of(const config::Site& site, const rules::Verdict& verdict, const Stamp& at,
                     const Evidence& before);

/// The rule's text with the numbers of `evidence`; enumerated values by their words. Where they stand within
/// the limit (of a milder level, or within a deadband) it says that the alarm is not clear yet. A text that
/// does not fill in (config refuses such) is given as it stands: better a raw text than no alarm.
config::Text text_of(const config::Site& site, const config::Rule& rule, const Evidence& evidence);

}  // namespace gengfu::alarms
