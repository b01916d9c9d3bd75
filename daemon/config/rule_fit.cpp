#include "daemon/config/rule_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "daemon/config/rule_kind.hpp"

namespace gengfu::config {
namespace {

std::string beyond_range(const std::string& what, Range range) {
    return fmt::format(
        "{} can never be reached: the point's range is [{}, {}], values beyond it are bad; set it "
        "within, or correct the point in its profile",
        what, range.low, range.high);
}

constexpr double kRounding = 1e-9;

}  // namespace

double furthest(const Rule& rule, double span) {
    if (rule.kind != RuleKind::kRate) {
        return span;
    }
    constexpr double kShortest = 0.8;  // of the window: a rate is told from there on
    const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
    return span * seconds(rule.per) / (kShortest * seconds(rule.window));
}

std::string type_mistake(RuleKind kind, const PointSpec& spec) {
    if (kind == RuleKind::kSilent) {
        return "";
    }
    if (spec.type == Type::kString) {
        return "a string can be judged by rules of kind \"silent\" only";
    }
    const bool flag = spec.type == Type::kBool || spec.type == Type::kBit;
    const bool has_limit = kind != RuleKind::kBit && kind != RuleKind::kEquals && kind != RuleKind::kStuck &&
                           kind != RuleKind::kOccupied && kind != RuleKind::kAnomaly;
    return flag && has_limit ? "a rule with a limit needs a point with a number, not a bit" : "";
}

std::string range_mistake(const Rule& rule, const PointSpec& spec) {
    const bool flag = spec.type == Type::kBool || spec.type == Type::kBit;
    if (rule.kind == RuleKind::kOccupied && rule.enter <= 0 && !flag) {
        return "it needs enter: from which value on a vehicle is there";
    }
    if (!spec.range || rule.limit_point) {
        return "";
    }
    const Range range = *spec.range;
    for (const Level& level : rule.levels) {
        if ((rule.kind == RuleKind::kAbove && level.limit > range.high) ||
            (rule.kind == RuleKind::kBelow && level.limit < range.low)) {
            return beyond_range(fmt::format("limit {}", level.limit), range);
        }
    }
    if (rule.kind == RuleKind::kOutside && rule.low <= range.low && rule.high >= range.high) {
        return beyond_range(fmt::format("a value outside {} to {}", rule.low, rule.high), range);
    }
    if (rule.kind == RuleKind::kGrowth && rule.floor > range.high) {
        return beyond_range(fmt::format("floor {}", rule.floor), range);
    }
    if (rule.kind == RuleKind::kOccupied && rule.axes.empty() && rule.enter > range.high) {
        return beyond_range(fmt::format("enter {}", rule.enter), range);
    }
    if (rule.kind == RuleKind::kRate || rule.kind == RuleKind::kJump) {
        const double most = furthest(rule, range.high - range.low);
        for (const Level& level : rule.levels) {
            if (std::abs(level.limit) > most * (1 + kRounding)) {
                return beyond_range(fmt::format("limit {}", level.limit), range);
            }
        }
    }
    const auto beyond = [range](double value) { return value < range.low || value > range.high; };
    if (rule.kind == RuleKind::kEquals && std::all_of(rule.values.begin(), rule.values.end(), beyond)) {
        return beyond_range("any of values", range);
    }
    return "";
}

std::string clearing_mistake(const Rule& rule, const PointSpec& spec) {
    const bool outside = rule.kind == RuleKind::kOutside;
    if (outside && 2 * rule.deadband > rule.high - rule.low) {
        return fmt::format("its deadband ({}) leaves nothing between low and high: it could never clear",
                           rule.deadband);
    }
    if (rule.kind == RuleKind::kStuck && spec.range && rule.deadband >= spec.range->high - spec.range->low) {
        return fmt::format(
            "a standstill within deadband {} could never clear within the point's range [{}, {}]; write the "
            "least "
            "change that is no standstill any more",
            rule.deadband, spec.range->low, spec.range->high);
    }
    if (rule.levels.empty() || rule.limit_point) {
        return "";
    }
    const double mildest = rule.levels.front().limit;
    const bool towards_zero =
        rule.kind == RuleKind::kRate || rule.kind == RuleKind::kMoved || rule.kind == RuleKind::kGrowth;
    if (towards_zero && rule.deadband >= std::abs(mildest)) {
        return fmt::format("its deadband ({}) must be below its limit ({}): it could never clear",
                           rule.deadband, mildest);
    }
    if (rule.kind == RuleKind::kGrowth && mildest - rule.deadband <= 1 + kRounding) {
        return fmt::format(
            "limit {} with deadband {} would not clear on a usual day (1 times the usual "
            "median): the deadband must be below {:.6g}",
            mildest, rule.deadband, mildest - 1);
    }
    const bool stuck_high =
        rule.kind == RuleKind::kAbove && spec.range && mildest - rule.deadband <= spec.range->low;
    const bool stuck_low =
        rule.kind == RuleKind::kBelow && spec.range && mildest + rule.deadband >= spec.range->high;
    constexpr double kMostOfF32 = std::numeric_limits<float>::max();
    const bool beyond_all =
        (rule.kind == RuleKind::kAbove || rule.kind == RuleKind::kBelow) && rule.deadband > 2 * kMostOfF32;
    if (beyond_all) {
        return fmt::format(
            "its deadband ({:g}) is wider than any reading: it could never clear; write how far "
            "back behind the limit is clear again",
            rule.deadband);
    }
    if (stuck_high || stuck_low) {
        return fmt::format("limit {} with deadband {} could never clear within the point's range [{}, {}]",
                           mildest, rule.deadband, spec.range->low, spec.range->high);
    }
    return "";
}

bool is_over_time(RuleKind kind) {
    return kind == RuleKind::kSilent || kind == RuleKind::kRate || kind == RuleKind::kStuck ||
           kind == RuleKind::kJump || kind == RuleKind::kMoved || kind == RuleKind::kOccupied ||
           kind == RuleKind::kGrowth || kind == RuleKind::kAnomaly;
}

std::string once_mistake(const Rule& rule) {
    if (is_over_time(rule.kind)) {
        return fmt::format("a rule of kind \"{}\" cannot judge a point that is read once a connection",
                           to_string(rule.kind));
    }
    if (rule.on_delay > Duration::zero()) {
        return "on_delay never elapses on a point that is read once a connection";
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
        case RuleKind::kStuck:
        case RuleKind::kGrowth:
            return draft.deadband.value_or(0);
        case RuleKind::kMoved: {
            constexpr double kDegrees =
                2;  // what a shaking street does to the mean of a cover that lies still
            return draft.deadband.value_or(
                draft.rule.levels.empty() ? 0 : std::min(kDegrees, draft.rule.levels.front().limit / 2));
        }
        case RuleKind::kEquals:
        case RuleKind::kBit:
        case RuleKind::kSilent:
        case RuleKind::kJump:
        case RuleKind::kOccupied:
        case RuleKind::kAll:
        case RuleKind::kAny:
        case RuleKind::kCount:
        case RuleKind::kAnomaly:
            break;
    }
    return 0;
}

}  // namespace gengfu::config
