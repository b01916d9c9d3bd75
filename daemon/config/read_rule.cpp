#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "daemon/config/rule_kind.hpp"
#include "daemon/config/rule_parts.hpp"
#include "daemon/config/rule_text.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kAny = std::numeric_limits<double>::max();
constexpr Duration kLongestDelay = hours(24 * 7);
constexpr Duration kLongestFor = hours(24 * 30);
constexpr std::size_t kMaxLevels = 4;  // as many as severities

constexpr std::array<std::pair<std::string_view, Severity>, 4> kSeverities{{{"critical", Severity::kCritical},
                                                                            {"major", Severity::kMajor},
                                                                            {"moderate", Severity::kModerate},
                                                                            {"minor", Severity::kMinor}}};

/// Keys that belong to some kinds only.
struct KindKey {
    std::string_view key;
    std::vector<RuleKind> kinds;
};
const std::vector<KindKey>& kind_keys() {
    using enum RuleKind;
    static const std::vector<KindKey> kKeys{
        {"limit", {kAbove, kBelow, kRate, kJump, kGrowth}},
        {"levels", {kAbove, kBelow, kRate, kJump, kGrowth, kMoved, kOccupied}},
        {"low", {kOutside}},
        {"high", {kOutside}},
        {"values", {kEquals}},
        {"active", {kBit}},
        {"per", {kRate}},
        {"window", {kRate}},
        {"for", {kSilent, kStuck}},
        {"answering", {kSilent}},
        {"angle", {kMoved}},
        {"dwell", {kOccupied}},
        {"enter", {kOccupied}},
        {"leave", {kOccupied}},
        {"floor", {kGrowth}},
        {"of", {kAll, kAny, kCount}},
        {"within", {kAll, kAny, kCount}},
        {"at_least", {kCount}},
        {"deadband", {kAbove, kBelow, kOutside, kRate, kStuck, kMoved, kGrowth}},
        {"points", {kAnomaly}},
        {"sensitivity", {kAnomaly}},
        {"every", {kAnomaly}},
        {"warm_up", {kAnomaly}}};
    return kKeys;
}

std::optional<RuleKind> read_kind(Reader& reader) {
    return reader.word("kind", kRuleKinds);
}

std::vector<Level> read_levels(Reader& reader, RuleKind kind, std::string& limit_of, Report& report) {
    std::vector<Level> levels;
    for (const Node* const table : reader.tables("levels", kMaxLevels)) {
        Reader each(*table, "rule.levels", reader.subject() + ": levels", report);
        each.require("limit");
        each.require("severity");
        const std::optional<Level> limit = read_level_limit(each, "limit", kind, limit_of);
        const auto severity = each.word("severity", kSeverities);
        each.finish();
        if (limit && severity) {
            levels.push_back({limit->limit, *severity, limit->times});
        }
    }
    if (const Node* const list = reader.any("levels");
        list != nullptr && list->items.empty() && list->kind == Node::Kind::kList) {
        reader.error("levels", "levels must not be empty");
    }
    return levels;
}

/// How far out a limit lies: more is worse.
double reach(RuleKind kind, const Level& level) {
    const double limit = level.times != 0 ? level.times : level.limit;
    switch (kind) {
        case RuleKind::kBelow:
            return -limit;
        case RuleKind::kRate:
            return std::abs(limit);
        default:
            return limit;
    }
}

/// Mildest first: each next level graver and further out.
void check_levels(Reader& reader, const std::vector<Level>& levels, RuleKind kind) {
    for (const std::string_view own : {"angle", "dwell"}) {
        if (reader.has(own) && levels.size() > 1 && levels[0].limit >= levels[1].limit) {
            reader.error(
                {own, "levels"},
                fmt::format("{} ({}{}) replaces the limit of the mildest level and must be below that of "
                            "the next one ({})",
                            own, levels[0].limit, own == "dwell" ? " s" : "", levels[1].limit));
            return;
        }
    }
    for (std::size_t i = 1; i < levels.size(); ++i) {
        const bool further = reach(kind, levels[i]) > reach(kind, levels[i - 1]);
        if (!further || !graver(levels[i].severity, levels[i - 1].severity)) {
            reader.error("levels",
                         fmt::format("levels must go from the mildest to the gravest, each limit {} the one "
                                     "before it",
                                     kind == RuleKind::kBelow ? "below" : "beyond"));
            return;
        }
        if ((levels[i].times != 0) != (levels[0].times != 0)) {
            reader.error("levels", "levels must all be numbers, or all be taken from another point");
            return;
        }
        if (kind == RuleKind::kRate && (levels[i].limit < 0) != (levels[0].limit < 0)) {
            reader.error("levels", "levels of a rate must all rise (above 0) or all fall (below 0)");
            return;
        }
    }
}

/// A rate of 0 is passed by everything that stands still; the others measure how far, how long, how often.
void check_sign(Reader& reader, const RuleDraft& draft) {
    constexpr double kMostSeconds = std::chrono::duration<double>(kLongestDwell).count();
    const RuleKind kind = draft.kind.value_or(RuleKind::kAbove);
    const bool positive = kind == RuleKind::kJump || kind == RuleKind::kMoved ||
                          kind == RuleKind::kOccupied || kind == RuleKind::kGrowth;
    for (const Level& level : draft.rule.levels) {
        const std::initializer_list<std::string_view> keys{"limit", "angle", "dwell", "levels"};
        if (kind == RuleKind::kRate && level.limit == 0) {
            reader.error(
                keys, "limit of a rate must not be 0: above 0 it rises at least so fast, below 0 it falls");
        } else if (positive && level.limit <= 0) {
            reader.error(keys,
                         fmt::format("limit of a rule of kind \"{}\" must be above 0", to_string(kind)));
        } else if (kind == RuleKind::kMoved && level.limit > kHalfTurn) {
            reader.error(keys, fmt::format("limit of a rule of kind \"moved\" is an angle of at most {} "
                                           "degrees, upside down; {} can never be reached",
                                           kHalfTurn, level.limit));
        } else if (kind == RuleKind::kOccupied && level.limit > kMostSeconds) {
            reader.error(keys, fmt::format("limit of a rule of kind \"occupied\" is a dwell in seconds, at "
                                           "most {} (7 days); found {}",
                                           kMostSeconds, level.limit));
        } else if (kind == RuleKind::kGrowth && level.limit <= 1) {
            reader.error(keys, fmt::format("limit of a rule of kind \"growth\" is so many times the usual "
                                           "median and must be above 1; {} is no growth: 1.5 is half as much "
                                           "again, 2 twice as much",
                                           level.limit));
            return;
        }
    }
}

void read_limits(Reader& reader, RuleDraft& draft, Report& report) {
    const std::optional<Severity> severity = reader.word("severity", kSeverities);
    const RuleKind kind = draft.kind.value_or(RuleKind::kAbove);
    draft.rule.levels = read_levels(reader, kind, draft.limit_of, report);
    const std::optional<Level> limit = read_level_limit(reader, "limit", kind, draft.limit_of);
    const std::optional<double> first = read_first_limit(reader, draft);
    draft.limits_at =
        reader.uppermost({"levels", "limit", "low", "high", "values", "angle", "dwell", "enter", "floor"});
    draft.clearing_at =
        reader.uppermost({"levels", "limit", "low", "high", "values", "angle", "dwell", "leave", "deadband"});
    draft.delay_at = reader.at("on_delay");
    draft.time_at = reader.uppermost({"for", "window", "per"});
    if (reader.has("levels")) {
        if (reader.has("limit")) {
            reader.error("limit", "limit and levels put each other out: give one of them");
        }
        if (reader.has("severity")) {
            reader.error("severity", "severity means nothing beside levels, which have their own");
        }
        if (first && !draft.rule.levels.empty()) {
            draft.rule.levels.front().limit = *first;  // the device's own word for the mildest one
        }
        check_levels(reader, draft.rule.levels, kind);
        check_sign(reader, draft);
        draft.rule.severity =
            draft.rule.levels.empty() ? Severity::kMinor : draft.rule.levels.back().severity;
        return;
    }
    if (!reader.has("severity") && draft.kind != RuleKind::kAnomaly) {
        draft.missing.emplace_back("severity");
    }
    draft.rule.severity = severity.value_or(Severity::kMinor);
    if (limit || first) {
        draft.rule.levels = {
            {limit ? limit->limit : *first, draft.rule.severity, limit ? limit->times : 0.0}};
        check_sign(reader, draft);
    }
}

void read_kind_settings(Reader& reader, RuleDraft& draft) {
    Rule& rule = draft.rule;
    rule.low = reader.number("low", -kAny, kAny).value_or(0);
    rule.high = reader.number("high", -kAny, kAny).value_or(0);
    if (reader.has("low") && reader.has("high") && rule.low >= rule.high) {
        reader.error({"low", "high"}, fmt::format("low ({}) must be below high ({})", rule.low, rule.high));
    }
    rule.values = reader.numbers("values");
    rule.active = reader.boolean("active").value_or(true);
    rule.per = reader.duration("per", milliseconds(100), kLongestDelay).value_or(Duration::zero());
    rule.window = reader.duration("window", milliseconds(100), kLongestDelay).value_or(rule.per);
    rule.silent_for = reader.duration("for", milliseconds(100), kLongestFor).value_or(Duration::zero());
    rule.answering = reader.boolean("answering").value_or(false);
    if (rule.answering && !reader.has("point") && !reader.has("role")) {
        reader.error("answering", "a device that answers is not silent: answering needs a point or a role");
    }
    draft.deadband = reader.number("deadband", 0, kAny);
    rule.enter = reader.number("enter", 0, kAny).value_or(0);
    rule.leave = reader.number("leave", 0, kAny).value_or(rule.enter / 2);
    if (rule.leave > rule.enter) {
        reader.error({"leave", "enter"},
                     fmt::format("leave ({}) must not be above enter ({})", rule.leave, rule.enter));
    }
    rule.floor = reader.number("floor", 0, kAny).value_or(0);
    read_group(reader, draft);
}

void read_common(Reader& reader, RuleDraft& draft) {
    Rule& rule = draft.rule;
    draft.enabled = reader.boolean("enabled").value_or(true);
    rule.on_delay = reader.duration("on_delay", milliseconds(0), kLongestDelay).value_or(Duration::zero());
    rule.off_delay = reader.duration("off_delay", milliseconds(0), kLongestDelay).value_or(Duration::zero());
    rule.latch = reader.boolean("latch").value_or(false);
    rule.alarm = reader.boolean("alarm").value_or(true);
    rule.promise = reader.duration("promise", seconds(1), hours(24)).value_or(Duration::zero());
    rule.schedule = read_schedule(reader);
    // A battery can wait when the bus is short of time, a cover cannot.
    rule.safety = reader.boolean("safety").value_or(rule.severity != Severity::kMinor);
    draft.point = reader.name("point").value_or("");
    draft.role = reader.parsed("role", parse_role).value_or("");
    draft.selector_at = reader.has("point") ? reader.at("point") : reader.at("role");
    if (reader.has("point") && reader.has("role")) {
        reader.error("role", "point and role put each other out: give one of them");
    }
}

/// What the kind cannot do without.
void find_missing(Reader& reader, RuleDraft& draft) {
    if (!draft.kind) {
        draft.missing.emplace_back("kind");
        return;
    }
    const auto need = [&](std::string_view key) {
        if (!reader.has(key)) {
            draft.missing.emplace_back(key);
        }
    };
    switch (*draft.kind) {
        case RuleKind::kRate:
            need("per");
            [[fallthrough]];
        case RuleKind::kAbove:
        case RuleKind::kBelow:
            if (!reader.has("limit") && !reader.has("levels")) {
                draft.missing.emplace_back("limit (or levels)");
            }
            break;
        case RuleKind::kOutside:
            need("low");
            need("high");
            break;
        case RuleKind::kEquals:
            need("values");
            break;
        case RuleKind::kJump:
        case RuleKind::kGrowth:
            if (!reader.has("limit") && !reader.has("levels")) {
                draft.missing.emplace_back("limit (or levels)");
            }
            break;
        case RuleKind::kMoved:
            if (!reader.has("angle") && !reader.has("levels")) {
                draft.missing.emplace_back("angle (or levels)");
            }
            break;
        case RuleKind::kOccupied:
            if (!reader.has("dwell") && !reader.has("levels")) {
                draft.missing.emplace_back("dwell (or levels)");
            }
            break;
        case RuleKind::kSilent:
        case RuleKind::kStuck:
            need("for");
            break;
        case RuleKind::kCount:
            need("at_least");
            [[fallthrough]];
        case RuleKind::kAll:
        case RuleKind::kAny:
            need("of");
            break;
        case RuleKind::kBit:
        case RuleKind::kAnomaly:
            break;
    }
    if (*draft.kind != RuleKind::kSilent && !is_group(*draft.kind) && draft.point.empty() &&
        draft.role.empty() && draft.points.empty()) {
        draft.missing.emplace_back(draft.kind == RuleKind::kAnomaly ? "point (or role, or points)"
                                                                    : "point (or role)");
    }
}

void check_kind_keys(Reader& reader, const RuleDraft& draft) {
    for (const KindKey& each : kind_keys()) {
        const bool fits =
            !draft.kind || std::find(each.kinds.begin(), each.kinds.end(), *draft.kind) != each.kinds.end();
        if (reader.has(each.key) && !fits) {
            reader.error(each.key, fmt::format("{} means nothing in a rule of kind \"{}\"", each.key,
                                               to_string(*draft.kind)));
        }
    }
}

}  // namespace

void overlay_rule(Node& below, const Node& above) {
    const auto put_out = [&](std::string_view winner, std::initializer_list<std::string_view> losers) {
        if (above.find(winner) == nullptr) {
            return;
        }
        std::erase_if(below.entries, [losers](const Entry& entry) {
            return std::find(losers.begin(), losers.end(), entry.key) != losers.end();
        });
    };
    put_out("limit", {"levels"});
    put_out("levels", {"limit", "severity"});
    put_out("point", {"role", "points"});
    put_out("role", {"point", "points"});
    put_out("points", {"point", "role"});
    overlay(below, above);
    below.at = above.at;
}

RuleDraft read_rule(const std::string& name, const Node& merged, Report& report, const std::string& owner) {
    const std::string subject = (owner.empty() ? "" : owner + ": ") + "rule " + in_quotes(name);
    RuleDraft draft;
    draft.name = name;
    draft.at = merged.at;
    draft.rule.name = name;
    if (merged.kind != Node::Kind::kTable) {
        report.error(merged.at, fmt::format("{}: must be a table; found {}", subject, describe(merged)));
        draft.sound = false;
        return draft;
    }
    const std::size_t before = report.error_count();
    Reader reader(merged, "rule", subject, report);
    draft.kind = read_kind(reader);
    const bool kind_known = !reader.has("kind") || draft.kind;
    read_limits(reader, draft, report);
    read_kind_settings(reader, draft);
    read_common(reader, draft);
    draft.rule.texts = std::make_shared<const RuleText>(read_rule_text(reader, name, report));
    read_anomaly(reader, draft);
    draft.action = read_action(reader, draft.rule);
    if (draft.kind == RuleKind::kJump && draft.rule.on_delay > Duration::zero()) {
        reader.error("on_delay",
                     "on_delay means nothing in a rule of kind \"jump\": the next value is no jump");
    }
    if (const auto open = longest_open(draft.rule.schedule); open && draft.rule.on_delay >= *open) {
        reader.error(
            "schedule",
            fmt::format("schedule is open for {} at most, and on_delay ({}) begins anew with each: the "
                        "rule could never raise; write longer times or a shorter on_delay",
                        readable(*open), readable(draft.rule.on_delay)));
    }
    if (draft.kind == RuleKind::kSilent && reader.has("schedule")) {
        reader.error("schedule", "schedule means nothing in a rule of kind \"silent\": silence has no hours");
    }
    if (draft.kind == RuleKind::kAnomaly && reader.has("promise")) {
        reader.error(
            "promise",
            "promise means nothing in a rule of kind \"anomaly\": nobody can say how soon the unusual "
            "shows; use a limit");
    }
    if (draft.kind == RuleKind::kGrowth && reader.has("promise")) {
        reader.error("promise",
                     "promise means nothing in a rule of kind \"growth\": it is judged day by day");
    }
    if (draft.kind && is_group(*draft.kind) && (reader.has("point") || reader.has("role"))) {
        reader.error(reader.has("point") ? "point" : "role",
                     "point and role mean nothing in a rule that judges other rules (of)");
    }
    if (kind_known) {
        check_kind_keys(reader, draft);
        find_missing(reader, draft);
    }
    draft.rule.kind = draft.kind.value_or(RuleKind::kAbove);
    reader.finish();
    draft.sound = report.error_count() == before;
    return draft;
}

}  // namespace gengfu::config
