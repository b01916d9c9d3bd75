#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, BusKind>, 4> kKinds{
    {{"modbus-rtu", BusKind::kModbusRtu},
     {"modbus-tcp", BusKind::kModbusTcp},
     {"modbus-rtu-over-tcp", BusKind::kModbusRtuOverTcp},
     {"replay", BusKind::kReplay}}};
constexpr std::array<std::pair<std::string_view, Parity>, 3> kParities{
    {{"none", Parity::kNone}, {"even", Parity::kEven}, {"odd", Parity::kOdd}}};
/// What Linux and libmodbus both know; any other silently becomes 9600 in libmodbus 3.1.6.
constexpr std::array<std::int64_t, 12> kBauds{1200,  2400,   4800,   9600,   19200,  38400,
                                              57600, 115200, 230400, 460800, 500000, 921600};
constexpr std::uint16_t kModbusPort = 502;
/// The kernel's limit for rts delays (struct serial_rs485, in ms).
constexpr milliseconds kMaxRtsDelay{100};

/// Of a line, wherever its port is: a converter's line takes the same time, and its budget and deadlines
/// follow from it.
constexpr std::array<std::string_view, 3> kLineKeys{"baud", "parity", "stop_bits"};
constexpr std::array<std::string_view, 5> kPortKeys{"port", "rs485", "rts_on_send", "rts_before",
                                                    "rts_after"};

std::optional<BusKind> read_kind(Reader& reader) {
    if (!reader.require("kind")) {
        return std::nullopt;
    }
    const Node* const node = reader.any("kind");
    for (const std::string_view reserved : {"dlt645", "cjt188"}) {
        if (node->kind == Node::Kind::kString && node->text == reserved) {
            reader.error("kind",
                         fmt::format("buses of kind \"{}\" are not built yet: this release reads Modbus "
                                     "(modbus-rtu, modbus-tcp, modbus-rtu-over-tcp)",
                                     reserved));
            return std::nullopt;
        }
    }
    return reader.word("kind", kKinds);
}

Serial read_serial(Reader& reader) {
    Serial serial;
    serial.port = reader.text("port", kMaxPath).value_or("");
    if (const auto baud = reader.integer("baud", kBauds.front(), kBauds.back())) {
        if (std::find(kBauds.begin(), kBauds.end(), *baud) == kBauds.end()) {
            reader.wrong("baud",
                         "one of 1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 500000 921600");
        }
        serial.baud = static_cast<std::uint32_t>(*baud);
    }
    serial.parity = reader.word("parity", kParities).value_or(serial.parity);
    serial.stop_bits = static_cast<std::uint8_t>(reader.integer("stop_bits", 1, 2).value_or(1));
    serial.rs485 = reader.boolean("rs485").value_or(false);
    serial.rts_on_send = reader.boolean("rts_on_send").value_or(true);
    serial.rts_before =
        reader.duration("rts_before", milliseconds(0), kMaxRtsDelay).value_or(Duration::zero());
    serial.rts_after = reader.duration("rts_after", milliseconds(0), kMaxRtsDelay).value_or(Duration::zero());
    return serial;
}

void refuse_keys(Reader& reader, const std::vector<std::string_view>& keys, std::string_view kind) {
    for (const std::string_view key : keys) {
        if (reader.has(key)) {
            reader.error(key, fmt::format("{} means nothing for a bus of kind \"{}\"", key, kind));
        }
    }
}

void check_serial(Reader& reader) {
    refuse_keys(reader, {"address", "transcript"}, "modbus-rtu");
    if (reader.require("port") && reader.any("port")->text.empty()) {
        reader.error("port", "port must not be empty");
    }
    for (const std::string_view key : {"rts_on_send", "rts_before", "rts_after"}) {
        const Node* const rs485 = reader.any("rs485");
        if (reader.has(key) && (rs485 == nullptr || !rs485->flag)) {
            reader.error(key, fmt::format("{} means nothing without rs485 = true", key));
        }
    }
}

void check_kind_keys(Reader& reader, BusKind kind) {
    const std::vector<std::string_view> line(kLineKeys.begin(), kLineKeys.end());
    const std::vector<std::string_view> port(kPortKeys.begin(), kPortKeys.end());
    switch (kind) {
        case BusKind::kModbusRtu:
            check_serial(reader);
            return;
        case BusKind::kModbusTcp:
            refuse_keys(reader, line, "modbus-tcp");
            refuse_keys(reader, port, "modbus-tcp");
            refuse_keys(reader, {"transcript"}, "modbus-tcp");
            reader.require("address");
            return;
        case BusKind::kModbusRtuOverTcp:
            refuse_keys(reader, port, "modbus-rtu-over-tcp");
            refuse_keys(reader, {"transcript"}, "modbus-rtu-over-tcp");
            reader.require("address");
            return;
        case BusKind::kReplay:
            refuse_keys(reader, line, "replay");
            refuse_keys(reader, port, "replay");
            refuse_keys(reader, {"address"}, "replay");
            reader.require("transcript");
            return;
    }
}

Bus read_bus(const Node& table, Names& names, Report& report) {
    Bus bus;
    Reader reader(table, "bus", "bus", report);
    if (reader.require("name")) {
        bus.name = reader.name("name").value_or("");
        if (!bus.name.empty()) {
            reader.set_subject("bus " + in_quotes(bus.name));
            names.define(bus.name, reader.at("name"), report);
        }
        if (bus.name == kSelfName) {
            reader.error("name", "this name is kept for the gateway itself: choose another");
        }
    }
    const std::optional<BusKind> kind = read_kind(reader);
    bus.serial = read_serial(reader);
    const auto address =
        reader.parsed("address", [](std::string_view text) { return parse_host_port(text, kModbusPort); });
    bus.host = address ? address->host : "";
    bus.tcp_port = address ? address->port : kModbusPort;
    bus.transcript = reader.text("transcript", kMaxPath).value_or("");
    bus.timeout = reader.duration("timeout", milliseconds(10), seconds(30)).value_or(bus.timeout);
    if (kind) {
        bus.kind = *kind;
        check_kind_keys(reader, *kind);
    }
    reader.finish();
    return bus;
}

/// Without "." and ".." and doubled slashes. What is a link to the same port, only check_files() can tell.
std::string plain_path(const std::string& path) {
    return std::filesystem::path(path).lexically_normal().string();
}

/// Two buses on one port would cut into each other's frames.
void check_shared_line(const Bus& bus, const Node& table, const Bus& earlier, const Node& earlier_table,
                       Report& report) {
    const Entry* const port = table.find("port");
    const Entry* const earlier_port = earlier_table.find("port");
    if (bus.kind == BusKind::kModbusRtu && earlier.kind == BusKind::kModbusRtu && port != nullptr &&
        earlier_port != nullptr && !bus.serial.port.empty() &&
        plain_path(bus.serial.port) == plain_path(earlier.serial.port)) {
        report.error(port->value.at,
                     fmt::format("bus {}: port {} is used by bus {} already, at {}", in_quotes(bus.name),
                                 in_quotes(bus.serial.port), in_quotes(earlier.name),
                                 report.place(earlier_port->value.at)));
    }
    const Entry* const address = table.find("address");
    if (address != nullptr && !bus.host.empty() && bus.host == earlier.host &&
        bus.tcp_port == earlier.tcp_port) {
        report.warning(
            address->value.at,
            fmt::format("bus {}: has the address of bus {}; units behind one connection belong on one bus",
                        in_quotes(bus.name), in_quotes(earlier.name)));
    }
}

}  // namespace

std::vector<Bus> read_buses(const Node& root, Names& names, Report& report, std::vector<Position>& at) {
    Reader top(root, "", "configuration", report);
    const std::vector<const Node*> tables = top.tables("bus", kMaxBuses);
    std::vector<Bus> buses;
    buses.reserve(tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
        buses.push_back(read_bus(*tables[i], names, report));
        at.push_back(report.position(tables[i]->at));
        for (std::size_t j = 0; j < i; ++j) {
            check_shared_line(buses[i], *tables[i], buses[j], *tables[j], report);
        }
    }
    return buses;
}

}  // namespace gengfu::config
