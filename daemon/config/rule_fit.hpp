#pragma once

#include <string>

#include "daemon/config/sections.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// The furthest that a rule of kind jump or rate can see a point go whose values span so much.
double furthest(const Rule& rule, double span);

/// Why a rule of this kind cannot judge points of this type; empty if it can.
std::string type_mistake(RuleKind kind, const PointSpec& spec);

/// Why the rule could never fire on the point, whose `range` makes every value beyond it bad; empty if it
/// can. Limits of `above` and `below` belong to the alarm, those of `outside` do not.
std::string range_mistake(const Rule& rule, const PointSpec& spec);

/// Why the rule, once fired, could never clear again; empty if it can.
std::string clearing_mistake(const Rule& rule, const PointSpec& spec);

/// Whether rules of the kind look at how a value goes on, so that one reading tells them nothing.
bool is_over_time(RuleKind kind);

/// Why the rule cannot judge a point that is read once a connection; empty if it can.
std::string once_mistake(const Rule& rule);

/// The rule's own deadband, else three times the point's noise, for the kinds that have one.
double deadband_of(const RuleDraft& draft, const PointSpec& spec);

}  // namespace gengfu::config
