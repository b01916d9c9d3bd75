#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gengfu {

/// Can a value be believed? The numbers are those of the wire (proto/gengfu/v1).
enum class Quality : std::uint8_t { kGood = 1, kUncertain = 2, kBad = 3 };

/// Why a sample is not good. The numbers are those of the wire.
enum class Reason : std::uint8_t {
    kNone = 0,
    kTimeout = 1,        ///< no answer in time
    kCrc = 2,            ///< answers came, none was whole
    kException = 3,      ///< the device answered with a Modbus exception
    kLine = 4,           ///< port or connection unusable
    kOutOfRange = 5,     ///< decoded value outside the profile's `range`
    kSentinel = 6,       ///< raw value is one the device uses for "no value" (`invalid`)
    kNotProtecting = 7,  ///< warm-up, calibration and the like (`[protecting]`)
    kStaleAtDevice = 8,  ///< the device says its own data is old (`[alive]`)
    kNotGoodWhen = 9,    ///< another point of the device says so (`good_when`)
    kNotANumber = 10,    ///< NaN or infinite as sent by the device, or not BCD
    kJump = 11,          ///< faster than the thing measured can move
    kClockUnknown = 12,  ///< only with wall-clock dependent points
    kBackedOff = 13,     ///< device is offline and was not asked this time
};

constexpr int kReasonCount = 14;

/// "time-out", "crc", ...: the words of the contract, for logs, JSON and the command.
std::string_view to_string(Reason reason);
std::string_view to_string(Quality quality);
std::optional<Reason> parse_reason(std::string_view word);
std::optional<Quality> parse_quality(std::string_view word);

/// True when the device told of its point, if only that it does not protect: such a sample is no silence. An
/// exception tells nothing: a detector that refuses every read watches nobody, and no other rule would say
/// so.
constexpr bool told(Reason reason) {
    return reason != Reason::kTimeout && reason != Reason::kCrc && reason != Reason::kLine &&
           reason != Reason::kBackedOff && reason != Reason::kException;
}

}  // namespace gengfu
