#include "daemon/rules/equals.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules {
namespace {

constexpr double kRelative = 1e-9;

bool same(double a, double b) {
    return std::abs(a - b) <= kRelative * std::max(1.0, std::abs(b));
}

}  // namespace

Opinion equals(const config::Rule& rule, double value) {
    for (const double wanted : rule.values) {
        if (same(value, wanted)) {
            return one_level(true, true, value, wanted);
        }
    }
    return one_level(false, false, value, rule.values.empty() ? value : rule.values.front());
}

}  // namespace gengfu::rules
