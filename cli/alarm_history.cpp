// `gengfu alarms --history`: the figures of the alarm load, from the record.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/alarm_load.hpp"
#include "cli/commands.hpp"
#include "cli/opened_record.hpp"
#include "cli/span.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr std::array kGravestFirst{Severity::kCritical, Severity::kMajor, Severity::kModerate,
                                   Severity::kMinor};

json key_json(const alarms::Key& key, const config::Text& title) {
    return {{"device", key.device},
            {"point", key.point},
            {"rule", key.rule},
            {"title", {{"zh", title.zh}, {"en", title.en}}}};
}

json seconds_json(const std::optional<Duration>& span) {
    return span ? json(std::chrono::duration<double>(*span).count()) : json(nullptr);
}

json list_json(const std::vector<FrequentAlarm>& list) {
    json out = json::array();
    for (const FrequentAlarm& one : list) {
        out.push_back(key_json(one.key, one.title));
        out.back()["calls"] = one.calls;
    }
    return out;
}

std::string name_of(const alarms::Key& key, const config::Text& title) {
    return printable(key.device + (key.point.empty() ? "" : "/" + key.point) + " " + key.rule +
                     (title.en.empty() ? "" : " (" + title.en + ")"));
}

std::string list_text(const char* head, const std::vector<FrequentAlarm>& list) {
    std::string text = list.empty() ? "" : fmt::format("\n{}\n", head);
    for (const FrequentAlarm& one : list) {
        text += fmt::format("  {:>6}  {}\n", one.calls, name_of(one.key, one.title));
    }
    return text;
}

std::string standing_text(const AlarmLoad& load, const LocalTime& time) {
    std::string text = fmt::format("\nstanding              {} active, {} of them for 24 h or longer\n",
                                   load.standing.size(), load.stale);
    for (const StandingAlarm& one : load.standing) {
        text += fmt::format("  since {}  {:<8}  {}{}\n", time.of(one.since), to_string(one.severity),
                            name_of(one.key, one.title), one.acknowledged ? "" : ", unacknowledged");
    }
    return text;
}

std::string severities(const AlarmLoad& load) {
    std::string text;
    for (std::size_t i = 0; i < kGravestFirst.size(); ++i) {
        const double share = load.calls == 0 ? 0
                                             : 100 * static_cast<double>(load.by_severity.at(i)) /
                                                   static_cast<double>(load.calls);
        text += fmt::format("{}{} {} ({:.0f} %)", i == 0 ? "" : ", ", to_string(kGravestFirst.at(i)),
                            load.by_severity.at(i), share);
    }
    return text;
}

}  // namespace

std::string load_json(const AlarmLoad& load, const Unusable& unusable) {
    json standing = json::array();
    for (const StandingAlarm& one : load.standing) {
        standing.push_back(key_json(one.key, one.title));
        standing.back()["severity"] = std::string(to_string(one.severity));
        standing.back()["since"] = to_iso8601(one.since);
        standing.back()["acknowledged"] = one.acknowledged;
    }
    json by_severity;
    for (std::size_t i = 0; i < kGravestFirst.size(); ++i) {
        by_severity[std::string(to_string(kGravestFirst.at(i)))] = load.by_severity.at(i);
    }
    const json out{{"after", "EEMUA 191"},
                   {"from", to_iso8601(load.from)},
                   {"until", to_iso8601(load.until)},
                   {"calls", load.calls},
                   {"raises", load.raises},
                   {"average_per_10min", load.average},
                   {"peak_in_10min", load.peak},
                   {"peak_from", load.peak_from ? json(to_iso8601(*load.peak_from)) : json(nullptr)},
                   {"flood_share", load.flood_share},
                   {"by_severity", std::move(by_severity)},
                   {"most_frequent", list_json(load.most_frequent)},
                   {"most_frequent_share", load.most_frequent_share},
                   {"chattering", list_json(load.chattering)},
                   {"standing", std::move(standing)},
                   {"stale", load.stale},
                   {"acknowledged", load.acknowledged},
                   {"unanswered", load.unanswered},
                   {"time_to_acknowledge_seconds",
                    {{"median", seconds_json(load.ack_median)},
                     {"p95", seconds_json(load.ack_p95)},
                     {"longest", seconds_json(load.ack_longest)}}},
                   {"unusable_records", unusable.sum()}};
    return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string load_text(const AlarmLoad& load, const Unusable& unusable, const LocalTime& time) {
    std::string text =
        fmt::format("{} to {}, after EEMUA 191 (targets are for one operator)\n\n", time.of(load.from),
                    time.of(load.until)) +
        fmt::format("alarms                {} that called somebody; conditions came {}\n", load.calls,
                    load.raises == 1 ? "once" : std::to_string(load.raises) + " times") +
        fmt::format("rate in 10 minutes    {:.2f} on average (target: at most {:.0f}), {} at the peak{}\n",
                    load.average, kSteady, load.peak,
                    load.peak_from ? " from " + time.of(*load.peak_from) : "") +
        fmt::format("flood                 {:.1f} % of the time (more than {} in 10 minutes)\n",
                    100 * load.flood_share, kFlood) +
        fmt::format("severity              {}\n", severities(load));
    text += "time to acknowledge   ";
    text += load.ack_median
                ? fmt::format("half within {}, 95 % within {}, longest {}", in_seconds(*load.ack_median),
                              in_seconds(*load.ack_p95), in_seconds(*load.ack_longest))
                : "nothing was acknowledged";
    text += fmt::format("; {} not acknowledged\n", load.unanswered);
    text += list_text(fmt::format("most frequent ({:.0f} % of all)", 100 * load.most_frequent_share).c_str(),
                      load.most_frequent);
    text += list_text("chattered", load.chattering);
    text += standing_text(load, time);
    if (unusable.sum() != 0) {
        text += paint(Colour::kYellow, counted(static_cast<std::ptrdiff_t>(unusable.sum()), "record") +
                                           " left out: damaged, or of an unknown time") +
                "\n";
    }
    return text;
}

int alarm_history(const Common& common, const HistoryWish& wish) {
    std::optional<Duration> span;
    if (!wish.since.empty()) {
        const Result<Duration> told = span_of(wish.since);
        if (!told) {
            complain(told.error().what);
            return kWrongUsage;
        }
        span = *told;
    }
    const Result<OpenedRecord> record = open_record(common, wish.folder);
    if (!record) {
        complain(record.error().what);
        return kFailed;
    }
    RecordSource& source = *record->source;
    RecordedHistory& history = *record->history;
    for (const std::string& trouble : source.troubles()) {
        complain(printable(trouble));
    }
    const Wall now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const std::vector<DatedTransition>& all = history.transitions();
    // A store that was copied ends when it was copied, not now.
    const Wall until = wish.folder.empty() || !history.newest_event() ? now : *history.newest_event();
    Wall from = history.oldest_event().value_or(until);
    if (span) {
        from = std::max(from, until - std::chrono::duration_cast<Wall::duration>(*span));
    }
    const AlarmLoad load = alarm_load(all, std::min(from, until), until);
    print(common.format == Format::kJson ? load_json(load, history.unusable())
                                         : load_text(load, history.unusable(), time_of_gateway(common)));
    return kDone;
}

}  // namespace gengfu::cli
