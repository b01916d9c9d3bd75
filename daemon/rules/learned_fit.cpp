#include "daemon/rules/learned_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/config/rule_kind.hpp"
#include "daemon/config/text.hpp"
#include "daemon/rules/axes.hpp"
#include "daemon/rules/growth.hpp"
#include "daemon/rules/moved.hpp"

namespace gengfu::rules {
namespace {

using config::in_quotes;
using config::Range;
using config::RuleKind;

/// One number of a kind: what it is, and between what it can be.
struct Place {
    std::string_view what;
    Range range;
    bool whole = false;
};

/// Above what any sensor of the field shows, below what single precision holds.
constexpr Range kAnything{-1e12, 1e12};
constexpr Range kDirection{-1.01, 1.01};
constexpr Range kCelsius{-273.15, 1000};
constexpr Range kSpread{0, 1e12};
constexpr Range kYesOrNo{0, 1};
constexpr Range kTenYears{0, 10.0 * 365 * 86'400};  ///< seconds
constexpr Range kOfDay{0, 86'400};                  ///< seconds
constexpr Range kAboveZero{1e-12, 1e12};
constexpr Range kCount{0, 4'294'967'295};

Range range_of(const config::Site& site, PointId point) {
    return site.spec(point).range.value_or(kAnything);
}

/// In the order of learned_numbers.hpp.
std::vector<Place> places_of_moved() {
    std::vector<Place> places;
    for (const char* const what :
         {"home x", "home y", "home z", "reference x", "reference y", "reference z"}) {
        places.push_back({what, kDirection});
    }
    places.push_back({"seconds settled", kTenYears});
    places.push_back({"knocks", kCount, true});
    return places;
}

std::vector<Place> places_of_occupied(const config::Site& site, const config::Rule& rule) {
    std::vector<Place> places;
    for (const PointId axis : rule.axes) {
        places.push_back({"baseline", range_of(site, axis)});
        places.push_back({"mean of a day", range_of(site, axis)});
        places.push_back({"covariance with the temperature", kAnything});
    }
    places.push_back({"mean temperature", kCelsius});
    places.push_back({"variance of the temperature", kSpread});
    places.push_back({"temperature of the baseline", kCelsius});
    places.push_back({"variance of the noise", kSpread});
    places.push_back({"seconds learned", kTenYears});
    places.push_back({"unused", kYesOrNo, true});
    places.push_back({"reversed", kYesOrNo, true});
    places.push_back({"unused", kTenYears});
    places.push_back({"temperature of the baseline known", kYesOrNo, true});
    places.push_back({"means of a day known", kYesOrNo, true});
    return places;
}

std::vector<Place> places_of_growth(const config::Site& site, const config::Rule& rule) {
    const Range values = range_of(site, *rule.point);
    // 0: nothing yet, whatever the range is.
    const Range or_none{std::min(values.low, 0.0), std::max(values.high, 0.0)};
    std::vector<Place> places{{"days", {0, GrowthState::kDays}, true},
                              {"next place", {0, GrowthState::kDays - 1}, true},
                              {"values of the day", {0, GrowthState::kValues}, true},
                              {"seconds of the day", kOfDay},
                              {"last median", or_none},
                              {"usual median", or_none}};
    places.insert(places.end(), GrowthState::kDays, {"median of a day", or_none});
    places.insert(places.end(), GrowthState::kValues, {"value of the day", or_none});
    return places;
}

/// What a rule learns; `least`: what a first release wrote already.
struct Shape {
    std::vector<Place> places;
    std::size_t least = 0;
};

std::optional<Shape> shape_of(const config::Site& site, const config::Rule& rule) {
    constexpr std::size_t kPose = 6, kField = 9;
    if (rule.limit_point) {
        return Shape{{{"value of the point that limits are taken from", kAboveZero}}, 1};
    }
    switch (rule.kind) {
        case RuleKind::kMoved:
            return Shape{places_of_moved(), kPose};
        case RuleKind::kOccupied:
            return rule.axes.empty() ? std::nullopt
                                     : std::optional(Shape{places_of_occupied(site, rule), kField});
        case RuleKind::kGrowth: {
            Shape shape{places_of_growth(site, rule), 0};
            shape.least = shape.places.size();
            return shape;
        }
        default:
            return std::nullopt;
    }
}

std::string_view point_name(const config::Site& site, const config::Rule& rule) {
    return rule.point ? std::string_view(site.spec(*rule.point).name) : "";
}

/// Why there is no rule of these names.
std::string missing(const config::Site& site, const Learned& one) {
    std::vector<std::string> devices, rules, points;
    for (const config::Device& device : site.devices) {
        devices.push_back(device.name);
    }
    if (std::find(devices.begin(), devices.end(), one.device) == devices.end()) {
        return fmt::format("no device is named {}{}", in_quotes(one.device),
                           config::did_you_mean(one.device, devices));
    }
    for (const config::Rule& rule : site.rules) {
        if (site.device(rule.device).name == one.device) {
            rules.push_back(rule.name);
            if (rule.name == one.rule) {
                points.push_back(in_quotes(point_name(site, rule)));
            }
        }
    }
    return points.empty() ? fmt::format("device {} has no rule {}{}", in_quotes(one.device),
                                        in_quotes(one.rule), config::did_you_mean(one.rule, rules))
                          : fmt::format("rule {} of device {} judges point {}, not {}", in_quotes(one.rule),
                                        in_quotes(one.device), config::one_of(points), in_quotes(one.point));
}

std::string mistake_in_pose(const std::vector<double>& numbers) {
    const auto axes = [&](std::size_t first) {
        return Axes{numbers[first], numbers[first + 1], numbers[first + 2]};
    };
    constexpr double kNearOne = 0.01;
    for (const std::size_t first : {std::size_t{0}, std::size_t{3}}) {
        if (const double is = length(axes(first)); std::abs(is - 1) > kNearOne) {
            return fmt::format("{} x y z is no direction: its length must be 1, not {:.6g}",
                               first == 0 ? "home" : "reference", is);
        }
    }
    constexpr double kRounding = 0.1;
    if (const double drift = degrees_between(axes(0), axes(3)); drift > kDriftMost + kRounding) {
        return fmt::format("reference is {:.3g} degrees from home; it never drifts further than {}", drift,
                           kDriftMost);
    }
    return "";
}

std::string mistake_in_numbers(const std::vector<double>& numbers, const Shape& shape) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Place& place = shape.places[i];
        const bool inside = numbers[i] >= place.range.low && numbers[i] <= place.range.high;
        if (!inside || (place.whole && numbers[i] != std::trunc(numbers[i]))) {
            return fmt::format("number {} ({}) is {:.10g}; it must be {}from {:.10g} to {:.10g}", i + 1,
                               place.what, numbers[i], place.whole ? "whole, " : "", place.range.low,
                               place.range.high);
        }
    }
    return "";
}

}  // namespace

std::string learned_kind(const config::Site& site, const config::Rule& rule) {
    std::string kind(config::to_string(rule.kind));
    return rule.limit_point ? kind + " of " + site.spec(*rule.limit_point).name : kind;
}

std::string mistake_in(const config::Site& site, const Learned& one) {
    const auto rule = std::find_if(site.rules.begin(), site.rules.end(), [&](const config::Rule& each) {
        return each.name == one.rule && site.device(each.device).name == one.device &&
               point_name(site, each) == one.point;
    });
    if (rule == site.rules.end()) {
        return missing(site, one);
    }
    const std::string subject =
        fmt::format("rule {} of device {}", in_quotes(one.rule), in_quotes(one.device));
    if (const std::string kind = learned_kind(site, *rule); one.kind != kind) {
        return fmt::format("{} is of kind \"{}\", not {}", subject, kind, in_quotes(one.kind));
    }
    const std::optional<Shape> shape = shape_of(site, *rule);
    if (!shape) {
        return fmt::format("{} is of kind \"{}\" and learns nothing of its place", subject, one.kind);
    }
    const std::size_t most = shape->places.size();
    if (one.numbers.size() < shape->least || one.numbers.size() > most) {
        return fmt::format("{}: kind \"{}\" has {} numbers, here are {}{}", subject, one.kind, most,
                           one.numbers.size(),
                           one.numbers.size() > most ? " (is the file of a later release?)" : "");
    }
    std::string mistake = mistake_in_numbers(one.numbers, *shape);
    if (mistake.empty() && rule->kind == RuleKind::kMoved) {
        mistake = mistake_in_pose(one.numbers);
    }
    return mistake.empty() ? "" : subject + ": " + mistake;
}

}  // namespace gengfu::rules
