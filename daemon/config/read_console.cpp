#include <arpa/inet.h>

#include <array>

#include "daemon/config/sections.hpp"

namespace gengfu::config {
namespace {

enum class Reach : std::uint8_t { kThisMachine, kOthers };

/// Of an address that is none: empty.
std::optional<Reach> reach_of(const std::string& address) {
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
        return bytes[0] == 127 ? Reach::kThisMachine : Reach::kOthers;
    }
    if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
        constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
        return bytes == kLoopback ? Reach::kThisMachine : Reach::kOthers;
    }
    return std::nullopt;
}

void read_listen(Reader& reader, bool others, Console& console) {
    const auto listen = reader.text("listen");
    if (!listen) {
        return;
    }
    if (listen->empty()) {
        console.enabled = false;
        return;
    }
    const auto address = parse_host_port(*listen, console.port);
    const auto reach = address ? reach_of(address->host) : std::nullopt;
    if (!reach) {
        reader.wrong("listen",
                     R"(an address of this machine in numbers and a port, such as "127.0.0.1:8480")");
        return;
    }
    console.address = address->host;
    console.port = address->port;
    if (*reach == Reach::kThisMachine) {
        return;
    }
    if (!others) {
        reader.error("listen",
                     "listen is reached by other machines, without password and encryption: if that "
                     "is what you want, write remote = true beside it");
    } else {
        reader.warning("listen", "whoever reaches this port sees which sensors there are and how they do");
    }
}

}  // namespace

Console read_console(const Node& root, Report& report) {
    Console console;
    const Entry* const entry = root.find("console");
    if (entry == nullptr || entry->value.kind != Node::Kind::kTable) {
        return console;  // no table: reported
    }
    Reader reader(entry->value, "console", "console", report);
    const bool others = reader.boolean("remote").value_or(false);
    read_listen(reader, others, console);
    reader.finish();
    return console;
}

}  // namespace gengfu::config
