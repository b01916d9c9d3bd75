#include "drivers/replay/recorded_frames.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "drivers/modbus/frame.hpp"
#include "drivers/modbus/mbap_framer.hpp"
#include "drivers/modbus/rtu_framer.hpp"

namespace gengfu::drivers::replay {

namespace {

/// Whether `bytes` are the beginning of an answer to `request`, and end before it does.
bool is_part_of_rtu_answer(const Bytes& request, std::span<const std::uint8_t> bytes) {
    const unsigned function = request[1];
    const auto is = [&](std::size_t at, unsigned value) { return bytes.size() <= at || bytes[at] == value; };
    constexpr std::size_t kException = 5, kWrite = 8, kRead = 5;  // bytes of an answer, CRC included
    if (!is(0, request[0])) {
        return false;
    }
    if (bytes.size() > 1 && bytes[1] == (function | modbus::kExceptionFlag)) {
        return bytes.size() < kException;
    }
    if (!is(1, function)) {
        return false;
    }
    const bool reads = function >= 1 && function <= 4 && request.size() == 6;
    if (!reads) {
        return bytes.size() < kWrite;
    }
    const unsigned count = word_at(request, 4);
    const std::size_t data = function <= 2 ? (count + 7) / 8 : std::size_t{2} * count;
    return bytes.size() < kRead + data && is(2, static_cast<unsigned>(data & 0xFFU));
}

/// Nothing, the line's echo alone, or an answer that is not at its end.
bool is_unfinished_rtu(const Bytes& request, std::span<const std::uint8_t> received) {
    if (received.size() >= request.size() + kCrcBytes &&
        std::equal(request.begin(), request.end(), received.begin())) {
        const std::span<const std::uint8_t> rest = received.subspan(request.size() + kCrcBytes);
        const bool answers_by_the_same = request[1] == 5 || request[1] == 6;
        return !answers_by_the_same && is_part_of_rtu_answer(request, rest);
    }
    return is_part_of_rtu_answer(request, received);
}

/// Nothing, or after whole frames one that is not at its end.
bool is_unfinished_tcp(const Bytes& received) {
    std::size_t at = 0;
    while (at + modbus::kMbapHead <= received.size()) {
        at += modbus::kMbapHead + word_at(received, at + 4);
    }
    return received.empty() || at != received.size();
}

std::string hex(std::uint8_t byte) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    return {kDigits[byte >> 4U], kDigits[byte & 15U]};
}

}  // namespace

unsigned word_at(const Bytes& bytes, std::size_t at) {
    return static_cast<unsigned>(bytes[at]) << 8U | bytes[at + 1];
}

bool has_good_crc(const Bytes& frame) {
    if (frame.size() <= kCrcBytes) {
        return false;
    }
    const std::uint16_t crc = modbus::crc16(std::span(frame).first(frame.size() - kCrcBytes));
    return frame[frame.size() - 2] == (crc & 0xFFU) && frame[frame.size() - 1] == crc >> 8U;
}

bool is_mbap(const Bytes& frame) {
    return frame.size() > modbus::kMbapHead && word_at(frame, 2) == 0 &&
           word_at(frame, 4) == frame.size() - modbus::kMbapHead;
}

bool is_unfinished(Protocol protocol, const Exchange& exchange) {
    return protocol == Protocol::kTcp ? is_unfinished_tcp(exchange.received)
                                      : is_unfinished_rtu(exchange.request, exchange.received);
}

std::string right_crc(const Bytes& frame) {
    if (frame.size() <= kCrcBytes) {
        return ": there are only " + std::to_string(frame.size()) + " bytes";
    }
    const std::uint16_t crc = modbus::crc16(std::span(frame).first(frame.size() - kCrcBytes));
    return ": it ends in " + hex(frame[frame.size() - 2]) + " " + hex(frame[frame.size() - 1]) +
           ", and to the bytes before belongs " + hex(static_cast<std::uint8_t>(crc & 0xFFU)) + " " +
           hex(static_cast<std::uint8_t>(crc >> 8U));
}

std::string mbap_words(const Bytes& frame) {
    if (frame.size() <= modbus::kMbapHead) {
        return ": there are only " + std::to_string(frame.size()) + " bytes";
    }
    if (word_at(frame, 2) != 0) {
        return ": bytes 3 and 4 must be 00 00";
    }
    return ": its header says that " + std::to_string(word_at(frame, 4)) + " bytes follow, and there are " +
           std::to_string(frame.size() - modbus::kMbapHead);
}

bool is_sound(Protocol protocol, const Exchange& exchange) {
    if (protocol == Protocol::kRtu) {
        return modbus::sort_leftovers(exchange.received, {}).noise_bytes == 0;
    }
    std::span<const std::uint8_t> rest(exchange.received);
    while (!rest.empty()) {
        const Bytes head(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(
                                                          std::min(rest.size(), modbus::kMbapHead)));
        if (head.size() < modbus::kMbapHead || word_at(head, 2) != 0 ||
            word_at(head, 4) + modbus::kMbapHead > rest.size()) {
            return false;
        }
        rest = rest.subspan(word_at(head, 4) + modbus::kMbapHead);
    }
    return true;
}

std::string why_not_sound(Protocol protocol, const Exchange& exchange) {
    const Bytes& bytes = exchange.received;
    const bool reads = bytes.size() > 3 && bytes[0] == exchange.request[0] &&
                       bytes[1] == exchange.request[1] && bytes[1] >= 1 && bytes[1] <= 4;
    constexpr std::size_t kRead = 5;
    return protocol == Protocol::kRtu && reads && bytes.size() == bytes[2] + kRead
               ? "this answer's CRC is wrong" + right_crc(bytes)
               : std::string("this answer is not whole");
}

}  // namespace gengfu::drivers::replay
