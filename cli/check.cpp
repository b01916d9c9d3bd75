#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/action_lines.hpp"
#include "cli/bus_table.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/check_files.hpp"
#include "daemon/config/load.hpp"
#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/device_reader.hpp"
#include "daemon/store/folder.hpp"
#include "drivers/replay/check_transcripts.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

void print(const config::Diagnostic& diagnostic) {
    const std::string line = printable(config::to_string(diagnostic));
    const Colour colour = diagnostic.gravity == config::Gravity::kError ? Colour::kRed : Colour::kYellow;
    std::printf("%s\n", paint(colour, line).c_str());
}

std::string count(std::size_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

void print_sums(const config::Site& site) {
    std::printf("gateway %s: %s, %s, %s, %s\n", site.gateway.id.c_str(),
                count(site.buses.size(), "bus", "buses").c_str(),
                count(site.devices.size(), "device", "devices").c_str(),
                count(site.points.size(), "point", "points").c_str(),
                count(site.rules.size(), "rule", "rules").c_str());
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        const auto devices =
            std::count_if(site.devices.begin(), site.devices.end(),
                          [i](const config::Device& device) { return device.bus == BusId{i}; });
        std::printf("  %-24s %3td %s\n", site.buses[i].name.c_str(), devices,
                    devices == 1 ? "device" : "devices");
        for (const std::string& line : bus_lines(site, sampling::budget(site, BusId{i}))) {
            std::printf("%s\n", printable(line).c_str());
        }
    }
    for (const std::string& line : action_lines(site)) {
        std::printf("  %s\n", printable(line).c_str());
    }
}

json to_json(const std::vector<config::Diagnostic>& diagnostics) {
    json list = json::array();
    for (const config::Diagnostic& d : diagnostics) {
        list.push_back({{"gravity", d.gravity == config::Gravity::kError ? "error" : "warning"},
                        {"file", d.position.file},
                        {"line", d.position.line},
                        {"column", d.position.column},
                        {"message", d.message}});
    }
    return list;
}

/// Points that no allowed request can fetch, and buses asked for too much: known only by planning the
/// requests.
void plan_all(const config::Site& site, std::vector<config::Diagnostic>& diagnostics) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        const Result<void> planned = sampling::plannable(site, DeviceId{i});
        if (!planned) {
            diagnostics.push_back({config::Gravity::kError, site.at(DeviceId{i}), planned.error().what});
        }
    }
    if (!config::has_errors(diagnostics)) {
        const std::vector<config::Diagnostic> budgets = sampling::check_budgets(site);
        diagnostics.insert(diagnostics.end(), budgets.begin(), budgets.end());
    }
}

json buses_json(const config::Site& site) {
    json list = json::array();
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        list.push_back(bus_json(site, sampling::budget(site, BusId{i})));
    }
    return list;
}

}  // namespace

int check(const Common& common) {
    const Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        if (common.format == Format::kJson) {
            std::printf("%s\n", json{{"ok", false}, {"error", bundle.error().what}}.dump().c_str());
        } else {
            complain(bundle.error().what);
        }
        return kWrongConfiguration;
    }
    config::Loaded loaded = config::load(*bundle, config::Credentials::kMayBeAbsent);
    // What is wrong with this machine's files and ports is the command's to find: a port may be plugged in
    // later.
    bool daemon_takes_it = false;
    if (loaded.site) {
        plan_all(*loaded.site, loaded.diagnostics);
        daemon_takes_it = !config::has_errors(loaded.diagnostics);
        const std::vector<config::Diagnostic> files = config::check_files(*loaded.site);
        loaded.diagnostics.insert(loaded.diagnostics.end(), files.begin(), files.end());
        const std::vector<config::Diagnostic> transcripts = drivers::replay::check_transcripts(*loaded.site);
        loaded.diagnostics.insert(loaded.diagnostics.end(), transcripts.begin(), transcripts.end());
    }
    if (const std::string mistake = store::mistake_in_folder(loaded.store_path); !mistake.empty()) {
        loaded.diagnostics.push_back({config::Gravity::kError, loaded.store_path_at, mistake});
        daemon_takes_it = false;
    }
    const bool good = loaded.site && !config::has_errors(loaded.diagnostics);
    if (common.format == Format::kJson) {
        json out{{"ok", good}, {"diagnostics", to_json(loaded.diagnostics)}};
        if (good) {
            out["hash"] = config::hash(*bundle);
            out["devices"] = loaded.site->devices.size();
            out["points"] = loaded.site->points.size();
            out["rules"] = loaded.site->rules.size();
            out["buses"] = buses_json(*loaded.site);
            out["actions"] = actions_json(*loaded.site);
        }
        std::printf("%s\n", out.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
        return good ? kDone : kWrongConfiguration;
    }
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
        print(diagnostic);
    }
    if (!good) {
        const auto errors =
            std::count_if(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                          [](const config::Diagnostic& d) { return d.gravity == config::Gravity::kError; });
        std::printf("%s\n", paint(Colour::kRed,
                                  counted(errors, "mistake") +
                                      (daemon_takes_it ? ": the daemon would start, and what is named "
                                                         "there would not work"
                                                       : ": the daemon would not take this configuration"))
                                .c_str());
        return kWrongConfiguration;
    }
    print_sums(*loaded.site);
    std::printf("%s\n", paint(Colour::kGreen, "the configuration is good").c_str());
    return kDone;
}

}  // namespace gengfu::cli
