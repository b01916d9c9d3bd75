#include "daemon/rules/outside.hpp"

#include "daemon/core/decimal.hpp"

namespace gengfu::rules {

Opinion outside(const config::Rule& rule, double value) {
    const bool reached = is_below(value, rule.low) || is_above(value, rule.high);
    const bool held = is_below(value, rule.low + rule.deadband) || is_above(value, rule.high - rule.deadband);
    const bool nearer_low = value - rule.low < rule.high - value;
    return one_level(reached, held, value, nearer_low ? rule.low : rule.high);
}

}  // namespace gengfu::rules
