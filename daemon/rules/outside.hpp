#pragma once

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// Reached beyond the band: value < low or value > high. The bounds themselves are inside, as permitted
/// ranges are written (198 V to 242 V; at least 19.5 % oxygen). Left when back in the band by the deadband.
/// `value` is finite.
Opinion outside(const config::Rule& rule, double value);

}  // namespace gengfu::rules
