#include "daemon/config/rule_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gengfu::config {
namespace {

bool is_flag(Type type) {
    return type == Type::kBool || type == Type::kBit;
}

}  // namespace

std::string type_mistake(RuleKind kind, const PointSpec& spec) {
    switch (kind) {
        case RuleKind::kBit:
            return is_flag(spec.type) ? "" : "a rule of kind \"bit\" needs a point of type bool or bit:N";
        case RuleKind::kEquals:
            return spec.type == Type::kString ? "a rule of kind \"equals\" compares numbers, not strings"
                                              : "";
        case RuleKind::kSilent:
            return "";
        case RuleKind::kAbove:
        case RuleKind::kBelow:
        case RuleKind::kOutside:
        case RuleKind::kRate:
            break;
    }
    return is_flag(spec.type) || spec.type == Type::kString
               ? "a rule with a limit needs a point with a number"
               : "";
}

std::string range_mistake(const Rule& rule, const PointSpec& spec) {
    if (!spec.range) {
        return "";
    }
    const Range range = *spec.range;
    const auto never = [&](const std::string& what) {
        return fmt::format("{} can never be passed: the point's range is [{}, {}], values beyond it are bad",
                           what, range.low, range.high);
    };
    for (const Level& level : rule.levels) {
        if (rule.kind == RuleKind::kAbove && level.limit >= range.high) {
            return never(fmt::format("limit {}", level.limit));
        }
        if (rule.kind == RuleKind::kBelow && level.limit <= range.low) {
            return never(fmt::format("limit {}", level.limit));
        }
    }
    if (rule.kind == RuleKind::kOutside && rule.low <= range.low && rule.high >= range.high) {
        return never(fmt::format("low {} or high {}", rule.low, rule.high));
    }
    const auto beyond = [range](double value) { return value < range.low || value > range.high; };
    if (rule.kind == RuleKind::kEquals && std::all_of(rule.values.begin(), rule.values.end(), beyond)) {
        return "none of values can ever be read: " + never("they");
    }
    return "";
}

double deadband_of(const RuleDraft& draft, const PointSpec& spec) {
    switch (draft.rule.kind) {
        case RuleKind::kAbove:
        case RuleKind::kBelow:
        case RuleKind::kOutside: {
            constexpr double kSigmas =
                3;  // a value that stands at the limit then does not come and go by its noise
            return draft.deadband.value_or(kSigmas * spec.noise);
        }
        case RuleKind::kRate:
            return draft.deadband.value_or(0);
        case RuleKind::kEquals:
        case RuleKind::kBit:
        case RuleKind::kSilent:
            break;
    }
    return 0;
}

}  // namespace gengfu::config
