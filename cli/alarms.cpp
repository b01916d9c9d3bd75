#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
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
    return state;
}

void print_line(const char* label, const std::string& text) {
    if (!text.empty()) {
        std::printf("    %-11s %s\n", label, text.c_str());
    }
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

void print_alarm(const json& alarm) {
    const std::string severity = word(alarm, "severity");
    std::printf("%s  %s  %s\n", paint(colour_of(severity), severity).c_str(),
                paint(Colour::kBold, both(alarm, "title")).c_str(), state_of(alarm).c_str());
    const std::string point = word(alarm, "point");
    print_line("id", word(alarm, "id"));
    print_line("where", word(alarm, "device") + (point.empty() ? "" : "/" + point));
    print_line("place", place_of(alarm));
    print_line("what", both(alarm, "text"));
    print_line("do first", both(alarm, "advice"));
    print_line("hazard", both(alarm, "hazard"));
    const json component = alarm.value("component", json::object());
    print_line("component", word(component, "code"));
    print_line("authority", party_of(component, "authority"));
    print_line("owner", party_of(component, "owner"));
    print_line("maintainer", party_of(component, "maintainer"));
    print_line("raised", word(alarm, "raised"));
    print_line("cleared", word(alarm, "cleared"));
    const std::string by = word(alarm, "acknowledged_by");
    print_line("ack by", by.empty() ? "" : by + " " + word(alarm, "acknowledged_at"));
}

}  // namespace

int alarms(const Common& common) {
    const Result<json> answer = ask(common, {{"verb", "alarms"}});
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    const json list = answer->value("alarms", json::array());
    if (common.format == Format::kJson) {
        std::printf("%s\n", list.dump().c_str());
        return kDone;
    }
    for (const json& alarm : list) {
        print_alarm(alarm);
    }
    std::printf("%s\n",
                list.empty()
                    ? paint(Colour::kGreen, "no alarm stands").c_str()
                    : (counted(static_cast<std::ptrdiff_t>(list.size()), "alarm") + " not over").c_str());
    return kDone;
}

int change_alarm(const Common& common, const AlarmChange& wanted) {
    AlarmChange change = wanted;
    if (change.why.empty() && isatty(STDIN_FILENO) == 1) {
        std::printf("why? ");
        std::fflush(stdout);
        std::getline(std::cin, change.why);
    }
    if (change.why.empty()) {
        complain("say why, for the record: --why \"...\"");
        return kWrongUsage;
    }
    const Result<json> answer = ask(common, {{"verb", change.verb}, {"id", change.id}, {"why", change.why}});
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
        const char* const verb = change.verb == "ack" ? "acknowledged" : "reset";
        std::printf("%s %s%s\n", word(*answer, "id").c_str(), verb,
                    outcome == "already" ? " (was so before)" : "");
    } else if (common.format == Format::kForPeople) {
        complain(word(*answer, "id") +
                 (outcome == "refused" ? " cannot be reset while its condition holds" : ": " + outcome));
    }
    return done ? kDone : kFailed;
}

}  // namespace gengfu::cli
