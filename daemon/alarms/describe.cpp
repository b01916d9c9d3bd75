#include "daemon/alarms/describe.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "daemon/core/decimal.hpp"
#include "daemon/core/text_template.hpp"

namespace gengfu::alarms {
namespace {

/// "min", "10 min", "1.5 s": a time to count in.
std::string counted_in(Duration per) {
    const struct {
        Duration length;
        const char* name;
    } units[] = {{std::chrono::hours(24), "d"},
                 {std::chrono::hours(1), "h"},
                 {std::chrono::minutes(1), "min"},
                 {std::chrono::seconds(1), "s"}};
    for (const auto& unit : units) {
        if (per >= unit.length && per % unit.length == Duration::zero()) {
            const auto count = per / unit.length;
            return count == 1 ? unit.name : std::to_string(count) + " " + unit.name;
        }
    }
    return plain_number(std::chrono::duration<double>(per).count()) + " s";
}

/// Word of an enumerated value; empty when it has none.
std::string word_of(const config::Site& site, const config::Rule& rule, double value) {
    constexpr double kExact = 9e15;  // integers are exact in a double up to 2^53
    using enum config::RuleKind;
    const bool of_the_value = rule.kind == kAbove || rule.kind == kBelow || rule.kind == kOutside ||
                              rule.kind == kEquals || rule.kind == kBit;
    if (!rule.point || !of_the_value || !std::isfinite(value) || std::abs(value) > kExact ||
        std::trunc(value) != value) {
        return {};
    }
    const auto& words = site.spec(*rule.point).enumeration;
    const auto found = words.find(static_cast<std::int64_t>(value));
    return found == words.end() ? std::string() : found->second;
}

std::string filled(const std::string& text, const TextValues& values) {
    return fill_text_template(text, values).value_or(text);
}

/// The same moment on both clocks, as far before `at` as the sample was taken before the verdict.
Stamp stamp_of(Monotonic taken, const Stamp& at) {
    using std::chrono::microseconds;
    const auto taken_us = std::chrono::duration_cast<microseconds>(taken.time_since_epoch()).count();
    Stamp stamp{.boot = at.boot, .monotonic_us = taken_us, .wall = std::nullopt};
    if (at.wall) {
        stamp.wall = *at.wall - microseconds(at.monotonic_us - taken_us);
    }
    return stamp;
}

/// Whether what is still an alarm, by its deadband or its off-delay, is within its limit again.
bool is_within_limit(const Evidence& evidence) {
    using enum config::RuleKind;
    switch (evidence.kind) {
        case kAbove:
        case kMoved:
            return is_below(evidence.value, evidence.limit);
        case kBelow:
            return is_above(evidence.value, evidence.limit);
        case kRate:
            return evidence.limit < 0 ? is_above(evidence.value, evidence.limit)
                                      : is_below(evidence.value, evidence.limit);
        default:
            return false;
    }
}

}  // namespace

Key key_of(const config::Site& site, const config::Rule& rule) {
    return {site.device(rule.device).name, rule.point ? site.spec(*rule.point).name : std::string(),
            rule.name};
}

std::string unit_of(const config::Site& site, const config::Rule& rule) {
    using enum config::RuleKind;
    if (rule.kind == kSilent || rule.kind == kStuck || rule.kind == kOccupied) {
        return "s";
    }
    if (rule.kind == kMoved) {
        return "°";
    }
    const std::string unit = rule.point ? site.spec(*rule.point).unit : std::string();
    return rule.kind == kRate ? unit + "/" + counted_in(rule.per) : unit;
}

const config::Component& component_of(const config::Site& site, const config::Rule& rule) {
    return rule.point ? site.component(*rule.point) : site.device(rule.device).component;
}

std::vector<config::Party> parties_of(const config::Site& site, const config::Component& component) {
    std::vector<config::Party> parties;
    for (const std::string* id : {&component.authority, &component.owner, &component.maintainer}) {
        const bool known =
            std::any_of(parties.begin(), parties.end(), [&](const config::Party& p) { return p.id == *id; });
        const config::Party* const party = id->empty() || known ? nullptr : site.party(*id);
        if (party != nullptr) {
            parties.push_back(*party);
        }
    }
    return parties;
}

Evidence evidence_of(const config::Site& site, const rules::Verdict& verdict, const Stamp& at,
                     const Evidence& before) {
    const config::Rule& rule = site.rules[verdict.rule.value];
    const bool judged = verdict.change != rules::Change::kUncertain || std::isfinite(verdict.value);
    Evidence evidence;
    evidence.value = before.value;
    evidence.limit = before.limit;
    if (judged) {
        evidence.value = std::isfinite(verdict.value) ? verdict.value : verdict.sample.value;
        evidence.limit = verdict.limit;
    }
    evidence.unit = unit_of(site, rule);
    evidence.kind = rule.kind;
    evidence.anomaly = before.anomaly;
    if (verdict.anomaly && verdict.anomaly->aspect != rules::detectors::Aspect::kNone) {
        const rules::Anomaly& found = *verdict.anomaly;
        const config::PointSpec& spec = site.spec(found.point);
        evidence.anomaly =
            AnomalyFound{found.aspect, found.expected, found.low, found.high, found.score, spec.name};
        evidence.unit = spec.unit;
    }
    evidence.quality = verdict.sample.quality;
    evidence.reason = verdict.sample.reason;
    evidence.taken = stamp_of(verdict.sample.taken, at);
    return evidence;
}

config::Text text_of(const config::Site& site, const config::Rule& rule, const Evidence& evidence) {
    if (!rule.texts) {
        return {};
    }
    const Key key = key_of(site, rule);
    const std::optional<AnomalyFound>& found = evidence.anomaly;
    const auto aspect = found ? found->aspect : rules::detectors::Aspect::kNone;
    TextValues values{.value = evidence.value,
                      .limit = evidence.limit,
                      .expected = found ? found->expected : std::numeric_limits<double>::quiet_NaN(),
                      .value_word = word_of(site, rule, evidence.value),
                      .limit_word = word_of(site, rule, evidence.limit),
                      .unit = evidence.unit,
                      .device = key.device,
                      .point = found ? found->point : key.point,
                      .aspect = std::string(rules::detectors::to_chinese(aspect))};
    config::Text text;
    text.zh = filled(rule.texts->text.zh, values);
    values.aspect = rules::detectors::to_string(aspect);
    text.en = filled(rule.texts->text.en, values);
    if (is_within_limit(evidence) && !text.zh.empty() && !text.en.empty()) {
        text.zh += ",已回到限值以内,但尚未达到解除条件";
        text.en += "; back within the limit, but not far or long enough to be clear";
    }
    return text;
}

}  // namespace gengfu::alarms
