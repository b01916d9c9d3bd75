#include "drivers/modbus/codec.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace gengfu::drivers::modbus {

namespace {

using config::PointSpec;
using config::Space;
using config::Type;

constexpr unsigned kRegisterBits = 16;
constexpr unsigned kLongestBits = 64;

bool is_bit_space(Space space) {
    return space == Space::kCoil || space == Space::kDiscrete;
}

/// 1, 2 or 4: the registers of a number that reaches up to bit `highest`.
std::uint16_t registers_up_to(unsigned highest) {
    if (highest < kRegisterBits) {
        return 1;
    }
    if (highest < 2 * kRegisterBits) {
        return 2;
    }
    return highest < kLongestBits ? 4 : 0;
}

std::uint16_t swap_bytes(std::uint16_t word) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(word) << 8U | static_cast<unsigned>(word) >> 8U);
}

/// The registers as one number, most significant first after `order`.
std::uint64_t assemble(std::span<const std::uint16_t> registers, config::Order order) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < registers.size(); ++i) {
        const std::uint16_t word = registers[order.low_word_first ? registers.size() - 1 - i : i];
        bits = bits << kRegisterBits | (order.low_byte_first ? swap_bytes(word) : word);
    }
    return bits;
}

std::uint64_t mask(unsigned width) {
    return width >= kLongestBits ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

/// What a BCD number of `digits` digits says; NaN when a digit is above 9.
double bcd(std::uint64_t bits, unsigned digits) {
    double value = 0;
    for (unsigned i = digits; i-- > 0;) {
        const auto digit = static_cast<unsigned>(bits >> (4 * i) & 0xFU);
        if (digit > 9) {
            return std::numeric_limits<double>::quiet_NaN();
        }
        value = value * 10 + digit;
    }
    return value;
}

/// Number of the raw bits; NaN or infinite when the device sent no number.
double number(const PointSpec& spec, std::uint64_t bits) {
    switch (spec.type) {
        case Type::kBool:
        case Type::kBit:
            return (bits != 0) == spec.invert ? 0 : 1;
        case Type::kI8:
            return static_cast<std::int8_t>(bits);
        case Type::kI16:
            return static_cast<std::int16_t>(bits);
        case Type::kI32:
            return static_cast<std::int32_t>(bits);
        case Type::kI64:
            return static_cast<double>(static_cast<std::int64_t>(bits));
        case Type::kF32:
            return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
        case Type::kF64:
            return std::bit_cast<double>(bits);
        case Type::kBcd16:
            return bcd(bits, 4);
        case Type::kBcd32:
            return bcd(bits, 8);
        case Type::kBits:
        case Type::kU8:
        case Type::kU16:
        case Type::kU32:
        case Type::kU64:
        case Type::kString:
            break;
    }
    return static_cast<double>(bits);
}

/// The type's own bits out of the registers' number.
std::uint64_t extract(const PointSpec& spec, std::uint64_t bits) {
    if (spec.type == Type::kBool) {
        return bits != 0 ? 1 : 0;
    }
    if (spec.type == Type::kBit || spec.type == Type::kBits) {
        bits >>= spec.bit_low;
    }
    return bits & mask(width_bits(spec));
}

/// Length in bytes of the printable UTF-8 character at the front of `text`; 0 when there is none. Control
/// characters, overlong forms, surrogates and numbers above U+10FFFF are none (RFC 3629).
std::size_t character(std::string_view text) {
    const auto at = [text](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = at(0);
    if (lead < 0x80) {
        return lead >= 0x20 && lead != 0x7F ? 1 : 0;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return 0;
    }
    constexpr std::array<unsigned, 5> kLeadBits{0, 0, 0x1F, 0x0F, 0x07};
    constexpr std::array<unsigned, 5> kSmallest{0, 0, 0xA0, 0x800, 0x10000};  // below U+00A0: C1 controls
    unsigned code = lead & kLeadBits[length];
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) {
            return 0;
        }
        code = code << 6U | (at(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < kSmallest[length] || surrogate || code > 0x10FFFF ? 0 : length;
}

bool is_printable_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = character(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

Raw decode_text(const PointSpec& spec, std::span<const std::uint16_t> registers) {
    Raw raw;
    raw.text.reserve(spec.length);
    for (std::size_t i = 0; i < spec.length; ++i) {
        const std::uint16_t word = registers[i / 2];
        const bool high = (i % 2 == 0) != spec.order.low_byte_first;
        raw.text.push_back(static_cast<char>(high ? word >> 8U : word & 0xFFU));
    }
    // Padding differs by vendor: NULs, spaces, or a NUL and then what stood there before.
    raw.text.resize(std::min(raw.text.find('\0'), raw.text.size()));
    raw.text.resize(raw.text.find_last_not_of(' ') + 1);
    if (!is_printable_utf8(raw.text)) {
        raw.not_a_number = true;
        raw.text.clear();
    }
    return raw;
}

}  // namespace

std::uint16_t register_count(const PointSpec& spec) {
    if (is_bit_space(spec.reg.space)) {
        return spec.type == Type::kBool ? 1 : 0;
    }
    switch (spec.type) {
        case Type::kBool:
        case Type::kU8:
        case Type::kI8:
        case Type::kU16:
        case Type::kI16:
        case Type::kBcd16:
            return 1;
        case Type::kBit:
        case Type::kBits:
            return spec.bit_low <= spec.bit_high ? registers_up_to(spec.bit_high) : std::uint16_t{0};
        case Type::kU32:
        case Type::kI32:
        case Type::kF32:
        case Type::kBcd32:
            return 2;
        case Type::kU64:
        case Type::kI64:
        case Type::kF64:
            return 4;
        case Type::kString:
            return static_cast<std::uint16_t>((spec.length + 1U) / 2U);
    }
    return 0;
}

unsigned width_bits(const PointSpec& spec) {
    switch (spec.type) {
        case Type::kBool:
        case Type::kBit:
            return 1;
        case Type::kBits:
            return spec.bit_low <= spec.bit_high ? spec.bit_high - spec.bit_low + 1U : 0U;
        case Type::kU8:
        case Type::kI8:
            return 8;
        case Type::kU16:
        case Type::kI16:
        case Type::kBcd16:
            return 16;
        case Type::kU32:
        case Type::kI32:
        case Type::kF32:
        case Type::kBcd32:
            return 32;
        case Type::kU64:
        case Type::kI64:
        case Type::kF64:
            return 64;
        case Type::kString:
            break;
    }
    return 0;
}

Result<Raw> decode(const PointSpec& spec, std::span<const std::uint16_t> registers) {
    const std::uint16_t count = register_count(spec);
    if (count == 0) {
        return fail(Errc::kInvalid, "point \"" + spec.name + "\": its type cannot stand at its register");
    }
    if (registers.size() != count) {
        return fail(Errc::kBadFrame, "point \"" + spec.name + "\": " + std::to_string(registers.size()) +
                                         " registers where " + std::to_string(count) + " were expected");
    }
    if (spec.type == Type::kString) {
        return decode_text(spec, registers);
    }
    Raw raw;
    raw.bits = extract(spec, assemble(registers, spec.order));
    for (const std::uint64_t invalid : spec.invalid) {
        raw.sentinel = raw.sentinel || invalid == raw.bits;
    }
    raw.value = number(spec, raw.bits);
    if (!std::isfinite(raw.value)) {
        raw.value = std::numeric_limits<double>::quiet_NaN();
        raw.not_a_number = true;
    }
    return raw;
}

}  // namespace gengfu::drivers::modbus
