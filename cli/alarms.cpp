#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/hold_text.hpp"
#include "cli/json_word.hpp"
#include "cli/show.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

Colour colour_of(const std::string& severity) {
    if (severity == "critical") {
        return Colour::kRed;
    }
    if (severity == "major") {
        return Colour::kOrange;
    }
    return severity == "moderate" ? Colour::kYellow : Colour::kBlue;
}

std::string state_of(const json& alarm) {
    std::string state = alarm.value("active", false) ? "active" : "cleared";
    if (alarm.value("removed", false)) {
        state = "removed";
    }
    state += alarm.value("uncertain", false) ? ", uncertain" : "";
    state += alarm.value("acknowledged", false) ? ", acknowledged" : ", unacknowledged";
    state += alarm.value("latched", false) ? ", latched" : "";
    state += alarm.contains("shelved") ? ", shelved" : "";
    state += alarm.contains("suppressed") ? ", suppressed" : "";
    state += alarm.contains("out_of_service") ? ", out of service" : "";
    state += alarm.value("chattering", false) ? ", chattering" : "";
    return state;
}

std::string line(const char* label, const std::string& text) {
    if (text.empty()) {
        return {};
    }
    char start[32];
    std::snprintf(start, sizeof start, "    %-11s ", label);
    return start + text + "\n";
}

int rank(const json& alarm) {
    const std::string severity = word(alarm, "severity");
    constexpr std::array<std::string_view, 4> kGravestFirst{"critical", "major", "moderate", "minor"};
    const auto found = std::find(kGravestFirst.begin(), kGravestFirst.end(), severity);
    return static_cast<int>(found - kGravestFirst.begin());
}

std::string both(const json& alarm, const char* key) {
    const auto found = alarm.find(key);
    if (found == alarm.end() || !found->is_object()) {
        return {};
    }
    const std::string zh = word(*found, "zh");
    const std::string en = word(*found, "en");
    return zh.empty() || en.empty() || zh == en ? zh + (zh == en ? "" : en) : zh + " / " + en;
}

std::string place_of(const json& alarm) {
    std::string text;
    for (const char* key :
         {"street", "community", "estate", "area", "building", "door", "floor", "landmark", "access"}) {
        const std::string part = word(alarm.value("place", json::object()), key);
        text += text.empty() || part.empty() ? part : " " + part;
    }
    return text;
}

std::string party_of(const json& component, const char* key) {
    const json party = component.value(key, json());
    return party.is_object() ? word(party, "name") : std::string();
}

/// "platform for Li Wei, 2026-11-22 09:50:00 +08:00: on my way"
std::string acknowledgement(const json& alarm, const LocalTime& time) {
    const std::string by = word(alarm, "acknowledged_by");
    const std::string person = word(alarm, "acknowledged_on_behalf_of");
    const std::string at = time.of(word(alarm, "acknowledged_at"));
    const std::string reason = word(alarm, "acknowledged_reason");
    return by.empty() ? ""
                      : by + (person.empty() ? "" : " for " + person) + (at.empty() ? "" : ", " + at) +
                            (reason.empty() ? "" : ": " + reason);
}

std::string behind(const json& alarm) {
    std::string names;
    for (const json& name : alarm.value("behind", json::array())) {
        names += (names.empty() ? "" : ", ") + (name.is_string() ? name.get<std::string>() : "");
    }
    return names;
}

std::string plain(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) {
        return "--";
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", found->get<double>());
    return text;
}

/// "level of pressure: 5.1 bar, usually 4.0 (3.8 to 4.2)"
std::string anomaly(const json& alarm) {
    const auto found = alarm.find("anomaly");
    if (found == alarm.end() || !found->is_object()) {
        return {};
    }
    const std::string unit = word(alarm, "unit");
    return word(*found, "aspect") + " of " + word(*found, "point") + ": " + plain(alarm, "value") +
           (unit.empty() ? "" : " " + unit) + ", usually " + plain(*found, "expected") + " (" +
           plain(*found, "low") + " to " + plain(*found, "high") + ")";
}

std::string show_alarm(const json& alarm, const LocalTime& time) {
    const std::string severity = word(alarm, "severity");
    const std::string point = word(alarm, "point");
    const json component = alarm.value("component", json::object());
    return paint(colour_of(severity), severity) + "  " + paint(Colour::kBold, both(alarm, "title")) + "  " +
           state_of(alarm) + "\n" + line("id", word(alarm, "id")) +
           line("where", word(alarm, "device") + (point.empty() ? "" : "/" + point)) +
           line("place", place_of(alarm)) + line("what", both(alarm, "text")) +
           line("anomaly", anomaly(alarm)) + line("do first", both(alarm, "advice")) +
           line("hazard", both(alarm, "hazard")) + line("component", word(component, "code")) +
           line("authority", party_of(component, "authority")) + line("owner", party_of(component, "owner")) +
           line("maintainer", party_of(component, "maintainer")) +
           line("raised", time.of(word(alarm, "raised"))) + line("cleared", time.of(word(alarm, "cleared"))) +
           line("ack by", acknowledgement(alarm, time)) + line("behind it", behind(alarm)) +
           line("shelved", hold_text(alarm, "shelved", time)) +
           line("suppressed", hold_text(alarm, "suppressed", time)) +
           line("no service", hold_text(alarm, "out_of_service", time)) +
           line("handling", hold_text(alarm, "handling", time));
}

}  // namespace

json by_severity(json alarms) {
    if (alarms.is_array()) {
        std::stable_sort(alarms.begin(), alarms.end(),
                         [](const json& a, const json& b) { return rank(a) < rank(b); });
    }
    return alarms;
}

std::string show_alarms(const json& alarms, const LocalTime& time) {
    std::string text;
    for (const json& alarm : alarms) {
        text += show_alarm(alarm, time);
    }
    return text +
           (alarms.empty() ? paint(Colour::kGreen, "no alarm stands")
                           : counted(static_cast<std::ptrdiff_t>(alarms.size()), "alarm") + " not over") +
           "\n";
}

int alarms(const Common& common) {
    const Result<json> answer = ask(common, {{"verb", "alarms"}});
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    const json list = by_severity(answer->value("alarms", json::array()));
    print(common.format == Format::kJson ? list.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
                                         : show_alarms(list, LocalTime(word(*answer, "time_zone"))));
    return kDone;
}

namespace {

const char* done_words(const std::string& verb) {
    constexpr std::array<std::pair<std::string_view, const char*>, 7> kWords{
        {{"ack", "acknowledged"},
         {"reset", "reset"},
         {"shelve", "shelved"},
         {"unshelve", "not shelved any more"},
         {"handling", "is noted as being seen to"},
         {"out-of-service", "is out of service"},
         {"return", "is back in service"}}};
    for (const auto& [name, words] : kWords) {
        if (verb == name) {
            return words;
        }
    }
    return "done";
}

}  // namespace

int change_alarm(const Common& common, const AlarmChange& wanted) {
    AlarmChange change = wanted;
    if ((change.verb == "shelve" || change.verb == "out-of-service") && change.span.empty()) {
        complain("for how long? for example: gengfu " + change.verb + " " + change.id + change.device +
                 " 2h");
        return kWrongUsage;
    }
    if (change.why.empty() && isatty(STDIN_FILENO) == 1) {
        std::printf("why? ");
        std::fflush(stdout);
        std::getline(std::cin, change.why);
    }
    if (change.why.empty()) {
        complain("say why, for the record: --why \"...\"");
        return kWrongUsage;
    }
    json request{{"verb", change.verb}, {"why", change.why}};
    request[change.id.empty() ? "device" : "id"] = change.id.empty() ? change.device : change.id;
    if (!change.span.empty()) {
        request["for"] = change.span;
    }
    const Result<json> answer = ask(common, request);
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump().c_str());
    }
    const std::string outcome = word(*answer, "answer");
    const bool done = outcome == "done" || outcome == "already";
    if (common.format == Format::kForPeople && done) {
        const std::string what = word(*answer, "id") + word(*answer, "device");
        std::printf("%s %s%s\n", what.c_str(), done_words(change.verb),
                    outcome == "already" ? " (was so before)" : "");
    } else if (common.format == Format::kForPeople) {
        const std::string message = word(*answer, "message");
        complain(word(*answer, "id") + ": " + (message.empty() ? outcome : message));
    }
    return done ? kDone : kFailed;
}

}  // namespace gengfu::cli
