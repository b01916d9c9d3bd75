#include "tests/sim/modbus_server.hpp"

#include <algorithm>

namespace gengfu::sim {
namespace {

constexpr std::size_t kMaxReadBits = 2000;
constexpr std::size_t kMaxWriteBits = 1968;
constexpr std::size_t kMaxReadWords = 125;
constexpr std::size_t kMaxWriteWords = 123;
constexpr std::uint16_t kCoilOn = 0xFF00;

std::uint16_t word_at(std::span<const std::uint8_t> pdu, std::size_t offset) {
    return static_cast<std::uint16_t>((pdu[offset] << 8U) | pdu[offset + 1]);
}

void append_word(Bytes& out, std::uint16_t word) {
    out.push_back(static_cast<std::uint8_t>(word >> 8U));
    out.push_back(static_cast<std::uint8_t>(word & 0xFFU));
}

Bytes echo(std::span<const std::uint8_t> pdu) {
    return {pdu.begin(), pdu.begin() + 5};
}

Bytes read_bits(std::span<const std::uint8_t> pdu, const RegisterBank& bank, Space space) {
    const std::uint8_t function = pdu[0];
    const std::size_t count = pdu.size() == 5 ? word_at(pdu, 3) : 0;
    if (count == 0 || count > kMaxReadBits) {
        return exception_pdu(function, Exception::kValue);
    }
    const std::uint16_t first = word_at(pdu, 1);
    if (!bank.exists(space, first, count)) {
        return exception_pdu(function, Exception::kAddress);
    }
    Bytes out{function, static_cast<std::uint8_t>((count + 7) / 8)};
    out.resize(2 + (count + 7) / 8, 0);
    for (std::size_t i = 0; i < count; ++i) {
        const bool set = bank.at(space, static_cast<std::uint16_t>(first + i)).value_or(0) != 0;
        out[2 + i / 8] = static_cast<std::uint8_t>(out[2 + i / 8] | ((set ? 1U : 0U) << (i % 8)));
    }
    return out;
}

Bytes read_words(std::span<const std::uint8_t> pdu, const RegisterBank& bank, Space space,
                 const Abilities& abilities) {
    const std::uint8_t function = pdu[0];
    const std::size_t count = pdu.size() == 5 ? word_at(pdu, 3) : 0;
    if (count == 0 || count > kMaxReadWords || count > abilities.max_registers) {
        return exception_pdu(function, Exception::kValue);
    }
    const std::uint16_t first = word_at(pdu, 1);
    const bool odd = first % 2 != 0 || count % 2 != 0;
    if ((abilities.even_only && odd) || !bank.exists(space, first, count)) {
        return exception_pdu(function, Exception::kAddress);
    }
    Bytes out{function, static_cast<std::uint8_t>(count * 2)};
    for (std::size_t i = 0; i < count; ++i) {
        append_word(out, bank.at(space, static_cast<std::uint16_t>(first + i)).value_or(0));
    }
    return out;
}

Bytes write_one(std::span<const std::uint8_t> pdu, RegisterBank& bank, Space space) {
    const std::uint8_t function = pdu[0];
    if (pdu.size() != 5) {
        return exception_pdu(function, Exception::kValue);
    }
    const std::uint16_t address = word_at(pdu, 1);
    std::uint16_t value = word_at(pdu, 3);
    if (space == Space::kCoil) {
        if (value != 0 && value != kCoilOn) {
            return exception_pdu(function, Exception::kValue);
        }
        value = value == kCoilOn ? 1 : 0;
    }
    if (!bank.exists(space, address, 1)) {
        return exception_pdu(function, Exception::kAddress);
    }
    bank.define(space, address, {&value, 1});
    return echo(pdu);
}

Bytes write_bits(std::span<const std::uint8_t> pdu, RegisterBank& bank) {
    const std::uint8_t function = pdu[0];
    const std::size_t count = pdu.size() >= 6 ? word_at(pdu, 3) : 0;
    const std::size_t bytes = (count + 7) / 8;
    if (count == 0 || count > kMaxWriteBits || pdu[5] != bytes || pdu.size() != 6 + bytes) {
        return exception_pdu(function, Exception::kValue);
    }
    const std::uint16_t first = word_at(pdu, 1);
    if (!bank.exists(Space::kCoil, first, count)) {
        return exception_pdu(function, Exception::kAddress);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const auto bit = static_cast<std::uint16_t>((static_cast<unsigned>(pdu[6 + i / 8]) >> (i % 8)) & 1U);
        bank.define(Space::kCoil, static_cast<std::uint16_t>(first + i), {&bit, 1});
    }
    return echo(pdu);
}

Bytes write_words(std::span<const std::uint8_t> pdu, RegisterBank& bank, const Abilities& abilities) {
    const std::uint8_t function = pdu[0];
    const std::size_t count = pdu.size() >= 6 ? word_at(pdu, 3) : 0;
    const bool allowed = count != 0 && count <= kMaxWriteWords && count <= abilities.max_registers;
    if (!allowed || pdu[5] != count * 2 || pdu.size() != 6 + count * 2) {
        return exception_pdu(function, Exception::kValue);
    }
    const std::uint16_t first = word_at(pdu, 1);
    if (!bank.exists(Space::kHolding, first, count)) {
        return exception_pdu(function, Exception::kAddress);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint16_t word = word_at(pdu, 6 + 2 * i);
        bank.define(Space::kHolding, static_cast<std::uint16_t>(first + i), {&word, 1});
    }
    return echo(pdu);
}

}  // namespace

void RegisterBank::define(Space space, std::uint16_t first, std::span<const std::uint16_t> words) {
    auto& table = spaces_[static_cast<std::size_t>(space)];
    std::size_t address = first;
    for (const std::uint16_t word : words) {
        if (address > 0xFFFF) {
            return;
        }
        table[static_cast<std::uint16_t>(address++)] = word;
    }
}

bool RegisterBank::exists(Space space, std::uint16_t first, std::size_t count) const {
    const auto& table = spaces_[static_cast<std::size_t>(space)];
    auto it = table.find(first);
    for (std::size_t i = 0; i < count; ++i, ++it) {
        if (it == table.end() || it->first != first + i) {
            return false;
        }
    }
    return true;
}

std::optional<std::uint16_t> RegisterBank::at(Space space, std::uint16_t address) const {
    const auto& table = spaces_[static_cast<std::size_t>(space)];
    const auto it = table.find(address);
    return it == table.end() ? std::nullopt : std::optional(it->second);
}

Bytes exception_pdu(std::uint8_t function, Exception code) {
    return {static_cast<std::uint8_t>(function | 0x80U), static_cast<std::uint8_t>(code)};
}

Bytes serve(std::span<const std::uint8_t> pdu, RegisterBank& bank, const Abilities& abilities) {
    if (pdu.empty()) {
        return {};
    }
    const std::uint8_t function = pdu[0];
    if (std::find(abilities.functions.begin(), abilities.functions.end(), function) ==
        abilities.functions.end()) {
        return exception_pdu(function, Exception::kFunction);
    }
    switch (function) {
        case 1:
            return read_bits(pdu, bank, Space::kCoil);
        case 2:
            return read_bits(pdu, bank, Space::kDiscrete);
        case 3:
            return read_words(pdu, bank, Space::kHolding, abilities);
        case 4:
            return read_words(pdu, bank, Space::kInput, abilities);
        case 5:
            return write_one(pdu, bank, Space::kCoil);
        case 6:
            return write_one(pdu, bank, Space::kHolding);
        case 15:
            return write_bits(pdu, bank);
        case 16:
            return write_words(pdu, bank, abilities);
        default:
            return exception_pdu(function, Exception::kFunction);
    }
}

}  // namespace gengfu::sim
