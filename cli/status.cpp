#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/hold_text.hpp"
#include "cli/json_word.hpp"
#include "cli/show.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

std::string number(const json& object, const char* key) {
    return object.contains(key) && object[key].is_number() ? object[key].dump() : "?";
}

std::string duration(double seconds) {
    const auto whole = static_cast<long long>(seconds);
    char text[64];
    std::snprintf(text, sizeof text, "%lld d %02lld:%02lld:%02lld", whole / 86400, whole / 3600 % 24,
                  whole / 60 % 60, whole % 60);
    return text;
}

std::string megabytes(const json& object, const char* key) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MiB", object.value(key, 0.0) / (1024.0 * 1024.0));
    return text;
}

std::string health(const std::string& of) {
    if (of == "online") {
        return paint(Colour::kGreen, of);
    }
    return paint(of == "offline" ? Colour::kRed : of == "degraded" ? Colour::kYellow : Colour::kGrey, of);
}

std::string show_buses(const json& buses) {
    std::vector<std::vector<std::string>> rows{
        {"bus", "state", "load", "requests", "answers", "time-outs", "crc", "exceptions", "foreign", "late"}};
    std::string troubles;
    for (const json& bus : buses) {
        char load[16];
        std::snprintf(load, sizeof load, "%.0f %%", bus.value("load", 0.0) * 100);
        const bool open = bus.value("open", false);
        rows.push_back({word(bus, "name"),
                        open ? paint(Colour::kGreen, "open") : paint(Colour::kRed, "closed"), load,
                        number(bus, "requests"), number(bus, "answers"), number(bus, "timeouts"),
                        number(bus, "bad_frames"), number(bus, "exceptions"), number(bus, "foreign_frames"),
                        number(bus, "late_frames")});
        if (bus.contains("broken_promise")) {
            troubles += paint(Colour::kYellow, "  " + word(bus, "name") + " is slower than promised: " +
                                                   word(bus["broken_promise"], "message")) +
                        "\n";
        }
        if (bus.value("unasked_frames", 0U) > 0) {
            troubles += "  " + word(bus, "name") + ": " + number(bus, "unasked_frames") +
                        " answers came that nothing had asked for (two units at one address, or a second "
                        "master)\n";
        }
        if (const std::string trouble = word(bus, "trouble"); !trouble.empty()) {
            troubles += "  " + word(bus, "name") + ": " + trouble + "\n";
        }
    }
    return table(rows) + troubles;
}

std::string listed(const json& names, std::size_t most = 20) {
    std::string text;
    std::size_t shown = 0;
    for (const json& name : names) {
        if (shown++ < most) {
            text += (text.empty() ? "" : ", ") + (name.is_string() ? name.get<std::string>() : "?");
        }
    }
    return shown > most ? text + " and " + std::to_string(shown - most) + " more" : text;
}

/// Rules that can raise nothing now. A device that does not answer says so by its health; what learns is as
/// it shall be, and may be many.
class NotJudging {
public:
    void add(const json& device) {
        const std::string name = word(device, "name");
        for (const json& each : device.value("not_judging", json::array())) {
            const std::string want = word(each, "for_want_of");
            if (want == "learning") {
                for (const json& rule : each.value("rules", json::array())) {
                    learning_.push_back(name + "/" + (rule.is_string() ? rule.get<std::string>() : "?"));
                }
            } else if (want == "member" || word(device, "health") != "offline") {
                text_ += paint(Colour::kYellow, "  " + name + ": " + word(each, "message")) + "\n";
            }
        }
    }
    std::string show() const {
        return text_ + (learning_.empty() ? "" : "  still learning: " + listed(learning_) + "\n");
    }

private:
    std::string text_;
    json learning_ = json::array();
};

std::string show_devices(const json& buses, const LocalTime& time) {
    std::vector<std::vector<std::string>> rows{{"device", "bus", "unit", "class", "health"}};
    std::string quiet;
    std::string set_aside;
    NotJudging not_judging;
    std::string wrong;
    for (const json& bus : buses) {
        for (const json& device : bus.value("devices", json::array())) {
            not_judging.add(device);
            if (const std::string names = listed(device.value("set_aside", json::array())); !names.empty()) {
                set_aside += "  " + word(device, "name") + " refuses " + names +
                             " (exception 01 or 02): is it another model than its profile?\n";
            }
            if (device.value("two_answer", false)) {
                wrong +=
                    paint(Colour::kRed,
                          "  " + word(device, "name") + ": two answer at address " + number(device, "unit") +
                              ", so that nothing read there is believed: two devices with one address, or "
                              "another master on the line; see gengfu scan " +
                              word(bus, "name") + ", then gengfu address") +
                    "\n";
            }
            if (const std::string came = word(device, "trouble");
                !came.empty() && word(device, "health") != "online") {
                wrong += "  " + word(device, "name") + ": " + came + "\n";
            }
            rows.push_back({word(device, "name"), word(bus, "name"), number(device, "unit"),
                            word(device, "class"), health(word(device, "health"))});
            if (const std::string hold = hold_text(device, "out_of_service", time); !hold.empty()) {
                quiet += paint(Colour::kYellow,
                               "  " + word(device, "name") + " is out of service and calls nobody: " + hold) +
                         "\n";
            }
        }
    }
    return table(rows) + wrong + quiet + set_aside + not_judging.show();
}

std::string show_broker(const json& broker) {
    const std::string address = word(broker, "address");
    const std::string trouble = word(broker, "trouble");
    if (broker.value("connected", false)) {
        return "broker  " + paint(Colour::kGreen, address) +
               (trouble.empty() ? "" : "  " + paint(Colour::kRed, trouble)) + "\n";
    }
    const std::string where = address.empty() || trouble.find(address) != std::string::npos ? "" : address;
    std::string text = "not connected";
    for (const std::string& part : {where, trouble}) {
        text += part.empty() ? "" : ": " + part;
    }
    return "broker  " + paint(Colour::kRed, text) + "\n";
}

std::string show_store(const json& store) {
    const std::string trouble = word(store, "trouble");
    return "store   " + word(store, "path") + ": " + megabytes(store, "bytes") + " of " +
           megabytes(store, "size_limit") + ", waiting: " + number(store, "events_pending") + " events, " +
           number(store, "telemetry_pending") +
           " telemetry; given up: " + number(store, "records_abandoned") + "\n" +
           (trouble.empty() ? "" : "        " + paint(Colour::kRed, trouble) + "\n");
}

}  // namespace

std::string show_status(const json& s) {
    const LocalTime time(word(s, "time_zone"));
    std::string text = paint(Colour::kBold, word(s, "gateway")) + "  gengfud " + word(s, "version") +
                       ", running " + duration(s.value("running_seconds", 0.0)) + " (start " +
                       number(s, "start") + "), clock " + time.of(word(s, "clock")) + "\n";
    const std::string trouble = word(s, "configuration_trouble");
    if (!trouble.empty()) {
        text += paint(Colour::kRed, "the last accepted configuration runs: " + trouble) + "\n";
    }
    const json alarms = s.value("alarms", json::object());
    const json buses = s.value("buses", json::array());
    return text + show_broker(s.value("broker", json::object())) +
           show_store(s.value("store", json::object())) + "alarms  " + number(alarms, "standing") +
           " standing, " + number(alarms, "active") + " active, " + number(alarms, "unacknowledged") +
           " unacknowledged\n\n" + show_buses(buses) + "\n" + show_devices(buses, time);
}

int status(const Common& common) {
    const Result<json> answer = ask(common, {{"verb", "status"}});
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    } else {
        print(show_status(*answer));
    }
    return kDone;
}

int version(const Common& common) {
    const Result<json> daemon = ask(common, {{"verb", "version"}});
    const std::string running = daemon ? word(*daemon, "version") : std::string();
    if (common.format == Format::kJson) {
        std::printf(
            "%s\n",
            json{{"gengfu", common.version}, {"gengfud", daemon ? json(running) : json()}}.dump().c_str());
    } else {
        std::printf("gengfu %s%s\n", common.version.c_str(),
                    daemon ? (", gengfud " + running + " is running").c_str() : "");
    }
    return kDone;
}

}  // namespace gengfu::cli
