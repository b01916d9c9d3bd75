#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
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

void print_buses(const json& buses) {
    std::vector<std::vector<std::string>> rows{
        {"bus", "state", "load", "requests", "answers", "time-outs", "crc", "exceptions", "foreign", "late"}};
    for (const json& bus : buses) {
        char load[16];
        std::snprintf(load, sizeof load, "%.0f %%", bus.value("load", 0.0) * 100);
        const bool open = bus.value("open", false);
        rows.push_back({word(bus, "name"),
                        open ? paint(Colour::kGreen, "open") : paint(Colour::kRed, "closed"), load,
                        number(bus, "requests"), number(bus, "answers"), number(bus, "timeouts"),
                        number(bus, "bad_frames"), number(bus, "exceptions"), number(bus, "foreign_frames"),
                        number(bus, "late_frames")});
    }
    print_table(rows);
    for (const json& bus : buses) {
        if (!bus.value("open", false)) {
            std::printf("  %s: %s\n", word(bus, "name").c_str(), word(bus, "trouble").c_str());
        }
    }
}

void print_devices(const json& buses) {
    std::vector<std::vector<std::string>> rows{{"device", "bus", "unit", "class", "health"}};
    for (const json& bus : buses) {
        for (const json& device : bus.value("devices", json::array())) {
            rows.push_back({word(device, "name"), word(bus, "name"), number(device, "unit"),
                            word(device, "class"), health(word(device, "health"))});
        }
    }
    print_table(rows);
}

void print(const json& s) {
    std::printf("%s  gengfud %s, running %s (start %s), clock %s\n",
                paint(Colour::kBold, word(s, "gateway")).c_str(), word(s, "version").c_str(),
                duration(s.value("running_seconds", 0.0)).c_str(), number(s, "start").c_str(),
                word(s, "clock").c_str());
    const std::string trouble = word(s, "configuration_trouble");
    if (!trouble.empty()) {
        std::printf("%s\n", paint(Colour::kRed, "the last accepted configuration runs: " + trouble).c_str());
    }
    const json broker = s.value("broker", json::object());
    std::printf("broker  %s\n",
                broker.value("connected", false)
                    ? paint(Colour::kGreen, word(broker, "address")).c_str()
                    : paint(Colour::kRed, "not connected: " + word(broker, "trouble")).c_str());
    const json store = s.value("store", json::object());
    std::printf("store   %s: %s of %s, waiting: %s events, %s telemetry; given up: %s\n",
                word(store, "path").c_str(), megabytes(store, "bytes").c_str(),
                megabytes(store, "size_limit").c_str(), number(store, "events_pending").c_str(),
                number(store, "telemetry_pending").c_str(), number(store, "records_abandoned").c_str());
    const std::string store_trouble = word(store, "trouble");
    if (!store_trouble.empty()) {
        std::printf("        %s\n", paint(Colour::kRed, store_trouble).c_str());
    }
    const json alarms = s.value("alarms", json::object());
    std::printf("alarms  %s standing, %s active, %s unacknowledged\n\n", number(alarms, "standing").c_str(),
                number(alarms, "active").c_str(), number(alarms, "unacknowledged").c_str());
    const json buses = s.value("buses", json::array());
    print_buses(buses);
    std::printf("\n");
    print_devices(buses);
}

}  // namespace

int status(const Common& common) {
    const Result<json> answer = ask(common, {{"verb", "status"}});
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump().c_str());
    } else {
        print(*answer);
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
