#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gengfu {

/// The four response levels of the Emergency Response Law, worst first: red, orange, yellow, blue.
/// The numbers are those of the wire (proto/gengfu/v1).
enum class Severity : std::uint8_t { kCritical = 1, kMajor = 2, kModerate = 3, kMinor = 4 };

std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view word);

/// True when `a` is graver than `b`.
constexpr bool graver(Severity a, Severity b) {
    return static_cast<int>(a) < static_cast<int>(b);
}

}  // namespace gengfu
