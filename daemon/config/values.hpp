#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// The small languages within strings of the configuration. All are pure; every failure is Errc::kInvalid,
/// and its `what` is a phrase that completes "KEY must be …" or says what is wrong with the text.
namespace gengfu::config {

/// "250ms", "2s", "5min", "2h", "7d": whole numbers, one unit. 0 of any unit is allowed here; at most 10
/// years.
Result<Duration> parse_duration(std::string_view text);
/// The way back, in the largest unit that fits without a rest: "90s", "2h". Nanoseconds are cut to
/// milliseconds.
std::string to_text(Duration duration);

/// For messages, in the units that a person counts in: "20min 500ms", "1h 30min"; what to_text() writes where
/// that is one unit below 1000.
std::string readable(Duration duration);
/// The next longer one that reads well in one unit: 1200500ms → 21min. For advice.
Duration rounded_up(Duration duration);

/// "64KiB", "512MiB", "2GiB", "1TiB", in bytes.
Result<std::uint64_t> parse_size(std::string_view text);
std::string size_to_text(std::uint64_t bytes);

/// "holding:0x0018", "coil:5": a wire address, from 0.
Result<Register> parse_register(std::string_view text);
/// "holding:0x0018"
std::string to_text(Register reg);
/// "holding:0x0001-0x0004" or one register.
Result<Forbidden> parse_register_range(std::string_view text);

/// A point's `type` and what belongs to it.
struct TypeSpec {
    Type type = Type::kU16;
    std::uint8_t bit_low = 0, bit_high = 0;
    std::uint8_t length = 0;
    friend bool operator==(const TypeSpec&, const TypeSpec&) = default;
};
/// "u16", "bit:2", "bits:4-7" (both ends count), "string:8" (bytes, even or odd, at most 250).
Result<TypeSpec> parse_type(std::string_view text);
std::string to_text(const TypeSpec& type);
/// Registers that a value of the type takes; 1 for what fits in one, also on coils.
std::uint16_t register_count(Type type, std::uint8_t length);

/// "AB", "ABCD" or "ABCDEFGH" and their arrangements, for values of 1, 2 or 4 registers. `registers` is the
/// width of the point: a form for a wider or narrower value is refused, except that the 32-bit forms may be
/// used for any width.
Result<Order> parse_order(std::string_view text, std::uint16_t registers);

/// "mqtts://host:port", "mqtt://[2001:db8::1]"; ports default to 1883 and 8883.
Result<Broker> parse_broker(std::string_view url);

/// "192.0.2.10:502", "plc.example", "[2001:db8::1]:502".
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const HostPort&, const HostPort&) = default;
};
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);

/// Names of buses, devices, points, rules, parties: a-z A-Z 0-9 . _ -, 1 to 64 bytes, not beginning with a
/// dot. They stand in topics, logs and file names.
Result<std::string> parse_name(std::string_view text);
/// The gateway's id: a-z 0-9 -, 1 to 32 bytes.
Result<std::string> parse_gateway_id(std::string_view text);
/// A point's role: a-z 0-9 _, beginning with a letter, at most 32.
Result<std::string> parse_role(std::string_view text);
/// Exactly `digits` decimal digits.
Result<std::string> parse_code(std::string_view text, std::size_t digits);

/// Doubt about a 16-digit component code (GB/T 30428.2: 6 county, 2 class, 2 minor class, 6 serial); empty if
/// none. \param division  the place's county, or empty
std::string doubt_component(std::string_view code, std::string_view division);

}  // namespace gengfu::config
