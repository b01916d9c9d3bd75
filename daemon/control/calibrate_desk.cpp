#include "daemon/control/calibrate_desk.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/alarms/command.hpp"
#include "daemon/config/text.hpp"
#include "daemon/control/alarm_desk.hpp"
#include "daemon/rules/learned.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

std::string line_of(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Empty: the site has a device of that name.
std::string mistake_in_device(const Daemon& daemon, const std::string& name) {
    std::vector<std::string> names;
    for (const config::Device& device : daemon.site->devices) {
        names.push_back(device.name);
    }
    return std::find(names.begin(), names.end(), name) != names.end()
               ? ""
               : "no device is named " + config::in_quotes(name) + config::did_you_mean(name, names);
}

void calibrate(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
    CalibrateWish wish{word(request, "device"), std::nullopt, false, {}};
    const std::string why = alarms::plain_reason(word(request, "why"));
    std::string mistake = mistake_in_device(daemon, wish.device);
    if (!mistake.empty() && request.contains("learned")) {
        mistake = "line " + std::to_string(rules::kFirstLine) + ": " + mistake;
    }
    if (mistake.empty() && (why.empty() || word(request, "why").size() > kLongestReason)) {
        mistake = "say why, for the record (\"why\"), in at most 1000 bytes";
    }
    if (request.contains("learned")) {
        wish.learned = word(request, "learned");
    }
    if (const auto only = request.find("only_check"); mistake.empty() && only != request.end()) {
        wish.only_check = only->is_boolean() && only->get<bool>();
        if (!only->is_boolean() || (wish.only_check && !wish.learned)) {
            mistake = "only_check is true or false, and goes with \"learned\"";
        }
    }
    if (!mistake.empty()) {
        reply(line_of({{"error", mistake}}));
        return;
    }
    wish.actor = {alarms::ActorKind::kUser, peer.user, {}, why};
    // What is known now comes back with the call, the word that it lasts may come in it or later.
    const auto answer = std::make_shared<json>(json{{"device", wish.device}, {"answer", "done"}});
    const Result<std::string> known = daemon.calibrate(
        wish, [post = daemon.post, answer, reply] { post([answer, reply] { reply(line_of(*answer)); }); });
    if (!known) {
        reply(line_of({{"error", known.error().what}}));
        return;
    }
    if (wish.only_check) {
        reply(line_of({{"device", wish.device}, {"answer", "fits"}}));
        return;
    }
    (*answer)["learned"] = *known;
}

void learned(const Daemon& daemon, const json& request, const Reply& reply) {
    std::string text = daemon.learned();
    const std::string device = word(request, "device");
    if (request.contains("device")) {
        if (const std::string mistake = mistake_in_device(daemon, device); !mistake.empty()) {
            reply(line_of({{"error", mistake}}));
            return;
        }
        Result<std::vector<rules::Learned>> all = rules::parse_learned(text);
        if (all) {
            std::erase_if(*all, [&](const rules::Learned& one) { return one.device != device; });
            text = rules::to_text(*all);
        }
    }
    reply(line_of({{"learned", text}}));
}

}  // namespace

bool answer_calibration(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
    const std::string verb = word(request, "verb");
    if (verb == "calibrate") {
        calibrate(daemon, request, peer, reply);
        return true;
    }
    if (verb == "learned") {
        learned(daemon, request, reply);
        return true;
    }
    return false;
}

}  // namespace gengfu::control
