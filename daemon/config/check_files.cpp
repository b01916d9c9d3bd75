#include "daemon/config/check_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/config/text.hpp"
#include "daemon/core/read_file.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

void check_file(Gravity missing, const std::string& subject, std::string_view key, const std::string& path,
                std::vector<Diagnostic>& found) {
    if (path.empty()) {
        return;
    }
    errno = 0;
    const Result<std::string> readable = read_file(path, 1);
    const bool forbidden = !readable && (errno == EACCES || errno == EPERM);
    if (readable) {
        return;
    }
    found.push_back({forbidden ? Gravity::kWarning : missing,
                     {},
                     fmt::format("{}: {} cannot be read: {}{}", subject, key, readable.error().what,
                                 forbidden ? " (the service may be allowed to)" : "")});
}

/// Two names of one serial port, such as /dev/ttyUSB0 and its link in /dev/serial/by-id.
void check_ports(const Site& site, std::vector<Diagnostic>& found) {
    std::map<std::string, const Bus*> ports;
    for (const Bus& bus : site.buses) {
        if (bus.kind != BusKind::kModbusRtu) {
            continue;
        }
        std::error_code error;
        const fs::path real = fs::canonical(bus.serial.port, error);
        if (error) {
            continue;  // plugged in later, perhaps
        }
        const auto [other, fresh] = ports.emplace(real.string(), &bus);
        if (!fresh) {
            found.push_back(
                {Gravity::kError,
                 {},
                 fmt::format("bus {}: port {} is {}, which bus {} uses as {}", in_quotes(bus.name),
                             in_quotes(bus.serial.port), in_quotes(real.string()),
                             in_quotes(other->second->name), in_quotes(other->second->serial.port))});
        }
    }
}

}  // namespace

std::vector<Diagnostic> check_files(const Site& site) {
    std::vector<Diagnostic> found;
    const config::Mqtt& mqtt = site.mqtt;
    for (const auto& [key, path] : {std::pair("ca", &mqtt.ca), std::pair("certificate", &mqtt.certificate),
                                    std::pair("key", &mqtt.key)}) {
        check_file(Gravity::kWarning, "mqtt", key, *path, found);
    }
    for (const Bus& bus : site.buses) {
        if (bus.kind == BusKind::kReplay) {
            check_file(Gravity::kError, "bus " + in_quotes(bus.name), "transcript", bus.transcript, found);
        }
    }
    check_ports(site, found);
    return found;
}

}  // namespace gengfu::config
