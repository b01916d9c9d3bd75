#include "tests/sim/rtu_frame.hpp"

namespace gengfu::sim {
namespace {
constexpr std::size_t kMinFrame = 4;
constexpr std::size_t kMaxFrame = 256;
}  // namespace

std::uint16_t rtu_crc(std::span<const std::uint8_t> bytes) {
    unsigned crc = 0xFFFF;
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0xA001U : crc >> 1U;
        }
    }
    return static_cast<std::uint16_t>(crc);
}

std::optional<Request> parse_rtu(std::span<const std::uint8_t> frame) {
    if (frame.size() < kMinFrame || frame.size() > kMaxFrame) {
        return std::nullopt;
    }
    const std::size_t body = frame.size() - 2;
    const unsigned sent = static_cast<unsigned>(frame[body]) | (static_cast<unsigned>(frame[body + 1]) << 8U);
    if (sent != rtu_crc(frame.first(body))) {
        return std::nullopt;
    }
    return Request{.unit = frame[0],
                   .pdu = Bytes(frame.begin() + 1, frame.begin() + static_cast<std::ptrdiff_t>(body))};
}

Bytes rtu_frame(std::uint8_t unit, std::span<const std::uint8_t> pdu) {
    Bytes out;
    out.reserve(pdu.size() + 3);
    out.push_back(unit);
    out.insert(out.end(), pdu.begin(), pdu.end());
    const std::uint16_t crc = rtu_crc(out);
    out.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
    out.push_back(static_cast<std::uint8_t>(crc >> 8U));
    return out;
}

std::optional<std::size_t> rtu_request_length(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    const std::uint8_t function = bytes[1];
    if (function == 15 || function == 16) {
        return bytes.size() < 7 ? std::nullopt : std::optional<std::size_t>(9U + bytes[6]);
    }
    if (function == 0 || function >= 0x80) {
        return 0;
    }
    return 8;  // 1 to 6; an unknown function is taken as long as a read, and its CRC then decides
}

}  // namespace gengfu::sim
