#include "daemon/control/alarm_desk.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/alarms/command.hpp"
#include "daemon/config/values.hpp"
#include "daemon/control/alarm_json.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, alarms::Work>, 5> kWork{
    {{"ack", alarms::Work::kAcknowledge},
     {"reset", alarms::Work::kReset},
     {"shelve", alarms::Work::kShelve},
     {"unshelve", alarms::Work::kUnshelve},
     {"handling", alarms::Work::kHandle}}};

json error(const std::string& what) {
    return {{"error", what}};
}

std::string line_of(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

json alarm_list(const Daemon& daemon) {
    json list = json::array();
    for (const alarms::Alarm* alarm : daemon.alarms().standing()) {
        list.push_back(to_json(*alarm));
    }
    return {{"alarms", std::move(list)}, {"time_zone", daemon.site->gateway.time_zone}};
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

/// The revision that the asker saw: 0 when none is named, nothing when it is no revision.
std::optional<std::uint64_t> revision_of(const json& request) {
    const auto found = request.find("revision");
    if (found == request.end()) {
        return 0;
    }
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() == 0) {
        return std::nullopt;
    }
    return found->get<std::uint64_t>();
}

/// What is wrong with the reason of a request; empty when nothing is.
std::string mistake_in_why(const json& request) {
    if (word(request, "why").size() > kLongestReason) {
        return "the reason is too long: at most 1000 bytes";
    }
    if (alarms::plain_reason(word(request, "why")).empty()) {
        return "say why, for the record (\"why\")";
    }
    return "";
}

std::string mistake_in_change(const json& request) {
    if (word(request, "id").empty()) {
        return "which alarm? give its id, the beginning of it, or the number after its \"-\"";
    }
    if (std::string mistake = mistake_in_why(request); !mistake.empty()) {
        return mistake;
    }
    if (!revision_of(request)) {
        return "revision must be a whole number from 1: the revision of the alarm that you saw";
    }
    return "";
}

/// How long, as the request says; nothing when it does not. \retval Errc::kInvalid
Result<std::optional<Duration>> span_of(const json& request) {
    if (!request.contains("for")) {
        return std::optional<Duration>{};
    }
    const Result<Duration> span = config::parse_duration(word(request, "for"));
    if (!span) {
        return fail(Errc::kInvalid, "\"for\" must be " + span.error().what);
    }
    return std::optional<Duration>(*span);
}

alarms::Actor actor_of(const json& request, const Peer& peer) {
    return {alarms::ActorKind::kUser, peer.user, {}, alarms::plain_reason(word(request, "why"))};
}

/// \param mistake  set when the request cannot be carried out
std::optional<Duration> wanted_span(const json& request, bool required, std::string& mistake) {
    const Result<std::optional<Duration>> span = span_of(request);
    if (!span) {
        mistake = span.error().what;
        return std::nullopt;
    }
    if (required && !*span) {
        mistake = "for how long? for example \"2h\"";
    } else if (!required && *span && **span <= Duration::zero()) {
        mistake = "\"for\" must be above 0; left out, the note stays until the alarm is over";
    }
    return *span;
}

void change_alarm(const Daemon& daemon, const json& request, const Peer& peer, alarms::Work work,
                  const Reply& reply) {
    std::string mistake = mistake_in_change(request);
    std::optional<Duration> span;
    if (mistake.empty()) {
        span = wanted_span(request, work == alarms::Work::kShelve, mistake);
    }
    if (!mistake.empty()) {
        reply(line_of(error(mistake)));
        return;
    }
    const Result<AlarmId> id =
        alarms::choose(daemon.alarms().standing(), daemon.alarms().over(), word(request, "id"));
    if (!id) {
        reply(line_of(error(id.error().what)));
        return;
    }
    const alarms::Wish wish{work, *id, revision_of(request).value_or(0), actor_of(request, peer),
                            span.value_or(Duration::zero())};
    daemon.change(wish, [id = *id, seen = wish.revision, reply](const alarms::Outcome& outcome) {
        reply(line_of({{"id", to_string(id)},
                       {"answer", std::string(word_of(outcome.answer))},
                       {"message", alarms::words_of(outcome, seen)},
                       {"revision", outcome.revision}}));
    });
}

void change_service(const Daemon& daemon, const json& request, const Peer& peer, bool out,
                    const Reply& reply) {
    std::string mistake = mistake_in_why(request);
    alarms::ServiceWish wish{word(request, "device"), std::nullopt, actor_of(request, peer)};
    if (mistake.empty() && out) {
        wish.lasts = wanted_span(request, true, mistake);
    }
    if (mistake.empty()) {
        mistake = daemon.service(wish, [reply, device = wish.device] {
            reply(line_of({{"device", device}, {"answer", "done"}}));
        });
    }
    if (!mistake.empty()) {
        reply(line_of(error(mistake)));
    }
}

}  // namespace

bool answer_alarms(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
    const std::string verb = word(request, "verb");
    if (verb == "alarms") {
        reply(line_of(alarm_list(daemon)));
        return true;
    }
    if (verb == "out-of-service" || verb == "return") {
        change_service(daemon, request, peer, verb == "out-of-service", reply);
        return true;
    }
    const auto found =
        std::find_if(kWork.begin(), kWork.end(), [&](const auto& one) { return one.first == verb; });
    if (found == kWork.end()) {
        return false;
    }
    change_alarm(daemon, request, peer, found->second, reply);
    return true;
}

}  // namespace gengfu::control
