#include "daemon/rules/bit.hpp"

namespace gengfu::rules {

Opinion bit(const config::Rule& rule, double value) {
    const bool on = value != 0;
    const bool reached = on == rule.active;
    return one_level(reached, reached, value, rule.active ? 1 : 0);
}

}  // namespace gengfu::rules
