#include "cli/trace_frames.hpp"

#include <charconv>
#include <cstdio>

#include "daemon/control/alarm_json.hpp"
#include "drivers/modbus/frame.hpp"

namespace gengfu::cli {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kCrc = 2;
constexpr std::size_t kMbap = 6;  ///< transaction, protocol, length
constexpr std::size_t kShortestRtu = 5;

unsigned number(Bytes bytes, std::size_t at) {
    return static_cast<unsigned>(bytes[at]) << 8U | bytes[at + 1];
}

bool has_good_crc(Bytes frame) {
    const std::uint16_t crc = drivers::modbus::crc16(frame.first(frame.size() - kCrc));
    return frame[frame.size() - 2] == (crc & 0xFFU) && frame[frame.size() - 1] == crc >> 8U;
}

const char* thing(unsigned function) {
    switch (function) {
        case 1:
        case 5:
        case 15:
            return "coils";
        case 2:
            return "discrete inputs";
        case 4:
            return "input registers";
        default:
            return "holding registers";
    }
}

std::string who(Bytes message) {
    return message[0] == 0 ? "all units" : "unit " + std::to_string(message[0]);
}

std::string request_meaning(Bytes message) {
    const unsigned function = message[1];
    char text[96];
    if (message.size() < 6) {
        std::snprintf(text, sizeof text, "function %02X", function);
    } else if (function >= 1 && function <= 4) {
        std::snprintf(text, sizeof text, "read %u %s from 0x%04X", number(message, 4), thing(function),
                      number(message, 2));
    } else if (function == 5 || function == 6) {
        std::snprintf(text, sizeof text, "write 0x%04X to %s 0x%04X", number(message, 4),
                      function == 5 ? "coil" : "holding register", number(message, 2));
    } else if (function == 15 || function == 16) {
        std::snprintf(text, sizeof text, "write %u %s from 0x%04X", number(message, 4), thing(function),
                      number(message, 2));
    } else {
        std::snprintf(text, sizeof text, "function %02X", function);
    }
    return who(message) + ": " + text;
}

std::string answer_meaning(Bytes message) {
    const unsigned function = message[1];
    if ((function & drivers::modbus::kExceptionFlag) != 0 && message.size() >= 3) {
        return who(message) + ": " + control::exception_words(message[2]);
    }
    if (function >= 1 && function <= 4 && message.size() >= 3) {
        const unsigned bytes = message[2];
        std::string values;
        for (std::size_t at = 3; function >= 3 && at + 1 < message.size(); at += 2) {
            values += (values.empty() ? ": " : " ") + std::to_string(number(message, at));
        }
        const unsigned count = function <= 2 ? bytes * 8 : bytes / 2;
        return who(message) + ": " + (function <= 2 ? "up to " : "") + std::to_string(count) + " " +
               thing(function) + values;
    }
    return who(message) + ": has done: " + request_meaning(message).substr(who(message).size() + 2);
}

/// Length of an RTU answer that begins so; 0: none begins so, or it is not known yet.
std::size_t rtu_length(Bytes bytes) {
    if (bytes.size() < 3) {
        return 0;
    }
    const unsigned function = bytes[1];
    if ((function & drivers::modbus::kExceptionFlag) != 0) {
        return kShortestRtu;
    }
    return function >= 1 && function <= 4                                       ? bytes[2] + kShortestRtu
           : function == 5 || function == 6 || function == 15 || function == 16 ? 8
                                                                                : 0;
}

std::size_t tcp_length(Bytes bytes) {
    const bool head = bytes.size() > kMbap + 2 && number(bytes, 2) == 0;
    return head && number(bytes, 4) > 2 ? number(bytes, 4) + kMbap : 0;
}

/// The whole frame at the front of `bytes`; empty when there is none.
Bytes whole_frame(Wire wire, Bytes bytes) {
    const std::size_t length = wire == Wire::kRtu ? rtu_length(bytes) : tcp_length(bytes);
    if (length == 0 || length > bytes.size()) {
        return {};
    }
    const Bytes frame = bytes.first(length);
    return wire == Wire::kTcp || has_good_crc(frame) ? frame : Bytes{};
}

Bytes message_of(Wire wire, Bytes frame) {
    return wire == Wire::kRtu ? frame.first(frame.size() - kCrc) : frame.subspan(kMbap);
}

Frame broken(Bytes bytes) {
    const bool looks_whole = rtu_length(bytes) == bytes.size();
    return {{bytes.begin(), bytes.end()},
            looks_whole ? "wrong CRC" : std::to_string(bytes.size()) + " bytes that are no whole frame",
            false};
}

}  // namespace

Frame request_frame(Wire wire, Bytes bytes) {
    const std::size_t shortest = wire == Wire::kRtu ? kCrc + 2 : kMbap + 2;
    return {{bytes.begin(), bytes.end()},
            bytes.size() < shortest ? "" : request_meaning(message_of(wire, bytes)),
            true};
}

std::vector<Frame> answer_frames(Wire wire, Bytes bytes) {
    std::vector<Frame> frames;
    std::size_t begin = 0;  // of what is no frame
    std::size_t at = 0;
    const auto close = [&] {
        if (at > begin) {
            frames.push_back(broken(bytes.subspan(begin, at - begin)));
        }
    };
    while (at < bytes.size()) {
        const Bytes frame = whole_frame(wire, bytes.subspan(at));
        if (frame.empty()) {
            ++at;
            continue;
        }
        close();
        frames.push_back({{frame.begin(), frame.end()}, answer_meaning(message_of(wire, frame)), true});
        at += frame.size();
        begin = at;
    }
    close();
    return frames;
}

std::string hex(Bytes bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        char digits[4];
        std::snprintf(digits, sizeof digits, text.empty() ? "%02X" : " %02X", unsigned{byte});
        text += digits;
    }
    return text;
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        std::uint8_t byte = 0;
        const char* const end = text.data() + at + 2;
        if (std::from_chars(text.data() + at, end, byte, 16).ptr != end) {
            return {};
        }
        bytes.push_back(byte);
    }
    return bytes;
}

}  // namespace gengfu::cli
