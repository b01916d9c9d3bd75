#include "daemon/rules/equals.hpp"

#include "daemon/core/decimal.hpp"

namespace gengfu::rules {

Opinion equals(const config::Rule& rule, double value) {
    for (const double wanted : rule.values) {
        if (is_at(value, wanted)) {
            return one_level(true, true, value, wanted);
        }
    }
    return one_level(false, false, value, rule.values.empty() ? value : rule.values.front());
}

}  // namespace gengfu::rules
