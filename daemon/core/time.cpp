#include "daemon/core/time.hpp"

#include <fmt/chrono.h>

#include <cctype>
#include <ctime>
#include <fstream>

namespace gengfu {
namespace {

/// Earlier than this no gateway of this software can have run: 2026-01-01T00:00:00Z.
constexpr Wall kNotBefore{std::chrono::microseconds{1'767'225'600'000'000}};

BootId read_boot_id() {
    BootId id{};
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string text;
    file >> text;
    std::size_t nibble = 0;
    for (const char c : text) {
        if (std::isxdigit(static_cast<unsigned char>(c)) == 0 || nibble >= id.size() * 2) {
            continue;
        }
        const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        std::uint8_t& byte = id.at(nibble / 2);
        byte = static_cast<std::uint8_t>(byte << 4U | digit);
        ++nibble;
    }
    return id;
}

}  // namespace

SystemClock::SystemClock() : boot_(read_boot_id()) {}

Monotonic SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

std::optional<Wall> SystemClock::wall() const {
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    if (now < kNotBefore) {
        return std::nullopt;
    }
    return now;
}

std::string to_iso8601(Wall when) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(when - seconds).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count())), millis);
}

}  // namespace gengfu
