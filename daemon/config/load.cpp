#include "daemon/config/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "daemon/config/analyse.hpp"
#include "daemon/config/library.hpp"
#include "daemon/config/limits.hpp"
#include "daemon/config/parse_toml.hpp"
#include "daemon/config/read_device.hpp"
#include "daemon/config/rule_layer.hpp"

namespace gengfu::config {
namespace {

void read_devices(const Node& root, const Known& known, Library& library, Site& site, Report& report) {
    Reader top(root, "", "configuration", report);
    DeviceReader reader(site, known, library, report);
    RuleLayer rules(site, report);
    const std::vector<const Node*> tables = top.tables("device", kMaxDevices);
    site.devices.reserve(tables.size());
    for (const Node* const table : tables) {
        rules.apply(reader.read(*table));
    }
    rules.apply_across(root);
    rules.resolve_actions();
    rules.resolve_groups();
    if (tables.empty() && !top.has("device") && !report.incomplete()) {
        report.warning(root.at, "no [[device]]: nothing is watched");
    }
}

/// The names of tables that a configuration file may have.
void check_top(const Node& root, Report& report) {
    Reader top(root, "", "configuration", report);
    for (const std::string_view key : {"gateway", "mqtt", "store", "console"}) {
        top.table(key);
    }
    for (const std::string_view key : {"bus", "feed", "party", "device", "rule"}) {
        top.any(key);
    }
    constexpr std::array<std::string_view, 9> kKnown{"gateway", "mqtt",  "store",  "console", "bus",
                                                     "feed",    "party", "device", "rule"};
    for (const Entry& entry : root.entries) {
        const bool tables = entry.value.kind == Node::Kind::kTable || entry.value.kind == Node::Kind::kList;
        if (tables && std::find(kKnown.begin(), kKnown.end(), entry.key) == kKnown.end()) {
            report.mark_incomplete();  // [[buses]]: what was meant to be there is not missing
        }
    }
    top.finish();
}

bool too_big(const Bundle& bundle, Report& report) {
    std::size_t bytes = 0;
    std::size_t most = 0;
    for (const auto* const files : {&bundle.configuration, &bundle.profiles, &bundle.classes}) {
        most = std::max(most, files->size());
        for (const Bundle::File& file : *files) {
            bytes += file.text.size();
        }
    }
    if (most <= kMaxFiles && bytes <= kMaxBundleBytes) {
        return false;
    }
    report.error(
        {}, fmt::format(
                "the configuration has {} files and {} bytes; at most {} files of a kind and {} bytes are "
                "read",
                most, bytes, kMaxFiles, kMaxBundleBytes));
    return true;
}

/// The lines of the table [store]: they may be sound in a file that is broken elsewhere.
std::string store_section(std::string_view text) {
    std::string section;
    bool inside = false;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with('[')) {
            inside = line.starts_with("[store]");
        }
        if (inside) {
            section.append(line).append("\n");
        }
    }
    return section;
}

std::string store_path(const Bundle& bundle, const Site& site, const Report& report) {
    if (site.store.path != Store{}.path || !report.incomplete()) {
        return site.store.path.empty() ? Store{}.path : site.store.path;
    }
    for (const Bundle::File& file : bundle.configuration) {
        Report aside({file.path});
        const std::string path = read_store(parse_toml(store_section(file.text), 0, aside), aside).path;
        if (!path.empty() && path != Store{}.path) {
            return path;
        }
    }
    return Store{}.path;
}

/// By its text, as a store's folder is told of long after everything was parsed.
Position store_path_at(const Bundle& bundle) {
    for (const Bundle::File& file : bundle.configuration) {
        std::uint32_t number = 0;
        bool inside = false;
        std::istringstream lines(file.text);
        for (std::string line; std::getline(lines, line);) {
            ++number;
            const std::size_t begin = line.find_first_not_of(" \t");
            if (begin == std::string::npos) {
                continue;
            }
            const std::string_view rest = std::string_view(line).substr(begin);
            if (rest.starts_with('[')) {
                inside = rest.starts_with("[store]");
            } else if (inside && rest.starts_with("path")) {
                const std::size_t value = line.find_first_of("\"'", begin);
                const std::size_t column = value == std::string::npos ? begin : value;
                return {file.path, number, static_cast<std::uint32_t>(column + 1)};
            }
        }
    }
    return {bundle.configuration.empty() ? std::string() : bundle.configuration.front().path};
}

}  // namespace

std::vector<std::string> file_names(const Bundle& bundle) {
    std::vector<std::string> names;
    for (const auto* const files : {&bundle.configuration, &bundle.profiles, &bundle.classes}) {
        for (const Bundle::File& file : *files) {
            names.push_back(file.path);
        }
    }
    return names;
}

Site analyse(const Bundle& bundle, Credentials credentials, Report& report) {
    Site site;
    if (too_big(bundle, report)) {
        return site;
    }
    Node root;
    root.at = {0, 1, 1};
    for (std::size_t i = 0; i < bundle.configuration.size(); ++i) {
        if (const std::string& trouble = bundle.configuration[i].trouble; !trouble.empty()) {
            report.error({static_cast<std::uint16_t>(i), 0, 0}, trouble);
            report.mark_incomplete();
            continue;
        }
        join_file(root, parse_toml(bundle.configuration[i].text, static_cast<std::uint16_t>(i), report),
                  report);
    }
    check_top(root, report);
    site.gateway = read_gateway(root, report);
    site.mqtt = read_mqtt(root, credentials, report);
    site.store = read_store(root, report);
    site.console = read_console(root, report);
    Known known;
    site.buses = read_buses(root, known.buses, report, site.bus_at);
    site.feeds = read_feeds(root, known.feeds, report);
    site.parties = read_parties(root, known.parties, report);
    Library library(bundle, report);
    read_devices(root, known, library, site, report);
    return site;
}

Loaded load(const Bundle& bundle, Credentials credentials) {
    Report report(file_names(bundle));
    Site site = analyse(bundle, credentials, report);
    Loaded loaded;
    loaded.diagnostics = report.diagnostics();
    loaded.store_path = store_path(bundle, site, report);
    loaded.store_path_at = store_path_at(bundle);
    if (!report.has_errors()) {
        loaded.site = std::move(site);
    }
    return loaded;
}

}  // namespace gengfu::config
