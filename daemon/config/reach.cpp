#include "daemon/config/reach.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "daemon/config/rule_fit.hpp"
#include "daemon/config/values.hpp"
#include "daemon/core/units.hpp"

namespace gengfu::config {
namespace {

/// Relative, of the reach: what scale and offset lose in a double is no difference.
constexpr double kSame = 1e-9;

struct Width {
    unsigned bits = 0;
    bool is_signed = false;
};

/// Of whole numbers in two's complement; 0 bits: another kind.
Width width_of(const PointSpec& spec) {
    switch (spec.type) {
        case Type::kBool:
        case Type::kBit:
            return {1};
        case Type::kBits:
            return {spec.bit_high - spec.bit_low + 1U};
        case Type::kU8:
            return {8};
        case Type::kI8:
            return {8, true};
        case Type::kU16:
            return {16};
        case Type::kI16:
            return {16, true};
        case Type::kU32:
            return {32};
        case Type::kI32:
            return {32, true};
        case Type::kU64:
            return {64};
        case Type::kI64:
            return {64, true};
        default:
            return {};
    }
}

/// What the register can hold, without the raw values at either end that mean "no value".
std::optional<std::pair<double, double>> raw_reach(const PointSpec& spec) {
    if (spec.type == Type::kBcd16 || spec.type == Type::kBcd32) {
        return std::pair(0.0, spec.type == Type::kBcd16 ? 9'999.0 : 99'999'999.0);
    }
    const Width width = width_of(spec);
    if (width.bits == 0) {
        return std::nullopt;
    }
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - width.bits);
    std::uint64_t low = width.is_signed ? (mask >> 1U) + 1 : 0;  // as the register has it
    std::uint64_t high = width.is_signed ? mask >> 1U : mask;
    const auto means_nothing = [&](std::uint64_t raw) {
        return std::find(spec.invalid.begin(), spec.invalid.end(), raw) != spec.invalid.end();
    };
    while (high != low && means_nothing(high)) {
        high = (high - 1) & mask;
    }
    while (low != high && means_nothing(low)) {
        low = (low + 1) & mask;
    }
    const auto number = [&](std::uint64_t raw) {
        const bool below_zero = width.is_signed && raw > mask >> 1U;
        return below_zero ? -static_cast<double>((~raw & mask) + 1) : static_cast<double>(raw);
    };
    return std::pair(number(low), number(high));
}

/// What the point's unit can be times of the register's: by `unit_from`, whichever unit the sensor is set to.
std::vector<double> factors(const PointSpec& spec) {
    if (!spec.unit_from) {
        return {1};
    }
    std::vector<double> all;
    const auto add = [&](const std::string& unit) {
        if (const auto factor = unit_factor(unit, spec.unit)) {
            all.push_back(*factor);
        }
    };
    for (const auto& [code, unit] : spec.unit_from->map) {
        add(unit);
    }
    add(spec.unit_from->otherwise);
    return all;
}

bool is_flag(const PointSpec& spec) {
    return spec.type == Type::kBool || spec.type == Type::kBit;
}

/// A limit so near an end is at it.
double slack(const Reach& reach) {
    return kSame * std::max({1.0, std::abs(reach.low), std::abs(reach.high)});
}

bool is_beyond(const Reach& reach, double value) {
    return value < reach.low - slack(reach) || value > reach.high + slack(reach);
}

/// Why the point never has exactly this value; empty if it can.
std::string never_has(const PointSpec& spec, const Reach& reach, double value) {
    if (is_beyond(reach, value)) {
        return describe_reach(spec, reach);
    }
    const double steps = reach.step > 0 ? (value - reach.low) / reach.step : 0;
    constexpr double kBetween = 1e-6;
    if (std::abs(steps - std::round(steps)) > kBetween) {
        return fmt::format("comes in steps of {}", reach.step);
    }
    if (!spec.enumeration.empty() && spec.enumeration.count(std::llround(value)) == 0) {
        std::vector<std::string> known;
        for (const auto& [number, word] : spec.enumeration) {
            known.push_back(fmt::format("{} = {}", number, word));
        }
        return fmt::format("has {} by its enum", fmt::join(known, ", "));
    }
    return "";
}

std::string beyond(const std::string& what, const std::string& why) {
    return fmt::format(
        "{} can never be reached: the point {}; set it within, or correct the point in its profile", what,
        why);
}

std::string values_mistake(const Rule& rule, const PointSpec& spec, const Reach& reach, bool all) {
    std::vector<std::string> never;
    std::string why;
    for (const double value : rule.values) {
        if (std::string of_it = never_has(spec, reach, value); !of_it.empty()) {
            never.push_back(fmt::format("{}", value));
            why = why.empty() ? std::move(of_it) : why;
        }
    }
    if (never.empty() || (never.size() == rule.values.size()) != all) {
        return "";
    }
    return beyond(fmt::format("value{} {}", never.size() > 1 ? "s" : "", fmt::join(never, ", ")), why);
}

/// The furthest that a rule of this kind can see the point go, and what that is called.
std::string far_mistake(const Rule& rule, const PointSpec& spec, const Reach& reach) {
    const double most = furthest(rule, reach.high - reach.low);
    const std::string over = rule.kind == RuleKind::kRate ? " within its window" : "";
    for (const Level& level : rule.levels) {
        if (std::abs(level.limit) > most + slack(reach)) {
            return beyond(fmt::format("limit {}", level.limit),
                          fmt::format("{}: {} at most{}", describe_reach(spec, reach), most, over));
        }
    }
    return "";
}

std::string axes_mistake(const Rule& rule, const PointSpec& spec, const Reach& reach) {
    const bool axes = !rule.axes.empty();
    const double most = axes ? std::sqrt(3.0) * (reach.high - reach.low) : reach.high;
    if (rule.enter <= most + slack(reach)) {
        return "";
    }
    return beyond(fmt::format("enter {}", rule.enter),
                  describe_reach(spec, reach) +
                      (axes ? fmt::format(", three axes are {:.6g} from a baseline at most", most) : ""));
}

}  // namespace

std::optional<Reach> reach_of(const PointSpec& spec) {
    if (spec.is_virtual()) {
        return std::nullopt;
    }
    const auto raw = raw_reach(spec);
    const std::vector<double> units = factors(spec);
    if (!raw || units.empty()) {
        return std::nullopt;
    }
    std::vector<double> ends;
    for (const double factor : units) {
        ends.push_back(raw->first * spec.scale * factor);
        ends.push_back(raw->second * spec.scale * factor);
    }
    const bool exact = !spec.decimals_from && !spec.unit_from;
    if (spec.decimals_from) {
        ends.push_back(0);  // each decimal takes it nearer
    }
    const auto [low, high] = std::minmax_element(ends.begin(), ends.end());
    return Reach{*low + spec.offset, *high + spec.offset, exact ? std::abs(spec.scale) : 0};
}

std::string describe_reach(const PointSpec& spec, const Reach& reach) {
    std::string how = to_text(TypeSpec{spec.type, spec.bit_low, spec.bit_high, spec.length});
    how += spec.scale == 1 ? "" : fmt::format(", scale {}", spec.scale);
    how += spec.offset == 0 ? "" : fmt::format(", offset {}", spec.offset);
    // As people write it: 0.1 × 32767 is 3276.7000000000003 in a double.
    return fmt::format("reaches {:.12g} to {:.12g} ({})", reach.low, reach.high, how);
}

std::string reach_mistake(const Rule& rule, const PointSpec& spec) {
    const std::optional<Reach> reach = reach_of(spec);
    if (!reach || rule.limit_point) {
        return "";
    }
    switch (rule.kind) {
        case RuleKind::kAbove:
        case RuleKind::kBelow:
            for (const Level& level : rule.levels) {
                const bool above = rule.kind == RuleKind::kAbove;
                if (above ? level.limit > reach->high + slack(*reach)
                          : level.limit < reach->low - slack(*reach)) {
                    return beyond(fmt::format("limit {}", level.limit), describe_reach(spec, *reach));
                }
            }
            return "";
        case RuleKind::kOutside:
            return rule.low <= reach->low + slack(*reach) && rule.high >= reach->high - slack(*reach)
                       ? beyond(fmt::format("a value outside {} to {}", rule.low, rule.high),
                                describe_reach(spec, *reach))
                       : "";
        case RuleKind::kEquals:
            return values_mistake(rule, spec, *reach, true);
        case RuleKind::kRate:
        case RuleKind::kJump:
            return is_flag(spec) ? "" : far_mistake(rule, spec, *reach);
        case RuleKind::kOccupied:
            return axes_mistake(rule, spec, *reach);
        case RuleKind::kGrowth:
            return rule.floor > reach->high + slack(*reach)
                       ? beyond(fmt::format("floor {}", rule.floor), describe_reach(spec, *reach))
                       : "";
        default:
            return "";
    }
}

std::string reach_doubt(const Rule& rule, const PointSpec& spec) {
    const std::optional<Reach> reach = reach_of(spec);
    if (!reach || rule.limit_point) {
        return "";
    }
    const auto at = [&](double limit, double end) { return std::abs(limit - end) <= slack(*reach); };
    const bool above = rule.kind == RuleKind::kAbove;
    if (above || rule.kind == RuleKind::kBelow) {
        for (const Level& level : rule.levels) {
            if (at(level.limit, above ? reach->high : reach->low)) {
                return fmt::format("limit {} is reached by the {} value alone that the point can have: it {}",
                                   level.limit, above ? "highest" : "lowest", describe_reach(spec, *reach));
            }
        }
    }
    if (rule.kind == RuleKind::kOutside &&
        (rule.low < reach->low - slack(*reach) || rule.high > reach->high + slack(*reach))) {
        const bool low = rule.low < reach->low - slack(*reach);
        return fmt::format("{} {} can never be passed: the point {}", low ? "low" : "high",
                           low ? rule.low : rule.high, describe_reach(spec, *reach));
    }
    return rule.kind == RuleKind::kEquals ? values_mistake(rule, spec, *reach, false) : "";
}

std::string reach_sticks(const Rule& rule, const PointSpec& spec) {
    const std::optional<Reach> reach = reach_of(spec);
    if (!reach || rule.limit_point) {
        return "";
    }
    const auto never = [&](const std::string& what, const std::string& instead = "") {
        return fmt::format("{} could never clear: the point {}{}", what, describe_reach(spec, *reach),
                           instead);
    };
    const bool above = rule.kind == RuleKind::kAbove;
    if ((above || rule.kind == RuleKind::kBelow) && !rule.levels.empty()) {
        const double limit = rule.levels.front().limit;
        if (above ? limit - rule.deadband <= reach->low : limit + rule.deadband >= reach->high) {
            return never(fmt::format("limit {} with deadband {}", limit, rule.deadband));
        }
    }
    if (rule.kind == RuleKind::kOutside &&
        (rule.low + rule.deadband > reach->high || rule.high - rule.deadband < reach->low)) {
        return never(fmt::format("a value outside {} to {}", rule.low, rule.high));
    }
    if (rule.kind == RuleKind::kEquals && reach->step > 0) {
        const std::set<double> values(rule.values.begin(), rule.values.end());
        const auto had = std::ranges::count_if(
            values, [&](double value) { return never_has(spec, *reach, value).empty(); });
        const double all = spec.enumeration.empty() ? (reach->high - reach->low) / reach->step + 1
                                                    : static_cast<double>(spec.enumeration.size());
        if (static_cast<double>(had) >= std::round(all)) {
            return never("any of all its values", "; leave out those that are no danger");
        }
    }
    if (rule.kind == RuleKind::kStuck && rule.deadband >= reach->high - reach->low) {
        return never(fmt::format("a standstill within deadband {}", rule.deadband),
                     "; write the least change that is no standstill any more");
    }
    if (rule.kind == RuleKind::kOccupied && rule.axes.empty() && rule.enter > 0 && rule.leave <= reach->low) {
        return never(fmt::format("a vehicle with leave {}", rule.leave));
    }
    return "";
}

}  // namespace gengfu::config
