#include "governance/ingest/figures.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "daemon/core/plain_text.hpp"

namespace gengfu::ingest {
namespace {

using Counter = std::atomic<std::uint64_t> LaneFigures::*;

struct LaneCounter {
    const char* name;
    const char* help;
    Counter counter;
};
constexpr std::array<LaneCounter, 12> kCounters{{
    {"messages", "MQTT messages received.", &LaneFigures::messages},
    {"records", "Records committed for the first time.", &LaneFigures::records},
    {"duplicates", "Records that came again and were left out.", &LaneFigures::duplicates},
    {"samples", "Samples committed.", &LaneFigures::samples},
    {"transitions", "Alarm transitions committed.", &LaneFigures::transitions},
    {"quarantined", "Messages that could not be stored and were kept with the reason, or counted.",
     &LaneFigures::quarantined},
    {"quarantine_only_counted",
     "Messages that could not be stored, and for which there was no room in quarantine.",
     &LaneFigures::only_counted},
    {"parked", "Batches kept until their catalogue is known.", &LaneFigures::parked},
    {"turned_away",
     "Batches without a known catalogue for which there was no room; not confirmed, so their gateway keeps "
     "them.",
     &LaneFigures::turned_away},
    {"unparked", "Parked batches put in place.", &LaneFigures::unparked},
    {"transactions", "Transactions committed.", &LaneFigures::transactions},
    {"failed_transactions", "Transactions that failed and were tried again.", &LaneFigures::failures},
}};

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
    fmt::format_to(std::back_inserter(out), "# HELP gengfu_ingest_{} {}\n# TYPE gengfu_ingest_{} {}\n", name,
                   help, name, type);
}

void single(std::string& out, std::string_view name, std::string_view help, std::string_view type,
            std::int64_t value) {
    head(out, name, help, type);
    fmt::format_to(std::back_inserter(out), "gengfu_ingest_{} {}\n", name, value);
}

template <class Value>
void by_lane(std::string& out, std::string_view name, Value value) {
    for (std::size_t i = 0; i < kLaneNames.size(); ++i) {
        fmt::format_to(std::back_inserter(out), "gengfu_ingest_{}{{lane=\"{}\"}} {}\n", name, kLaneNames[i],
                       value(i));
    }
}

/// ": why", in one line.
std::string because(const Words& words) {
    std::string why = words.get();
    return why.empty() ? why : ": " + to_plain(why);
}

constexpr std::int64_t kSlowWrite = 10'000'000;
constexpr std::int64_t kStuckAfter =
    60'000'000;  // a turn takes well below a second, an attempt to connect 20

}  // namespace

std::int64_t steady_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::string to_prometheus(const Figures& figures) {
    std::string out;
    for (const LaneCounter& counter : kCounters) {
        const std::string name = fmt::format("{}_total", counter.name);
        head(out, name, counter.help, "counter");
        by_lane(out, name, [&](std::size_t i) { return (figures.lanes[i].*counter.counter).load(); });
    }
    head(out, "commit_seconds_total", "Time spent in transactions.", "counter");
    by_lane(out, "commit_seconds_total", [&](std::size_t i) {
        constexpr double kMicro = 1e-6;
        return static_cast<double>(figures.lanes[i].commit_us.load()) * kMicro;
    });
    head(out, "broker_up", "Whether the lane is connected to a broker.", "gauge");
    by_lane(out, "broker_up", [&](std::size_t i) { return figures.lanes[i].broker_up.load() ? 1 : 0; });
    head(out, "database_up", "Whether the lane's database answers.", "gauge");
    by_lane(out, "database_up", [&](std::size_t i) { return figures.lanes[i].database_up.load() ? 1 : 0; });
    const auto number = [](const std::atomic<std::uint64_t>& value) {
        return static_cast<std::int64_t>(value.load());
    };
    single(out, "confirms_total", "Confirmations published.", "counter", number(figures.confirms));
    single(out, "rebirths_total", "Births and catalogues asked for.", "counter", number(figures.rebirths));
    single(out, "resends_total", "Lost records asked for.", "counter", number(figures.resends));
    single(out, "superseded_total", "Alarms closed because a birth no longer lists them.", "counter",
           number(figures.superseded));
    single(out, "silent_gateways", "Gateways without a word.", "gauge", figures.silent.load());
    const std::vector<Offender> offenders = figures.offenders.get();
    head(out, "offender_messages",
         "Messages of a gateway that could not be stored; gateway \"\": unknown ones.", "gauge");
    for (const Offender& one : offenders) {
        fmt::format_to(std::back_inserter(out), "gengfu_ingest_offender_messages{{gateway=\"{}\"}} {}\n",
                       one.gateway, one.told);
    }
    const std::vector<TurnedAway::Gateway> waiting = figures.turned_away.get();
    head(out, "turned_away_batches",
         "Batches of a gateway without a known catalogue that found no room; one that comes again counts "
         "again.",
         "gauge");
    for (const TurnedAway::Gateway& one : waiting) {
        fmt::format_to(std::back_inserter(out), "gengfu_ingest_turned_away_batches{{gateway=\"{}\"}} {}\n",
                       one.gateway, one.turned_away);
    }
    return out;
}

bool all_move(const Figures& figures, std::int64_t now_us) {
    for (const LaneFigures& lane : figures.lanes) {
        const bool in_database = lane.waiting_us != 0 || lane.writing_us != 0;
        if (!in_database && lane.alive_us != 0 && now_us - lane.alive_us > kStuckAfter) {
            return false;
        }
    }
    return true;
}

Health health_of(const Figures& figures, std::int64_t now_us) {
    Health health;
    const auto wrong = [&](std::string line) {
        health.good = false;
        health.text += line + "\n";
    };
    for (std::size_t i = 0; i < kLaneNames.size(); ++i) {
        const LaneFigures& lane = figures.lanes[i];
        const std::int64_t waiting = lane.waiting_us.load();
        const char* const name = kLaneNames[i];
        if (!lane.database_up) {
            wrong(
                waiting == 0
                    ? fmt::format("{}: not connected to the database yet", name)
                    : fmt::format(
                          "{}: the database takes nothing since {} s, so nothing is read and nothing lost{}",
                          name, (now_us - waiting) / 1'000'000, because(lane.database_trouble)));
        }
        if (!lane.broker_up) {
            wrong(fmt::format("{}: not connected to a broker{}", name, because(lane.broker_trouble)));
        }
        const std::int64_t writing = lane.writing_us.load();
        if (writing != 0 && now_us - writing > kSlowWrite) {
            wrong(fmt::format("{}: the database has not answered for {} s", kLaneNames[i],
                              (now_us - writing) / 1'000'000));
        } else if (waiting == 0 && writing == 0 && lane.alive_us != 0 &&
                   now_us - lane.alive_us > kStuckAfter) {
            wrong(fmt::format("{}: has not moved for {} s", kLaneNames[i],
                              (now_us - lane.alive_us) / 1'000'000));
        }
    }
    if (const std::string trouble = figures.name_trouble.get(); !trouble.empty()) {
        wrong(trouble);
    }
    if (!figures.can_remember) {
        wrong(
            "the state file cannot be written (see the log): nothing is confirmed to gateways, nothing lost");
    }
    if (health.good) {
        health.text = "ok\n";
    }
    for (const Offender& one : figures.offenders.get()) {
        if (one.is_recent) {
            health.text += fmt::format(
                "quarantine: {} messages of {} could not be stored ({} of them only counted), the last: {}\n",
                one.told,
                one.gateway.empty() ? "unknown gateways (" + to_plain(one.names) + ")"
                                    : "gateway " + one.gateway,
                one.only_counted, to_plain(one.last_reason));
        }
    }
    for (const TurnedAway::Gateway& one : figures.turned_away.get()) {
        if (one.is_recent) {
            health.text += fmt::format(
                "parked: {} batches of gateway {} wait for their catalogue, and {} times one was turned away "
                "for "
                "want of room; the gateway keeps it; the last wants catalogue {}\n",
                one.kept, one.gateway, one.turned_away, to_plain(one.last_hash));
        }
    }
    return health;
}

}  // namespace gengfu::ingest
