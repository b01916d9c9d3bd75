#include "daemon/rules/group.hpp"

#include <algorithm>

namespace gengfu::rules {

GroupCount group_count(const config::Rule& rule, std::span<const Truth> members) {
    const auto have = std::count(members.begin(), members.end(), Truth::kTrue);
    int need = 1;
    if (rule.kind == config::RuleKind::kAll) {
        need = static_cast<int>(members.size());
    } else if (rule.kind == config::RuleKind::kCount) {
        need = static_cast<int>(rule.at_least);
    }
    return {static_cast<int>(have), need};
}

Truth group(const config::Rule& rule, std::span<const Truth> members) {
    const GroupCount count = group_count(rule, members);
    if (count.have >= count.need) {
        return Truth::kTrue;
    }
    const auto unknown = std::count(members.begin(), members.end(), Truth::kUnknown);
    return count.have + static_cast<int>(unknown) >= count.need ? Truth::kUnknown : Truth::kFalse;
}

bool awaits_absence(const config::Rule& rule) {
    return std::any_of(rule.members.begin(), rule.members.end(),
                       [](const config::Member& member) { return member.negated; });
}

Duration group_on_delay(const config::Rule& rule) {
    return awaits_absence(rule) ? std::max(rule.on_delay, rule.within) : rule.on_delay;
}

}  // namespace gengfu::rules
