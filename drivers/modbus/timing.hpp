#pragma once

#include <cstddef>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

/// Times that physics and the standard give a serial line. Pure; any thread.
namespace gengfu::drivers::modbus {

/// Longest Modbus RTU frame in bytes (Modbus over Serial Line V1.02, 2.5.1).
constexpr std::size_t kRtuFrameMax = 256;
/// Unit, function, address, count, CRC of a read request.
constexpr std::size_t kRtuReadRequestBytes = 8;
/// Unit, function, byte count and CRC around the payload of a read answer.
constexpr std::size_t kRtuReadAnswerOverhead = 5;

/// What computers add between a byte's arrival and its reader: an FTDI adapter holds bytes back for 16 ms
/// unless told otherwise (its latency timer's default), the rest is scheduling. Added once to every wait for
/// an answer.
constexpr Duration kLatency = std::chrono::milliseconds(20);

/// The same behind a converter, which gathers bytes into packets that a network then delays.
constexpr Duration kConverterLatency = std::chrono::milliseconds(100);

/// Time of one character: start bit, 8 data bits, parity bit if any, stop bits.
Duration character_time(const config::Serial& serial);

/// Silence that parts two frames, t3.5: 3.5 characters, a fixed 1.75 ms above 19200 baud (Modbus over Serial
/// Line V1.02, 2.5.1.1).
Duration silent_interval(const config::Serial& serial);

}  // namespace gengfu::drivers::modbus
