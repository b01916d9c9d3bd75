#include "drivers/modbus/frame.hpp"

#include <algorithm>
#include <string>

namespace gengfu::drivers::modbus {

namespace {

constexpr std::uint8_t kReadCoils = 1, kReadDiscrete = 2, kReadHolding = 3, kReadInput = 4;
constexpr std::uint8_t kWriteCoil = 5, kWriteRegister = 6, kWriteCoils = 15, kWriteRegisters = 16;
constexpr std::uint32_t kAddressEnd = 0x10000;
constexpr std::size_t kWriteAnswerSize = 6;  // unit, function, address, count or value
constexpr std::size_t kReadAnswerHead = 3;   // unit, function, byte count
constexpr std::size_t kExceptionSize = 3;

constexpr std::array<std::uint16_t, 256> make_crc_table() {
    std::array<std::uint16_t, 256> table{};
    for (unsigned i = 0; i < table.size(); ++i) {
        unsigned crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
        }
        table[i] = static_cast<std::uint16_t>(crc);
    }
    return table;
}

constexpr std::array<std::uint16_t, 256> kCrcTable = make_crc_table();

bool is_of_bits(std::uint8_t function) {
    return function == kReadCoils || function == kReadDiscrete || function == kWriteCoil ||
           function == kWriteCoils;
}

/// Modbus Application Protocol V1.1b3, section 6. 0: function not spoken.
std::uint32_t most(std::uint8_t function) {
    switch (function) {
        case kReadCoils:
        case kReadDiscrete:
            return 2000;
        case kReadHolding:
        case kReadInput:
            return 125;
        case kWriteCoil:
        case kWriteRegister:
            return 1;
        case kWriteCoils:
            return 1968;
        case kWriteRegisters:
            return 123;
        default:
            return 0;
    }
}

std::size_t payload_bytes(const Request& request) {
    return is_of_bits(request.function) ? (request.count + 7U) / 8U : 2U * request.count;
}

void put(Message& message, unsigned byte) {
    message.bytes[message.size++] = static_cast<std::uint8_t>(byte);
}

void put16(Message& message, unsigned word) {
    put(message, word >> 8U & 0xFFU);
    put(message, word & 0xFFU);
}

void put_many(Message& message, const Request& request) {
    put(message, static_cast<unsigned>(payload_bytes(request)));
    if (request.function == kWriteRegisters) {
        for (const std::uint16_t value : request.values) {
            put16(message, value);
        }
        return;
    }
    for (std::size_t i = 0; i < request.values.size(); i += 8) {
        unsigned byte = 0;
        for (std::size_t bit = 0; bit < 8 && i + bit < request.values.size(); ++bit) {
            byte |= static_cast<unsigned>(request.values[i + bit]) << bit;
        }
        put(message, byte);
    }
}

Result<void> check(const Request& request) {
    const std::uint32_t limit = most(request.function);
    if (limit == 0) {
        return fail(Errc::kInvalid, "function " + std::to_string(request.function) + " is not spoken");
    }
    if (request.count == 0 || request.count > limit) {
        return fail(Errc::kInvalid, "function " + std::to_string(request.function) + " cannot carry " +
                                        std::to_string(request.count) + ", only 1 to " +
                                        std::to_string(limit));
    }
    if (request.address + std::uint32_t{request.count} > kAddressEnd) {
        return fail(Errc::kInvalid, std::to_string(request.count) + " from address " +
                                        std::to_string(request.address) + " go beyond 65535");
    }
    if (request.values.size() != (is_write(request.function) ? request.count : 0U)) {
        return fail(Errc::kInvalid,
                    std::to_string(request.values.size()) + " values do not belong to function " +
                        std::to_string(request.function) + " with count " + std::to_string(request.count));
    }
    if (is_of_bits(request.function) && std::ranges::any_of(request.values, [](auto v) { return v > 1; })) {
        return fail(Errc::kInvalid, "a coil is written with 0 or 1");
    }
    return {};
}

}  // namespace

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
    unsigned crc = 0xFFFF;
    for (const std::uint8_t byte : bytes) {
        crc = crc >> 8U ^ kCrcTable[(crc ^ byte) & 0xFFU];
    }
    return static_cast<std::uint16_t>(crc);
}

bool is_write(std::uint8_t function) {
    return function == kWriteCoil || function == kWriteRegister || function == kWriteCoils ||
           function == kWriteRegisters;
}

Result<Message> encode(const Request& request) {
    if (Result<void> checked = check(request); !checked) {
        return pass(checked);
    }
    Message message;
    put(message, request.unit);
    put(message, request.function);
    put16(message, request.address);
    if (request.function == kWriteCoil) {
        put16(message, request.values.front() != 0 ? 0xFF00U : 0U);
        return message;
    }
    if (request.function == kWriteRegister) {
        put16(message, request.values.front());
        return message;
    }
    put16(message, request.count);
    if (is_write(request.function)) {
        put_many(message, request);
    }
    return message;
}

std::size_t answer_size(const Request& request) {
    return is_write(request.function) ? kWriteAnswerSize : kReadAnswerHead + payload_bytes(request);
}

Fit fit(const Request& request, std::span<const std::uint8_t> message) {
    if (message.size() < kExceptionSize || message[0] != request.unit) {
        return Fit::kOther;
    }
    if (message[1] == (request.function | kExceptionFlag)) {
        return message.size() == kExceptionSize && message[2] != 0 ? Fit::kException : Fit::kOther;
    }
    if (message[1] != request.function || message.size() != answer_size(request)) {
        return Fit::kOther;
    }
    if (!is_write(request.function)) {
        return message[2] == payload_bytes(request) ? Fit::kAnswer : Fit::kOther;
    }
    // All writes answer with the first six bytes of their request.
    const Result<Message> sent = encode(request);
    return sent && std::ranges::equal(message, sent->view().first(kWriteAnswerSize)) ? Fit::kAnswer
                                                                                     : Fit::kOther;
}

std::string misfit(const Request& request, std::span<const std::uint8_t> message) {
    const auto number = [](std::size_t of) { return std::to_string(of); };
    if (message.size() < 2) {
        return "answers with nothing but its address";
    }
    const unsigned function = message[1] & static_cast<unsigned>(~kExceptionFlag);
    const bool is_exception = (message[1] & kExceptionFlag) != 0;
    if (function != request.function) {
        return std::string("answers with ") + (is_exception ? "an exception to function " : "function ") +
               number(function) + " where " + number(request.function) + " was asked for";
    }
    if (is_exception) {
        return message.size() == kExceptionSize
                   ? "answers with exception " + number(message[2]) + ", which there is not"
                   : "answers with an exception of " + number(message.size()) + " bytes";
    }
    if (is_write(request.function)) {
        return message.size() == kWriteAnswerSize
                   ? "confirms another address, count or value than what was written"
                   : "confirms what was written with " + number(message.size()) + " bytes, not " +
                         number(kWriteAnswerSize);
    }
    const std::size_t came = message.size() - std::min(message.size(), kReadAnswerHead);
    const std::size_t stated = message.size() > 2 ? message[2] : 0;
    std::string says = "answers with " + number(came) + " bytes of data where " +
                       number(payload_bytes(request)) + " were asked for";
    return stated == came ? says : says + ", and says that they are " + number(stated);
}

std::vector<std::uint16_t> values(const Request& request, std::span<const std::uint8_t> message) {
    std::vector<std::uint16_t> list;
    if (is_write(request.function)) {
        return list;
    }
    const std::span<const std::uint8_t> data = message.subspan(kReadAnswerHead);
    list.reserve(request.count);
    for (std::size_t i = 0; i < request.count; ++i) {
        if (is_of_bits(request.function)) {
            list.push_back(static_cast<std::uint16_t>(static_cast<unsigned>(data[i / 8]) >> (i % 8) & 1U));
        } else {
            list.push_back(
                static_cast<std::uint16_t>(static_cast<unsigned>(data[2 * i]) << 8U | data[2 * i + 1]));
        }
    }
    return list;
}

Error exception_error(std::uint8_t code, const std::string& who) {
    const auto error = [&](Errc errc, const char* meaning) {
        return Error{errc, who + ": exception " + std::to_string(code) + ", " + meaning, code};
    };
    switch (code) {
        case 1:
            return error(Errc::kUnsupported, "it does not know this function");
        case 2:
            return error(Errc::kUnsupported, "it has no such register");
        case 3:
            return error(Errc::kRefused, "it refuses this value or count");
        case 4:
            return error(Errc::kRefused, "it reports a failure of its own");
        case 5:
        case 6:
            return error(Errc::kBusy, "it is busy");
        case 10:
            return error(Errc::kTimeout, "a gateway says that it has no path to it");
        case 11:
            return error(Errc::kTimeout, "a gateway says that it did not answer");
        default:
            return error(Errc::kRefused, "it refuses");
    }
}

}  // namespace gengfu::drivers::modbus
