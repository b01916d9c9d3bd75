#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

constexpr std::array<std::pair<std::string_view, Space>, 4> kSpaces{{{"coil", Space::kCoil},
                                                                     {"discrete", Space::kDiscrete},
                                                                     {"input", Space::kInput},
                                                                     {"holding", Space::kHolding}}};

constexpr std::array<std::pair<std::string_view, Type>, 13> kPlainTypes{{{"bool", Type::kBool},
                                                                         {"u8", Type::kU8},
                                                                         {"i8", Type::kI8},
                                                                         {"u16", Type::kU16},
                                                                         {"i16", Type::kI16},
                                                                         {"u32", Type::kU32},
                                                                         {"i32", Type::kI32},
                                                                         {"u64", Type::kU64},
                                                                         {"i64", Type::kI64},
                                                                         {"f32", Type::kF32},
                                                                         {"f64", Type::kF64},
                                                                         {"bcd16", Type::kBcd16},
                                                                         {"bcd32", Type::kBcd32}}};

/// Forms of the same letters share their order; the first form of each width is the usual one.
struct OrderForm {
    std::string_view text;
    std::uint16_t registers;
    Order order;
};
constexpr std::array<OrderForm, 10> kOrders{{{"AB", 1, {false, false}},
                                             {"BA", 1, {false, true}},
                                             {"ABCD", 2, {false, false}},
                                             {"CDAB", 2, {true, false}},
                                             {"BADC", 2, {false, true}},
                                             {"DCBA", 2, {true, true}},
                                             {"ABCDEFGH", 4, {false, false}},
                                             {"GHEFCDAB", 4, {true, false}},
                                             {"BADCFEHG", 4, {false, true}},
                                             {"HGFEDCBA", 4, {true, true}}}};

constexpr const char* kRegisterForm =
    R"(a register such as "holding:0x0018" (coil:, discrete:, input: or holding: and the address on the wire))";

/// Decimal or 0x…, the whole text, at most 65535.
std::optional<std::uint16_t> parse_address(std::string_view text) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    text.remove_prefix(hex ? 2 : 0);
    std::uint16_t address = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, address, hex ? 16 : 10);
    if (read.ec != std::errc{} || read.ptr != end) {
        return std::nullopt;
    }
    return address;
}

Result<std::pair<Space, std::string_view>> split_space(std::string_view text) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        for (const auto& [word, space] : kSpaces) {
            if (word == text.substr(0, colon)) {
                return std::pair(space, text.substr(colon + 1));
            }
        }
    }
    return fail(Errc::kInvalid, kRegisterForm);
}

std::optional<std::uint8_t> parse_small(std::string_view text) {
    std::uint8_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) {
        return std::nullopt;
    }
    return number;
}

Result<TypeSpec> parse_bits(std::string_view text) {
    const auto dash = text.find('-');
    const auto low = parse_small(text.substr(0, dash));
    const auto high = dash == std::string_view::npos ? std::nullopt : parse_small(text.substr(dash + 1));
    if (!low || !high || *low >= *high || *high > 15) {
        return fail(Errc::kInvalid, R"("bits:LOW-HIGH" with bits 0 to 15, such as "bits:4-7")");
    }
    return TypeSpec{.type = Type::kBits, .bit_low = *low, .bit_high = *high};
}

}  // namespace

Result<Register> parse_register(std::string_view text) {
    auto parts = split_space(text);
    if (!parts) {
        return pass(parts);
    }
    const auto address = parse_address(parts->second);
    if (!address) {
        return fail(Errc::kInvalid, kRegisterForm);
    }
    return Register{parts->first, *address};
}

std::string to_text(Register reg) {
    for (const auto& [word, space] : kSpaces) {
        if (space == reg.space) {
            return fmt::format("{}:0x{:04X}", word, reg.address);
        }
    }
    return "?";
}

Result<Forbidden> parse_register_range(std::string_view text) {
    auto parts = split_space(text);
    if (!parts) {
        return pass(parts);
    }
    const auto dash = parts->second.find('-');
    const auto first = parse_address(parts->second.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_address(parts->second.substr(dash + 1));
    if (!first || !last || *last < *first) {
        return fail(Errc::kInvalid, R"(registers such as "holding:0x0001-0x0004")");
    }
    return Forbidden{parts->first, *first, *last};
}

std::string to_text(const TypeSpec& type) {
    for (const auto& [word, plain] : kPlainTypes) {
        if (plain == type.type) {
            return std::string(word);
        }
    }
    if (type.type == Type::kBit) {
        return fmt::format("bit:{}", type.bit_low);
    }
    return type.type == Type::kBits ? fmt::format("bits:{}-{}", type.bit_low, type.bit_high)
                                    : fmt::format("string:{}", type.length);
}

Result<TypeSpec> parse_type(std::string_view text) {
    for (const auto& [word, type] : kPlainTypes) {
        if (word == text) {
            return TypeSpec{.type = type};
        }
    }
    const auto colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (word == "bit") {
        const auto bit = parse_small(rest);
        if (!bit || *bit > 15) {
            return fail(Errc::kInvalid, R"("bit:N" with N from 0 to 15)");
        }
        return TypeSpec{.type = Type::kBit, .bit_low = *bit, .bit_high = *bit};
    }
    if (word == "bits") {
        return parse_bits(rest);
    }
    if (word == "string") {
        constexpr std::uint8_t kLongest = 250;  // 125 registers
        const auto length = parse_small(rest);
        if (!length || *length == 0 || *length > kLongest) {
            return fail(Errc::kInvalid, R"("string:BYTES" with 1 to 250 bytes)");
        }
        return TypeSpec{.type = Type::kString, .length = *length};
    }
    return fail(
        Errc::kInvalid,
        "one of bool bit:N bits:LOW-HIGH u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bcd16 bcd32 string:BYTES");
}

std::uint16_t register_count(Type type, std::uint8_t length) {
    switch (type) {
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
            return static_cast<std::uint16_t>((length + 1) / 2);
        default:
            return 1;
    }
}

Result<Order> parse_order(std::string_view text, std::uint16_t registers) {
    for (const OrderForm& form : kOrders) {
        if (form.text == text) {
            if (form.registers != registers && form.registers != 2) {
                return fail(Errc::kInvalid,
                            fmt::format("a form for {} bits, {} is one for {}", 16 * registers,
                                        in_quotes(text), 16 * form.registers));
            }
            return form.order;
        }
    }
    return fail(
        Errc::kInvalid,
        "ABCD, CDAB, BADC or DCBA (64 bits: ABCDEFGH, GHEFCDAB, BADCFEHG or HGFEDCBA; 16 bits: AB or BA)");
}

}  // namespace gengfu::config
