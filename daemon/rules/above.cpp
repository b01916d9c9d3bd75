#include "daemon/rules/above.hpp"

namespace gengfu::rules {

Opinion above(const config::Rule& rule, double value) {
    Opinion opinion{.value = value};
    for (int i = 0; const config::Level& level : rule.levels) {
        if (value >= level.limit) {
            opinion.reached = i;
        }
        if (value >= level.limit - rule.deadband) {
            opinion.held = i;
        }
        ++i;
    }
    return opinion;
}

}  // namespace gengfu::rules
