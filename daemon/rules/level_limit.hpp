#pragma once

#include "daemon/config/site.hpp"

namespace gengfu::rules {

/// The number that a level's limit stands for. \param reference  what it is counted from where the limit is a
/// multiple: the value of Rule::limit_point, or the usual median of `growth`; without meaning else.
inline double level_limit(const config::Rule& rule, const config::Level& level, double reference) {
    if (rule.kind == config::RuleKind::kGrowth) {
        return level.limit * reference;
    }
    return level.times == 0 ? level.limit : level.times * reference;
}

}  // namespace gengfu::rules
