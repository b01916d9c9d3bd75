#include "daemon/console/page.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/config/self_device.hpp"
#include "daemon/console/bus_metrics.hpp"
#include "daemon/console/exposition.hpp"
#include "daemon/rules/blind_words.hpp"

namespace gengfu::console {
namespace {

using nlohmann::json;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

void add_gateway(Exposition& out, const control::Daemon& daemon) {
    const Moment now = daemon.now();
    out.family("gengfu_info", Kind::kGauge, "1; which gateway, and what it runs.");
    out.sample(std::uint64_t{1}, {{"gateway", daemon.site->gateway.id},
                                  {"version", daemon.version},
                                  {"configuration", daemon.configuration_hash}});
    out.family("gengfu_start_number", Kind::kGauge, "One more at each start of this store.");
    out.sample(daemon.start);
    out.family("gengfu_running_seconds", Kind::kGauge, "Since the start.");
    out.sample(seconds(now.monotonic - daemon.started));
    out.family("gengfu_clock_known", Kind::kGauge, "1 while the wall time can be trusted.");
    out.sample(now.wall ? 1.0 : 0.0);
    out.family("gengfu_configuration_refused", Kind::kGauge,
               "1 while the last accepted configuration runs in place of the one in the files.");
    out.sample(daemon.configuration_trouble.empty() ? 0.0 : 1.0);
}

void add_alarms(Exposition& out, const control::Daemon& daemon) {
    std::uint64_t standing = 0, active = 0, unacknowledged = 0;
    for (const alarms::Alarm* alarm : daemon.alarms().standing()) {
        ++standing;
        active += alarm->active ? 1U : 0U;
        unacknowledged += alarm->acknowledged ? 0U : 1U;
    }
    out.family("gengfu_alarms", Kind::kGauge, "Alarms that stand, and how many of them are so.");
    out.sample(standing, {{"state", "standing"}});
    out.sample(active, {{"state", "active"}});
    out.sample(unacknowledged, {{"state", "unacknowledged"}});
}

void add_blind(Exposition& out, const control::Daemon& daemon) {
    if (!daemon.blind) {
        return;
    }
    using rules::BlindBy;
    constexpr std::array kAll{BlindBy::kLimit, BlindBy::kValue, BlindBy::kDirection, BlindBy::kMember,
                              BlindBy::kLearning};
    std::array<std::uint64_t, kAll.size()> count{};
    for (const rules::Blind& one : daemon.blind()) {
        ++count.at(static_cast<std::size_t>(one.by));
    }
    out.family("gengfu_rules_not_judging", Kind::kGauge,
               "Rules that can raise nothing now, for want of what.");
    for (const BlindBy by : kAll) {
        out.sample(count.at(static_cast<std::size_t>(by)), {{"for_want_of", std::string(to_string(by))}});
    }
}

void add_store(Exposition& out, const control::Daemon& daemon) {
    const store::Usage usage = daemon.store();
    out.family("gengfu_store_healthy", Kind::kGauge, "1 while the disk takes records.");
    out.sample(usage.trouble.empty() ? 1.0 : 0.0);
    out.family("gengfu_store_bytes", Kind::kGauge, "On disk.");
    out.sample(usage.bytes);
    out.family("gengfu_store_limit_bytes", Kind::kGauge, "size_limit of [store].");
    out.sample(daemon.site->store.size_limit_bytes);
    out.family("gengfu_store_pending_records", Kind::kGauge, "Not yet confirmed by every consumer.");
    out.sample(usage.events_pending, {{"stream", "event"}});
    out.sample(usage.telemetry_pending, {{"stream", "telemetry"}});
    out.family("gengfu_store_abandoned_records_total", Kind::kCounter, "Given up for want of room.");
    out.sample(usage.records_abandoned);
    out.family("gengfu_store_commits_total", Kind::kCounter, "Transactions synced to disk.");
    out.sample(usage.commits);
    out.family("gengfu_store_last_commit_seconds", Kind::kGauge, "How long the last one took.");
    out.sample(seconds(usage.last_commit));
}

void add_publisher(Exposition& out, const control::Daemon& daemon) {
    const publish::PublisherStatus link = daemon.publisher();
    out.family("gengfu_broker_connected", Kind::kGauge, "1 while a broker is connected.");
    out.sample(link.connected ? 1.0 : 0.0);
    out.family("gengfu_broker_in_flight", Kind::kGauge, "Messages without their PUBACK.");
    out.sample(link.in_flight);
    out.family("gengfu_broker_waiting_records", Kind::kGauge, "To be sent.");
    out.sample(link.events_waiting, {{"stream", "event"}});
    out.sample(link.telemetry_waiting, {{"stream", "telemetry"}});
    out.family("gengfu_broker_published_total", Kind::kCounter, "Messages handed to a broker.");
    out.sample(link.published);
    out.family("gengfu_broker_acknowledged_total", Kind::kCounter, "Of those with PUBACK.");
    out.sample(link.acknowledged);
    out.family("gengfu_broker_refused_total", Kind::kCounter, "Messages that a broker refused.");
    out.sample(link.refused);
}

}  // namespace

std::string metrics(const control::Daemon& daemon) {
    Exposition out;
    add_gateway(out, daemon);
    add_alarms(out, daemon);
    add_blind(out, daemon);
    add_buses(out, daemon);
    add_store(out, daemon);
    add_publisher(out, daemon);
    return out.take();
}

Page health(const control::Daemon& daemon) {
    std::vector<std::string> trouble;
    bool fails = false;
    std::size_t lines = 0, open = 0;
    for (std::uint32_t i = 0; i < daemon.site->buses.size(); ++i) {
        const config::Bus& bus = daemon.site->buses[i];
        if (config::is_self(bus)) {
            continue;
        }
        const sampling::BusSnapshot seen = daemon.bus(BusId{i});
        ++lines;
        open += seen.open ? 1U : 0U;
        if (!seen.trouble.empty()) {
            trouble.push_back("bus " + bus.name + ": " + seen.trouble);
        } else if (!seen.open) {
            trouble.push_back("bus " + bus.name + ": not open");
        }
    }
    if (lines > 0 && open == 0) {
        fails = true;
    }
    if (const store::Usage usage = daemon.store(); !usage.trouble.empty()) {
        fails = true;
        trouble.push_back("store: " + usage.trouble);
    }
    if (const publish::PublisherStatus link = daemon.publisher();
        !daemon.site->mqtt.brokers.empty() && (!link.connected || !link.trouble.empty())) {
        trouble.push_back("broker: " + (link.trouble.empty() ? "not connected" : link.trouble));
    }
    if (!daemon.configuration_trouble.empty()) {
        trouble.push_back("configuration: " + daemon.configuration_trouble);
    }
    const char* const word = fails ? "failing" : trouble.empty() ? "ok" : "degraded";
    return {
        fails ? 503U : 200U, "application/json",
        json{{"status", word}, {"trouble", trouble}}.dump(-1, ' ', false, json::error_handler_t::replace) +
            "\n"};
}

Page page(const control::Daemon& daemon, std::string_view path) {
    if (path == "/metrics") {
        return {200, kMetricsType, metrics(daemon)};
    }
    if (path == "/healthz") {
        return health(daemon);
    }
    return {404, "text/plain; charset=utf-8", "There is /metrics and /healthz.\n"};
}

}  // namespace gengfu::console
