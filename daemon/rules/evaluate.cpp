#include "daemon/rules/evaluate.hpp"

#include <algorithm>
#include <cstddef>

#include "daemon/rules/above.hpp"
#include "daemon/rules/below.hpp"
#include "daemon/rules/bit.hpp"
#include "daemon/rules/equals.hpp"
#include "daemon/rules/outside.hpp"

namespace gengfu::rules {

Opinion evaluate(const config::Rule& rule, double value) {
    switch (rule.kind) {
        case config::RuleKind::kAbove:
            return above(rule, value);
        case config::RuleKind::kBelow:
            return below(rule, value);
        case config::RuleKind::kOutside:
            return outside(rule, value);
        case config::RuleKind::kEquals:
            return equals(rule, value);
        case config::RuleKind::kBit:
            return bit(rule, value);
        case config::RuleKind::kRate:
        case config::RuleKind::kSilent:
            break;
    }
    return {.value = value};
}

double limit_at(const config::Rule& rule, int level, const Opinion& opinion) {
    if (rule.levels.empty()) {
        return opinion.limit;
    }
    return rule.levels[static_cast<std::size_t>(std::max(level, 0))].limit;
}

}  // namespace gengfu::rules
