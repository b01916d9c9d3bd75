#include "daemon/control/desk.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/control/alarm_json.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kHealth{"unknown", "online", "degraded", "offline"};
constexpr std::size_t kLongestReason = 1000;

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

json bus_status(const Daemon& daemon, std::uint32_t index) {
    const config::Site& site = *daemon.site;
    const sampling::BusSnapshot seen = daemon.bus(BusId{index});
    json devices = json::array();
    std::size_t position = 0;
    for (const config::Device& device : site.devices) {
        if (device.bus == BusId{index}) {
            const sampling::Health health =
                position < seen.devices.size() ? seen.devices[position] : sampling::Health::kUnknown;
            devices.push_back({{"name", device.name},
                               {"unit", device.unit},
                               {"class", device.device_class},
                               {"health", std::string(kHealth.at(static_cast<std::size_t>(health)))}});
            ++position;
        }
    }
    const drivers::Traffic& t = seen.traffic;
    return {{"name", site.buses[index].name}, {"open", seen.open},
            {"trouble", seen.trouble},        {"load", seen.load},
            {"requests", t.requests},         {"answers", t.answers},
            {"timeouts", t.timeouts},         {"bad_frames", t.bad_frames},
            {"exceptions", t.exceptions},     {"foreign_frames", t.foreign_frames},
            {"late_frames", t.late_frames},   {"noise_bytes", t.noise_bytes},
            {"devices", std::move(devices)}};
}

json status(const Daemon& daemon) {
    const Moment now = daemon.now();
    const store::Usage usage = daemon.store();
    const publish::PublisherStatus link = daemon.publisher();
    json buses = json::array();
    for (std::uint32_t i = 0; i < daemon.site->buses.size(); ++i) {
        buses.push_back(bus_status(daemon, i));
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
            {"alarms",
             {{"standing", standing.size()},
              {"active", count([](const alarms::Alarm& a) { return a.active; })},
              {"unacknowledged", count([](const alarms::Alarm& a) { return !a.acknowledged; })}}},
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

json alarm_list(const Daemon& daemon) {
    json list = json::array();
    for (const alarms::Alarm* alarm : daemon.alarms().standing()) {
        list.push_back(to_json(*alarm));
    }
    return {{"alarms", std::move(list)}};
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string_view word_of(alarms::Answer answer) {
    switch (answer) {
        case alarms::Answer::kDone:
            return "done";
        case alarms::Answer::kAlready:
            return "already";
        case alarms::Answer::kStale:
            return "stale";
        case alarms::Answer::kNotFound:
            return "not-found";
        case alarms::Answer::kRefused:
            return "refused";
    }
    return "refused";
}

void change_alarm(const Daemon& daemon, const json& request, const Peer& peer, std::string_view verb,
                  const Reply& reply) {
    const std::string prefix = word(request, "id");
    const std::string reason = word(request, "why");
    if (prefix.empty()) {
        reply(line_of(error("which alarm? give its id or the beginning of it")));
        return;
    }
    if (reason.size() > kLongestReason) {
        reply(line_of(error("the reason is too long: at most 1000 bytes")));
        return;
    }
    const std::vector<const alarms::Alarm*> found = daemon.alarms().find(prefix);
    if (found.size() != 1) {
        reply(line_of(error(found.empty()
                                ? "no alarm that is not over has an id beginning with \"" + prefix + "\""
                                : "\"" + prefix + "\" begins the ids of " + std::to_string(found.size()) +
                                      " alarms: give more of it")));
        return;
    }
    const AlarmId id = found.front()->id;
    const auto revision = request.value("revision", json(0U));
    const alarms::Actor actor{alarms::ActorKind::kUser, peer.user, {}, reason};
    const auto& act = verb == "ack" ? daemon.acknowledge : daemon.reset;
    act(id, revision.is_number_unsigned() ? revision.get<std::uint64_t>() : 0, actor,
        [id, reply](const alarms::Outcome& outcome) {
            reply(line_of({{"id", to_string(id)},
                           {"answer", std::string(word_of(outcome.answer))},
                           {"revision", outcome.revision}}));
        });
}

void read(const Daemon& daemon, const json& request, const Reply& reply) {
    const std::string name = word(request, "device");
    const config::Site& site = *daemon.site;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].name != name) {
            continue;
        }
        const Result<void> asked =
            daemon.read(DeviceId{i}, [&site, name, reply](const std::vector<Sample>& samples) {
                reply(line_of({{"device", name}, {"samples", to_json(site, samples)}}));
            });
        if (!asked) {
            reply(line_of(error(asked.error().what)));
        }
        return;
    }
    reply(line_of(error("no device is named \"" + name + "\"")));
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
    } else if (verb == "alarms") {
        reply(line_of(alarm_list(daemon)));
    } else if (verb == "ack" || verb == "reset") {
        change_alarm(daemon, request, peer, verb, reply);
    } else if (verb == "version") {
        reply(line_of({{"version", daemon.version}}));
    } else if (verb == "read") {
        read(daemon, request, reply);
    } else {
        reply(line_of(error("\"" + verb + "\" is not built in this release")));
    }
}

}  // namespace gengfu::control
