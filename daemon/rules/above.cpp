#include "daemon/rules/above.hpp"

#include "daemon/core/decimal.hpp"
#include "daemon/rules/level_limit.hpp"

namespace gengfu::rules {

Opinion above(const config::Rule& rule, double value, double reference) {
    Opinion opinion{.value = value};
    for (int i = 0; const config::Level& level : rule.levels) {
        const double limit = level_limit(rule, level, reference);
        if (is_at_least(value, limit)) {
            opinion.reached = i;
        }
        if (is_at_least(value, limit - rule.deadband)) {
            opinion.held = i;
        }
        ++i;
    }
    return opinion;
}

}  // namespace gengfu::rules
