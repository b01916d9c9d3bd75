#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

constexpr int kLeastSensitivity = 1;
constexpr int kMostSensitivity = 10;
constexpr int kDefaultSensitivity = 5;
/// The promised rates of false alarms are those of one value a minute, after a day of learning.
constexpr Duration kDefaultEvery = std::chrono::minutes(1);
constexpr Duration kDefaultWarmUp = std::chrono::hours(24);
constexpr Duration kLeastEvery = std::chrono::milliseconds(10);
constexpr Duration kMostEvery = std::chrono::hours(24);
constexpr Duration kMostWarmUp = std::chrono::hours(24 * 90);
/// Before so many values no feature has a history to rank against.
constexpr int kLeastWarmUpValues = 100;
constexpr std::size_t kMostTogether = 16;

std::vector<std::string> read_points(Reader& reader) {
    std::vector<std::string> points = reader.texts("points", kMostTogether);
    if (!reader.has("points")) {
        return {};
    }
    if (points.size() < 2) {
        reader.error("points", "points must name 2 to 16 points that are judged together; one is a `point`");
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto before = points.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(points.begin(), before, points[i]) != before) {
            reader.error("points", fmt::format("points names {} twice", in_quotes(points[i])));
        }
    }
    for (const std::string_view other : {"point", "role"}) {
        if (reader.has(other)) {
            reader.error("points", fmt::format("points and {} put each other out: give one of them", other));
        }
    }
    return points;
}

/// What a rule says without texts of its own.
void complete_texts(const Reader& reader, Rule& rule) {
    RuleText texts = *rule.texts;
    if (!reader.has("title")) {
        texts.title = {"读数异常", "Unusual reading"};
    }
    if (!reader.has("text")) {
        texts.text = {"{point} {aspect}异常:{value} {unit},通常约 {expected} {unit}",
                      "{point}: unusual {aspect}, {value} {unit}, usually about {expected} {unit}"};
    }
    rule.texts = std::make_shared<const RuleText>(std::move(texts));
}

}  // namespace

void read_anomaly(Reader& reader, RuleDraft& draft) {
    Rule& rule = draft.rule;
    rule.sensitivity = static_cast<int>(
        reader.integer("sensitivity", kLeastSensitivity, kMostSensitivity).value_or(kDefaultSensitivity));
    rule.every = reader.duration("every", kLeastEvery, kMostEvery).value_or(kDefaultEvery);
    const Duration usual = std::max(kDefaultWarmUp, kLeastWarmUpValues * rule.every);
    rule.warm_up = reader.duration("warm_up", Duration(1), kMostWarmUp).value_or(usual);
    draft.points = read_points(reader);
    if (reader.has("points")) {
        draft.selector_at = reader.at("points");
    }
    if (draft.kind != RuleKind::kAnomaly) {
        return;
    }
    if (reader.has("warm_up") && rule.warm_up < kLeastWarmUpValues * rule.every) {
        reader.error({"warm_up", "every"},
                     fmt::format("warm_up must be at least {} times `every`: before so many values "
                                 "nothing is known that a value could be unlike",
                                 kLeastWarmUpValues));
    }
    complete_texts(reader, rule);
}

}  // namespace gengfu::config
