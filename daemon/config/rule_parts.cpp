#include "daemon/config/rule_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

constexpr double kAny = std::numeric_limits<double>::max();
constexpr double kMostTimes = 1e9;  ///< of another point: beyond sense, and within a double times any reading
constexpr std::size_t kMaxMembers = 64;
constexpr std::size_t kMaxSpans = 16;
constexpr int kDayMinutes = 24 * 60;
constexpr int kWeekMinutes = 7 * kDayMinutes;
constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<int> parse_day(std::string_view text) {
    const auto found = std::find(kDays.begin(), kDays.end(), text);
    return found == kDays.end() ? std::nullopt : std::optional(static_cast<int>(found - kDays.begin()));
}

/// "mon-fri", "sat,sun": which days, from Monday.
std::optional<std::array<bool, 7>> parse_days(std::string_view text) {
    std::array<bool, 7> days{};
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const std::size_t dash = part.find('-');
        const auto first = parse_day(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse_day(part.substr(dash + 1));
        if (!first || !last) {
            return std::nullopt;
        }
        for (int day = *first;; day = (day + 1) % 7) {
            days.at(static_cast<std::size_t>(day)) = true;
            if (day == *last) {
                break;
            }
        }
    }
    return days;
}

/// "02:00", "24:00": minutes of a day.
std::optional<int> parse_minute(std::string_view text) {
    constexpr std::size_t kLength = 5;
    int hour = 0;
    int minute = 0;
    if (text.size() != kLength || text[2] != ':') {
        return std::nullopt;
    }
    const auto number = [](std::string_view digits, int& out) {
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out);
        return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && out >= 0;
    };
    if (!number(text.substr(0, 2), hour) || !number(text.substr(3), minute) || minute > 59) {
        return std::nullopt;
    }
    const int of_day = 60 * hour + minute;
    return of_day <= kDayMinutes ? std::optional(of_day) : std::nullopt;
}

void add_span(std::vector<WeekSpan>& spans, int from, int to) {
    const auto add = [&](int a, int b) {
        spans.push_back({static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b)});
    };
    if (to <= kWeekMinutes) {
        add(from, to);
    } else {  // Sunday night into Monday
        add(from, kWeekMinutes);
        add(0, to - kWeekMinutes);
    }
}

/// "rule", "device/rule", "not device/rule"
std::optional<MemberDraft> parse_member(const Node& node) {
    constexpr std::string_view kNot = "not ";
    MemberDraft member;
    member.at = node.at;
    std::string_view rest = node.text;
    member.negated = rest.starts_with(kNot);
    rest.remove_prefix(member.negated ? kNot.size() : 0);
    const std::size_t slash = rest.find('/');
    const bool named = slash != std::string_view::npos;
    member.device = named ? std::string(rest.substr(0, slash)) : "";
    member.rule = std::string(named ? rest.substr(slash + 1) : rest);
    const bool sound =
        node.kind == Node::Kind::kString && parse_name(member.rule) && (!named || parse_name(member.device));
    return sound ? std::optional(std::move(member)) : std::nullopt;
}

}  // namespace

Result<std::vector<WeekSpan>> parse_schedule(std::string_view text) {
    const auto refuse = [] {
        return fail(Errc::kInvalid,
                    "times of day, with days before them where it is not every day: \"02:00-04:00\", "
                    "\"mon-fri 22:00-06:00\", \"sat,sun 08:00-24:00\"");
    };
    const std::size_t blank = text.find(' ');
    std::array<bool, 7> days{true, true, true, true, true, true, true};
    if (blank != std::string_view::npos) {
        const auto named = blank == 0 ? std::nullopt : parse_days(text.substr(0, blank));
        if (!named) {
            return refuse();
        }
        days = *named;
        text.remove_prefix(blank + 1);
    }
    const std::size_t dash = text.find('-');
    const auto from = parse_minute(text.substr(0, dash));
    const auto to = dash == std::string_view::npos ? std::nullopt : parse_minute(text.substr(dash + 1));
    if (!from || !to || *from == *to || *from == kDayMinutes) {
        return refuse();
    }
    std::vector<WeekSpan> spans;
    for (int day = 0; day < 7; ++day) {
        if (days.at(static_cast<std::size_t>(day))) {
            const int begin = day * kDayMinutes;
            add_span(spans, begin + *from, begin + *to + (*to < *from ? kDayMinutes : 0));
        }
    }
    return spans;
}

std::optional<Duration> longest_open(const std::vector<WeekSpan>& schedule) {
    std::vector<bool> open(kWeekMinutes, schedule.empty());
    for (const WeekSpan& span : schedule) {
        std::fill(open.begin() + span.from, open.begin() + span.to, true);
    }
    if (std::find(open.begin(), open.end(), false) == open.end()) {
        return std::nullopt;
    }
    int run = 0;
    int longest = 0;
    for (int minute = 0; minute < 2 * kWeekMinutes; ++minute) {  // twice: Sunday night goes on on Monday
        run = open[static_cast<std::size_t>(minute % kWeekMinutes)] ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return std::chrono::minutes(longest);
}

std::vector<WeekSpan> read_schedule(Reader& reader) {
    const Node* const node = reader.any("schedule");
    std::vector<WeekSpan> spans;
    if (node == nullptr) {
        return spans;
    }
    std::vector<std::string> texts;
    if (node->kind == Node::Kind::kString) {
        texts.push_back(node->text);
    } else {
        texts = reader.texts("schedule", kMaxSpans);
        if (texts.empty() && node->kind == Node::Kind::kList && node->items.empty()) {
            reader.error("schedule", "schedule must not be empty: the rule could never raise");
        }
    }
    for (const std::string& text : texts) {
        const auto parsed = parse_schedule(text);
        if (!parsed) {
            reader.error("schedule",
                         fmt::format("schedule must be {}; found {}", parsed.error().what, in_quotes(text)));
            continue;
        }
        spans.insert(spans.end(), parsed->begin(), parsed->end());
    }
    return spans;
}

std::optional<Level> read_level_limit(Reader& reader, std::string_view key, RuleKind kind,
                                      std::string& limit_of) {
    const Node* const node = reader.any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->kind != Node::Kind::kTable) {
        const auto limit = reader.number(key, -kAny, kAny);
        return limit ? std::optional<Level>({*limit, Severity::kMinor, 0}) : std::nullopt;
    }
    if (kind != RuleKind::kAbove && kind != RuleKind::kBelow) {
        reader.error(key,
                     "a limit is taken from another point by rules of kind \"above\" and \"below\" only");
        return std::nullopt;
    }
    Reader from(*node, "rule.limit", reader.subject() + ": limit", reader.report());
    from.require("times");
    from.require("of");
    const auto times = from.number("times", -kMostTimes, kMostTimes);
    const auto of = from.name("of");
    from.finish();
    if (times && *times <= 0) {
        from.error("times", "times must be above 0");
        return std::nullopt;
    }
    if (of && !limit_of.empty() && limit_of != *of) {
        from.error("of", fmt::format("all limits of a rule are taken from one point: {} or {}",
                                     in_quotes(limit_of), in_quotes(*of)));
        return std::nullopt;
    }
    if (!times || !of) {
        return std::nullopt;
    }
    limit_of = *of;
    return Level{0, Severity::kMinor, *times};
}

std::optional<double> read_first_limit(Reader& reader, const RuleDraft& draft) {
    const auto angle = reader.number("angle", 0, kHalfTurn);
    const auto dwell = reader.duration("dwell", std::chrono::seconds(1), kLongestDwell);
    if (draft.kind == RuleKind::kMoved) {
        return angle;
    }
    if (draft.kind == RuleKind::kOccupied && dwell) {
        return std::chrono::duration<double>(*dwell).count();
    }
    return std::nullopt;
}

void read_group(Reader& reader, RuleDraft& draft) {
    draft.of_at = reader.at("of");
    draft.rule.within = reader.duration("within", std::chrono::milliseconds(0), std::chrono::hours(24 * 7))
                            .value_or(Duration::zero());
    draft.rule.at_least = static_cast<std::size_t>(reader.integer("at_least", 1, kMaxMembers).value_or(1));
    const Node* const of = reader.list("of", kMaxMembers);
    for (const Node& item : of == nullptr ? std::vector<Node>{} : of->items) {
        std::optional<MemberDraft> member = parse_member(item);
        if (!member) {
            reader.report().error(item.at, fmt::format("{}: of must list rules: \"rule\" of the same device, "
                                                       "\"device/rule\", \"not device/rule\"; found {}",
                                                       reader.subject(), describe(item)));
            continue;
        }
        draft.members.push_back(std::move(*member));
    }
    const Node* const list = reader.any("of");
    if (list != nullptr && list->kind == Node::Kind::kList && list->items.empty()) {
        reader.error("of", "of must not be empty");
    }
    const auto positive = [](const MemberDraft& member) { return !member.negated; };
    if (!draft.members.empty() && std::none_of(draft.members.begin(), draft.members.end(), positive)) {
        reader.error("of", "of must have a rule without \"not\": something has to begin it");
    }
    if (draft.kind == RuleKind::kCount && reader.has("of") && draft.rule.at_least > draft.members.size()) {
        reader.error({"at_least", "of"}, fmt::format("at_least ({}) is more than the rules of the list ({})",
                                                     draft.rule.at_least, draft.members.size()));
    }
}

}  // namespace gengfu::config
