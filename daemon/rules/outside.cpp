#include "daemon/rules/outside.hpp"

namespace gengfu::rules {

Opinion outside(const config::Rule& rule, double value) {
    const bool reached = value < rule.low || value > rule.high;
    const bool held = value < rule.low + rule.deadband || value > rule.high - rule.deadband;
    const bool nearer_low = value - rule.low < rule.high - value;
    return one_level(reached, held, value, nearer_low ? rule.low : rule.high);
}

}  // namespace gengfu::rules
