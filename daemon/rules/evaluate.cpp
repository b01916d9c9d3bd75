#include "daemon/rules/evaluate.hpp"

#include <algorithm>
#include <cstddef>

#include "daemon/rules/above.hpp"
#include "daemon/rules/below.hpp"
#include "daemon/rules/bit.hpp"
#include "daemon/rules/equals.hpp"
#include "daemon/rules/level_limit.hpp"
#include "daemon/rules/outside.hpp"

namespace gengfu::rules {

Opinion evaluate(const config::Rule& rule, double value, double reference) {
    switch (rule.kind) {
        case config::RuleKind::kAbove:
            return above(rule, value, reference);
        case config::RuleKind::kBelow:
            return below(rule, value, reference);
        case config::RuleKind::kOutside:
            return outside(rule, value);
        case config::RuleKind::kEquals:
            return equals(rule, value);
        case config::RuleKind::kBit:
            return bit(rule, value);
        default:  // needs more than the value
            break;
    }
    return {.value = value};
}

double limit_at(const config::Rule& rule, int level, const Opinion& opinion, double reference) {
    if (rule.levels.empty()) {
        return opinion.limit;
    }
    return level_limit(rule, rule.levels[static_cast<std::size_t>(std::max(level, 0))], reference);
}

}  // namespace gengfu::rules
