#pragma once

#include <chrono>

namespace gengfu::sim {

using Nanoseconds = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

/// Speed of a serial line and length of a character on it.
struct LineFormat {
    int baud = 9600;
    int bits_per_character = 11;  ///< start, 8 data, parity, stop: 11 for 8N2 and 8E1, 10 for 8N1
};

/// Time that `characters` take on the line, computed from the whole number of bits so that long frames do not
/// drift.
constexpr Nanoseconds line_time(LineFormat format, std::int64_t characters) {
    return Nanoseconds(characters * format.bits_per_character * 1'000'000'000LL / format.baud);
}

/// The silence that ends a frame: 3.5 characters, fixed at 1.75 ms above 19200 baud (Serial Line
/// V1.02, 2.5.1.1).
constexpr Nanoseconds frame_silence(LineFormat format) {
    return format.baud > 19200 ? std::chrono::microseconds(1750) : line_time(format, 7) / 2;
}

}  // namespace gengfu::sim
