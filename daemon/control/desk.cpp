#include "daemon/control/desk.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "daemon/config/text.hpp"
#include "daemon/control/alarm_desk.hpp"
#include "daemon/control/alarm_json.hpp"
#include "daemon/control/bounds.hpp"
#include "daemon/control/calibrate_desk.hpp"
#include "daemon/control/history_desk.hpp"
#include "daemon/control/line_desk.hpp"
#include "daemon/rules/blind_words.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kHealth{"unknown", "online", "degraded", "offline"};

json error(const std::string& what) {
    return {{"error", what}};
}

/// Bytes that are no UTF-8 (from a request, from a device) are replaced, never thrown over.
std::string line_of(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

json optional_seconds(const std::optional<Duration>& duration) {
    return duration ? json(seconds(*duration)) : json(nullptr);
}

/// From a change at the sensor to the verdict, at worst: what was seen, and what `gengfu check` promises.
json latency_json(const Daemon& daemon, DeviceId id, BusId bus, const sampling::UnitTraffic& traffic) {
    const Bounds bounds =
        bus.value < daemon.budgets.size() ? bounds_of(*daemon.site, id, daemon.budgets[bus.value]) : Bounds{};
    return {
        {"worst_seen",
         traffic.worst_reading > Duration::zero() ? json(seconds(traffic.worst_reading)) : json(nullptr)},
        {"worst_with_tool",
         traffic.worst_with_tool > Duration::zero() ? json(seconds(traffic.worst_with_tool)) : json(nullptr)},
        {"bound", optional_seconds(bounds.alive)},
        {"bound_one_dead", optional_seconds(bounds.one_dead)}};
}

json broken_json(const config::Site& site, const sampling::BrokenPromise& broken) {
    json slow = json::array();
    for (const sampling::SlowUnit& unit : broken.slow) {
        slow.push_back({{"device", site.device(unit.device).name},
                        {"reckoned_seconds", seconds(unit.reckoned)},
                        {"assumed", unit.assumed},
                        {"takes_seconds", seconds(unit.takes)},
                        {"write_seconds", seconds(unit.write)}});
    }
    const bool endless = broken.worst == Duration::max();
    const config::Text words = sampling::words_of(site, broken);
    return {{"point", site.point_name(broken.point)},
            {"promised_seconds", seconds(broken.promised)},
            {"worst_seconds", endless ? json(nullptr) : json(seconds(broken.worst))},
            {"seen", broken.seen},
            {"slow", std::move(slow)},
            {"message", words.en},
            {"message_zh", words.zh}};
}

json traffic_json(const sampling::UnitTraffic& traffic) {
    const sampling::ResponseHistogram& responses = traffic.responses;
    return {{"requests", traffic.requests},
            {"answers", traffic.answers},
            {"timeouts", traffic.timeouts},
            {"bad_frames", traffic.bad_frames},
            {"exceptions", traffic.exceptions},
            {"response_seconds",
             {{"p50", seconds(responses.quantile(0.5))},
              {"p95", seconds(responses.quantile(0.95))},
              {"p99", seconds(responses.quantile(0.99))},
              {"longest", seconds(responses.longest())}}}};
}

/// What the device's rules lack to judge.
json blind_json(const config::Site& site, const rules::BlindGroup& group) {
    json names = json::array();
    for (const RuleId id : group.rules) {
        names.push_back(site.rules[id.value].name);
    }
    const config::Text words = rules::words_of(site, group);
    json one{{"rules", std::move(names)},
             {"for_want_of", std::string(rules::to_string(group.by))},
             {"message", words.en},
             {"message_zh", words.zh}};
    if (group.point) {
        one["point"] = site.spec(*group.point).name;
        one["reason"] = std::string(to_string(group.reason));
    }
    if (group.member) {
        const config::Rule& member = site.rules[group.member->value];
        one["member"] = site.device(member.device).name + "/" + member.name;
    }
    return one;
}

using BlindByDevice = std::multimap<DeviceId, rules::BlindGroup>;

BlindByDevice blind_by_device(const Daemon& daemon) {
    BlindByDevice out;
    if (daemon.blind) {
        for (rules::BlindGroup& group : rules::gathered(*daemon.site, daemon.blind())) {
            const DeviceId device = group.device;
            out.emplace(device, std::move(group));
        }
    }
    return out;
}

std::size_t position_on_bus(const config::Site& site, DeviceId device) {
    return static_cast<std::size_t>(
        std::count_if(site.devices.begin(), site.devices.begin() + static_cast<std::ptrdiff_t>(device.value),
                      [&](const config::Device& other) { return other.bus == site.device(device).bus; }));
}

json bus_status(const Daemon& daemon, std::uint32_t index, const BlindByDevice& blind) {
    const config::Site& site = *daemon.site;
    const sampling::BusSnapshot seen = daemon.bus(BusId{index});
    json devices = json::array();
    std::size_t position = 0;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        const config::Device& device = site.devices[i];
        if (device.bus != BusId{index}) {
            continue;
        }
        const sampling::Health health =
            position < seen.devices.size() ? seen.devices[position] : sampling::Health::kUnknown;
        const sampling::UnitTraffic traffic =
            position < seen.units.size() ? seen.units[position] : sampling::UnitTraffic{};
        devices.push_back(
            {{"name", device.name},
             {"unit", device.unit},
             {"class", device.device_class},
             {"health", std::string(kHealth.at(static_cast<std::size_t>(health)))},
             {"traffic", traffic_json(traffic)},
             {"alarm_latency_seconds", latency_json(daemon, DeviceId{i}, BusId{index}, traffic)}});
        for (const config::PointRef point : traffic.set_aside) {
            devices.back()["set_aside"].push_back(site.profile(device).points[point].name);
        }
        for (auto [at, end] = blind.equal_range(DeviceId{i}); at != end; ++at) {
            devices.back()["not_judging"].push_back(blind_json(site, at->second));
        }
        if (!traffic.trouble.empty()) {
            devices.back()["trouble"] = traffic.trouble;
        }
        if (traffic.two_answer) {
            devices.back()["two_answer"] = true;
        }
        if (const alarms::Hold* const out = daemon.alarms().service().find(device.name)) {
            devices.back()["out_of_service"] = to_json(*out);
        }
        ++position;
    }
    const drivers::Traffic& t = seen.traffic;
    json bus{{"name", site.buses[index].name},
             {"open", seen.open},
             {"trouble", seen.trouble},
             {"load", seen.load},
             {"requests", t.requests},
             {"answers", t.answers},
             {"timeouts", t.timeouts},
             {"bad_frames", t.bad_frames},
             {"exceptions", t.exceptions},
             {"foreign_frames", t.foreign_frames},
             {"late_frames", t.late_frames},
             {"unasked_frames", t.unasked_frames},
             {"noise_bytes", t.noise_bytes},
             {"reopened", t.reopened},
             {"lent", seen.lent},
             {"devices", std::move(devices)}};
    if (index < daemon.budgets.size() && daemon.budgets[index].modelled) {
        bus["computed_load"] = daemon.budgets[index].load;
    }
    if (daemon.promise) {
        if (const auto broken = daemon.promise(BusId{index})) {
            bus["broken_promise"] = broken_json(site, *broken);
        }
    }
    return bus;
}

json status(const Daemon& daemon) {
    const Moment now = daemon.now();
    const store::Usage usage = daemon.store();
    const publish::PublisherStatus link = daemon.publisher();
    const BlindByDevice blind = blind_by_device(daemon);
    json buses = json::array();
    for (std::uint32_t i = 0; i < daemon.site->buses.size(); ++i) {
        buses.push_back(bus_status(daemon, i, blind));
    }
    const std::vector<const alarms::Alarm*> standing = daemon.alarms().standing();
    const auto count = [&](auto predicate) {
        return std::count_if(standing.begin(), standing.end(),
                             [&](const alarms::Alarm* a) { return predicate(*a); });
    };
    return {{"gateway", daemon.site->gateway.id},
            {"version", daemon.version},
            {"running_seconds", seconds(now.monotonic - daemon.started)},
            {"start", daemon.start},
            {"configuration_hash", daemon.configuration_hash},
            {"configuration_trouble", daemon.configuration_trouble},
            {"clock", now.wall ? json(to_iso8601(*now.wall)) : json("unknown")},
            {"time_zone", daemon.site->gateway.time_zone},
            {"alarms",
             {{"standing", standing.size()},
              {"active", count([](const alarms::Alarm& a) { return a.active; })},
              {"unacknowledged", count([](const alarms::Alarm& a) { return !a.acknowledged; })},
              {"held", count([](const alarms::Alarm& a) { return a.held(); })}}},
            {"buses", std::move(buses)},
            {"store",
             {{"path", daemon.site->store.path},
              {"bytes", usage.bytes},
              {"size_limit", daemon.site->store.size_limit_bytes},
              {"events_pending", usage.events_pending},
              {"telemetry_pending", usage.telemetry_pending},
              {"records_abandoned", usage.records_abandoned},
              {"trouble", usage.trouble},
              {"last_commit_ms", seconds(usage.last_commit) * 1e3}}},
            {"broker",
             {{"connected", link.connected},
              {"address", link.broker},
              {"trouble", link.trouble},
              {"published", link.published},
              {"acknowledged", link.acknowledged},
              {"refused", link.refused},
              {"in_flight", link.in_flight}}}};
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read(const Daemon& daemon, const json& request, const Reply& reply) {
    const std::string name = word(request, "device");
    const config::Site& site = *daemon.site;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].name != name) {
            continue;
        }
        const Result<void> asked =
            daemon.read(DeviceId{i}, [&daemon, &site, i, name, reply](const std::vector<Sample>& samples) {
                const sampling::BusSnapshot seen = daemon.bus(site.devices[i].bus);
                const std::size_t position = position_on_bus(site, DeviceId{i});
                const std::string wrong = position < seen.units.size() ? seen.units[position].trouble : "";
                reply(line_of({{"device", name}, {"samples", to_json(site, samples, seen.trouble, wrong)}}));
            });
        if (!asked) {
            reply(line_of(error(asked.error().what)));
        }
        return;
    }
    std::vector<std::string> names;
    for (const config::Device& device : site.devices) {
        names.push_back(device.name);
    }
    reply(
        line_of(error("no device is named " + config::in_quotes(name) + config::did_you_mean(name, names))));
}

void decommission(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
    const std::string why = alarms::plain_reason(word(request, "why"));
    if (word(request, "gateway") != daemon.site->gateway.id) {
        reply(line_of(
            error("say which gateway is meant (\"gateway\"): this one is " + daemon.site->gateway.id)));
        return;
    }
    if (why.empty() || word(request, "why").size() > kLongestReason) {
        reply(line_of(error("say why, for the record (\"why\"), in at most 1000 bytes")));
        return;
    }
    daemon.decommission({alarms::ActorKind::kUser, peer.user, {}, why},
                        [reply, &daemon](const Result<std::size_t>& emptied) {
                            if (!emptied) {
                                reply(line_of(error(emptied.error().what)));
                                return;
                            }
                            const store::Usage left = daemon.store();
                            reply(line_of({{"gateway", daemon.site->gateway.id},
                                           {"emptied", *emptied},
                                           {"events_pending", left.events_pending},
                                           {"telemetry_pending", left.telemetry_pending}}));
                        });
}

/// Verbs of the contract that come with a later release: told apart from typing errors.
constexpr std::array<std::string_view, 5> kNotBuilt{"watch", "apply", "drill", "report", "import"};

std::string unknown_verb(const json& request) {
    const auto found = request.find("verb");
    if (found == request.end() || !found->is_string()) {
        return "unknown verb: \"verb\" must be a string, one of status, alarms, ack, reset, shelve, "
               "unshelve, handling, out-of-service, return, calibrate, read, version";
    }
    const auto verb = found->get<std::string>();
    if (std::find(kNotBuilt.begin(), kNotBuilt.end(), verb) != kNotBuilt.end()) {
        return config::in_quotes(verb) + " is not built in this release";
    }
    return "unknown verb " + config::in_quotes(verb) +
           config::did_you_mean(verb, {"status", "alarms", "ack", "reset", "shelve", "unshelve", "handling",
                                       "out-of-service", "return", "calibrate", "read", "version"});
}

}  // namespace

void answer(const Daemon& daemon, const std::string& line, const Peer& peer, const Reply& reply) {
    const json request = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!request.is_object()) {
        reply(line_of(error("a request is one JSON object on one line")));
        return;
    }
    const std::string verb = word(request, "verb");
    if (verb == "status") {
        reply(line_of(status(daemon)));
    } else if (answer_alarms(daemon, request, peer, reply) || answer_history(daemon, request, reply) ||
               answer_calibration(daemon, request, peer, reply)) {
        return;
    } else if (verb == "version") {
        reply(line_of({{"version", daemon.version}}));
    } else if (verb == "read") {
        read(daemon, request, reply);
    } else if (verb == "decommission") {
        decommission(daemon, request, peer, reply);
    } else if (!daemon.lines || !daemon.lines->answer(daemon, request, peer, reply)) {
        reply(line_of(error(unknown_verb(request))));
    }
}

}  // namespace gengfu::control
