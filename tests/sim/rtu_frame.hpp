#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tests/sim/modbus_server.hpp"

namespace gengfu::sim {

/// CRC-16 of Modbus (Serial Line V1.02, 6.2.2: polynomial 0xA001 reflected, start 0xFFFF), computed bit by
/// bit.
std::uint16_t rtu_crc(std::span<const std::uint8_t> bytes);

/// A request as the application layer sees it.
struct Request {
    std::uint8_t unit = 0;
    Bytes pdu;
};

/// Takes a silence-delimited frame apart; nothing when it is shorter than 4 bytes, longer than 256 or its CRC
/// is wrong.
std::optional<Request> parse_rtu(std::span<const std::uint8_t> frame);

/// Unit, PDU and CRC (low byte first) as they go on the wire.
Bytes rtu_frame(std::uint8_t unit, std::span<const std::uint8_t> pdu);

/// Length in bytes of the RTU request that starts with these bytes, or nothing while more bytes are needed to
/// know. Only for RTU over TCP, where there is no silence that ends a frame. 0 means that no request starts
/// so.
std::optional<std::size_t> rtu_request_length(std::span<const std::uint8_t> bytes);

}  // namespace gengfu::sim
