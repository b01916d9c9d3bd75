#include "drivers/modbus/codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gengfu::drivers::modbus {
namespace {

using config::Order;
using config::PointSpec;
using config::Space;
using config::Type;

constexpr Order kAbcd{false, false}, kCdab{true, false}, kBadc{false, true}, kDcba{true, true};
const double kNan = std::numeric_limits<double>::quiet_NaN();

PointSpec spec(Type type, Order order = {}) {
    PointSpec point;
    point.name = "p";
    point.type = type;
    point.order = order;
    return point;
}

PointSpec bits(unsigned low, unsigned high) {
    PointSpec point = spec(low == high ? Type::kBit : Type::kBits);
    point.bit_low = static_cast<std::uint8_t>(low);
    point.bit_high = static_cast<std::uint8_t>(high);
    return point;
}

PointSpec text(unsigned length, Order order = {}) {
    PointSpec point = spec(Type::kString, order);
    point.length = static_cast<std::uint8_t>(length);
    return point;
}

PointSpec inverted(PointSpec point) {
    point.invert = true;
    return point;
}

struct Case {
    std::string name;
    PointSpec point;
    std::vector<std::uint16_t> registers;
    double value;
    std::uint64_t raw;
};

class Decode : public testing::TestWithParam<Case> {};

TEST_P(Decode, GivesNumberAndBits) {
    const Case& c = GetParam();
    const Result<Raw> got = decode(c.point, c.registers);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->bits, c.raw);
    EXPECT_EQ(got->not_a_number, std::isnan(c.value));
    if (!std::isnan(c.value)) {
        EXPECT_DOUBLE_EQ(got->value, c.value);
    } else {
        EXPECT_TRUE(std::isnan(got->value));
    }
    EXPECT_FALSE(got->sentinel);
}

const Case kNumbers[] = {
    {"U16", spec(Type::kU16), {0x0138}, 312, 0x0138},
    {"U16BytesSwapped", spec(Type::kU16, kBadc), {0x3801}, 312, 0x0138},
    {"I16Negative", spec(Type::kI16), {0xF555}, -2731, 0xF555},
    {"U8IsTheLowByte", spec(Type::kU8), {0xAB12}, 0x12, 0x12},
    {"U8OfSwappedBytes", spec(Type::kU8, kBadc), {0xAB12}, 0xAB, 0xAB},
    {"I8Negative", spec(Type::kI8), {0x00FE}, -2, 0xFE},
    {"U32HighWordFirst", spec(Type::kU32, kAbcd), {0x0001, 0x0002}, 65538, 0x00010002},
    {"U32LowWordFirst", spec(Type::kU32, kCdab), {0x0026, 0x0000}, 38, 38},
    {"U32Badc", spec(Type::kU32, kBadc), {0x2211, 0x4433}, 0x11223344, 0x11223344},
    {"U32Dcba", spec(Type::kU32, kDcba), {0x4433, 0x2211}, 0x11223344, 0x11223344},
    {"I32InclinometerX", spec(Type::kI32), {0x0000, 0x3B92}, 15250, 0x3B92},
    {"I32InclinometerY", spec(Type::kI32), {0xFFFF, 0xF3CB}, -3125, 0xFFFFF3CB},
    {"I32TufLong", spec(Type::kI32, kCdab), {65480, 65535}, -56, 0xFFFFFFC8},
    {"U64", spec(Type::kU64), {0, 0, 1, 0}, 65536, 65536},
    {"U64LowWordFirst", spec(Type::kU64, kCdab), {4, 3, 2, 1}, 281483566841860.0, 0x0001000200030004},
    {"I64Negative", spec(Type::kI64), {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE}, -2, 0xFFFFFFFFFFFFFFFE},
    {"U64ExactTo2e53", spec(Type::kU64), {0x0020, 0, 0, 0}, 9007199254740992.0, 0x0020000000000000},
    {"F32SdmAbcd", spec(Type::kF32), {0x4366, 0x8000}, 230.5, 0x43668000},
    {"F32TufCdab", spec(Type::kF32, kCdab), {0x0000, 0x4050}, 3.25, 0x40500000},
    {"F32ResidualCurrent", spec(Type::kF32), {0x439C, 0x4000}, 312.5, 0x439C4000},
    {"F32HydrogenSulfide", spec(Type::kF32), {0x4120, 0x0000}, 10, 0x41200000},
    {"F32NegativeZero", spec(Type::kF32), {0x8000, 0}, -0.0, 0x80000000},
    {"F32Nan", spec(Type::kF32), {0x7FC0, 0}, kNan, 0x7FC00000},
    {"F32SignallingNan", spec(Type::kF32), {0x7F80, 1}, kNan, 0x7F800001},
    {"F32Infinite", spec(Type::kF32), {0xFF80, 0}, kNan, 0xFF800000},
    {"F64", spec(Type::kF64), {0x400A, 0, 0, 0}, 3.25, 0x400A000000000000},
    {"F64Dcba", spec(Type::kF64, kDcba), {0, 0, 0, 0x0A40}, 3.25, 0x400A000000000000},
    {"F64Infinite", spec(Type::kF64), {0x7FF0, 0, 0, 0}, kNan, 0x7FF0000000000000},
    {"Bcd16", spec(Type::kBcd16), {0x1234}, 1234, 0x1234},
    {"Bcd16BadDigit", spec(Type::kBcd16), {0x12A4}, kNan, 0x12A4},
    {"Bcd32", spec(Type::kBcd32), {0x1234, 0x5678}, 12345678, 0x12345678},
    {"Bcd32LowWordFirst", spec(Type::kBcd32, kCdab), {0x5678, 0x1234}, 12345678, 0x12345678},
    {"Bcd32BadLastDigit", spec(Type::kBcd32), {0x1234, 0x567F}, kNan, 0x1234567F},
    {"BoolOfRegister", spec(Type::kBool), {0x0100}, 1, 1},
    {"BoolZero", spec(Type::kBool), {0}, 0, 0},
    {"BoolInverted", inverted(spec(Type::kBool)), {1}, 0, 1},
    {"Bit2Set", bits(2, 2), {0x0004}, 1, 1},
    {"Bit2Clear", bits(2, 2), {0xFFFB}, 0, 0},
    {"Bit15", bits(15, 15), {0x8000}, 1, 1},
    {"BitInverted", inverted(bits(0, 0)), {0}, 1, 0},
    {"Bits4To7", bits(4, 7), {0x12A4}, 0xA, 0xA},
    {"BitsWhole", bits(0, 15), {0xFFFF}, 0xFFFF, 0xFFFF},
    {"BitsOverTwoRegisters", bits(12, 19), {0x000A, 0xB000}, 0xAB, 0xAB},
    {"Bit31", bits(31, 31), {0x8000, 0}, 1, 1},
    {"Bit63", bits(63, 63), {0x8000, 0, 0, 0}, 1, 1},
    {"BitsAll64", bits(0, 63), {0, 0, 0, 7}, 7, 7},
};
INSTANTIATE_TEST_SUITE_P(Numbers, Decode, testing::ValuesIn(kNumbers),
                         [](const auto& test) { return test.param.name; });

struct Published {
    std::string name;
    PointSpec point;
    std::vector<std::uint16_t> registers;
    double value;
};

/// Values printed in vendors' documents beside their registers, to the digits printed there.
class DecodePublished : public testing::TestWithParam<Published> {};

TEST_P(DecodePublished, AgreesWithTheVendor) {
    const Published& p = GetParam();
    const Result<Raw> got = decode(p.point, p.registers);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_NEAR(got->value, p.value, std::abs(p.value) * 1e-5);
}

const Published kPublished[] = {
    {"TufVelocity", spec(Type::kF32, kCdab), {15568, 16611}, 7.10117},
    {"TufFlow", spec(Type::kF32, kCdab), {43137, 17105}, 104.829},
    {"TufNoiseNearZero", spec(Type::kF32, kCdab), {7579, 48988}, -0.859827},
    {"TufQuality", bits(0, 7), {806}, 38},
    {"XintaiLeastSignificantByteFirst", spec(Type::kF32, kDcba), {0x1E85, 0x0B3F}, 0.545},
    {"PzemVoltage", spec(Type::kU16), {0x08D1}, 2257},
};
INSTANTIATE_TEST_SUITE_P(Vendors, DecodePublished, testing::ValuesIn(kPublished),
                         [](const auto& test) { return test.param.name; });

struct Sentinel {
    std::string name;
    PointSpec point;
    std::uint64_t invalid;
    std::vector<std::uint16_t> registers;
    bool is_sentinel;
};

class Invalid : public testing::TestWithParam<Sentinel> {};

TEST_P(Invalid, IsComparedOnRawBitsInTheWidthOfTheType) {
    Sentinel s = GetParam();
    s.point.invalid = {0x7ABC, s.invalid};
    const Result<Raw> got = decode(s.point, s.registers);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->sentinel, s.is_sentinel);
}

const Sentinel kSentinels[] = {
    {"U16", spec(Type::kU16), 0xFFFF, {0xFFFF}, true},
    {"U16OtherValue", spec(Type::kU16), 0xFFFF, {0xFFFE}, false},
    {"NegativeI16AsRawBits", spec(Type::kI16), 0x8000, {0x8000}, true},
    {"AfterOrder", spec(Type::kU32, kCdab), 0x7FFFFFFF, {0xFFFF, 0x7FFF}, true},
    {"HalfOfTheBitsIsNotEnough", spec(Type::kU32), 0xFFFF, {0xFFFF, 0xFFFF}, false},
    {"FloatBits", spec(Type::kF32), 0xC61C4000, {0xC61C, 0x4000}, true},
    {"NanBits", spec(Type::kF32), 0x7FC00000, {0x7FC0, 0}, true},
    {"U8IgnoresTheHighByte", spec(Type::kU8), 0xFF, {0x12FF}, true},
    {"TooWideNeverMatches", spec(Type::kU16), 0x1FFFF, {0xFFFF}, false},
    {"NonDecimalBcd", spec(Type::kBcd16), 0xFFFF, {0xFFFF}, true},
    {"BitsField", bits(4, 7), 0xF, {0x00F0}, true},
};
INSTANTIATE_TEST_SUITE_P(Table, Invalid, testing::ValuesIn(kSentinels),
                         [](const auto& test) { return test.param.name; });

TEST(Invalid, SentinelKeepsItsNumberAsEvidence) {
    PointSpec point = spec(Type::kI16);
    point.invalid = {0x8000};
    const Result<Raw> got = decode(point, std::vector<std::uint16_t>{0x8000});
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->sentinel);
    EXPECT_EQ(got->value, -32768);
}

struct Text {
    std::string name;
    PointSpec point;
    std::vector<std::uint16_t> registers;
    std::string text;
    bool good;
};

class DecodeText : public testing::TestWithParam<Text> {};

TEST_P(DecodeText, KeepsOnlyPrintableUtf8) {
    const Text& t = GetParam();
    const Result<Raw> got = decode(t.point, t.registers);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->text, t.text);
    EXPECT_EQ(got->not_a_number, !t.good);
}

const Text kTexts[] = {
    {"Plain", text(4), {0x4142, 0x4344}, "ABCD", true},
    {"LowByteFirst", text(4, kBadc), {0x4241, 0x4443}, "ABCD", true},
    {"OddLength", text(3), {0x4142, 0x43FF}, "ABC", true},
    {"EndsAtNul", text(6), {0x4142, 0x0058, 0x5858}, "AB", true},
    {"TrailingSpaces", text(4), {0x4120, 0x2020}, "A", true},
    {"Empty", text(4), {0, 0}, "", true},
    {"Chinese", text(6), {0xE4B8, 0xADE5, 0x9BBD}, "\xE4\xB8\xAD\xE5\x9B\xBD", true},
    {"ControlCharacter", text(2), {0x4107}, "", false},
    {"C1Control", text(2), {0xC285}, "", false},
    {"NoUtf8", text(2), {0xFFFF}, "", false},
    {"CutUtf8", text(2), {0xE4B8}, "", false},
    {"Overlong", text(2), {0xC080}, "", false},
    {"Surrogate", text(3), {0xEDA0, 0x8000}, "", false},
    {"FourBytes", text(4), {0xF09F, 0x9A92}, "\xF0\x9F\x9A\x92", true},
    {"AboveUnicode", text(4), {0xF490, 0x8080}, "", false},
};
INSTANTIATE_TEST_SUITE_P(Table, DecodeText, testing::ValuesIn(kTexts),
                         [](const auto& test) { return test.param.name; });

TEST(RegisterCount, FollowsTheType) {
    const std::pair<PointSpec, unsigned> cases[] = {
        {spec(Type::kBool), 1}, {bits(15, 15), 1},       {bits(16, 16), 2},
        {bits(4, 31), 2},       {bits(0, 32), 4},        {spec(Type::kU8), 1},
        {spec(Type::kI16), 1},  {spec(Type::kBcd16), 1}, {spec(Type::kBcd32), 2},
        {spec(Type::kF32), 2},  {spec(Type::kI64), 4},   {spec(Type::kF64), 4},
        {text(1), 1},           {text(255), 128},        {text(0), 0},
        {bits(64, 64), 0},
    };
    for (const auto& [point, count] : cases) {
        EXPECT_EQ(register_count(point), count) << static_cast<int>(point.type);
    }
    PointSpec upside_down = spec(Type::kBits);
    upside_down.bit_low = 4;
    EXPECT_EQ(register_count(upside_down), 0);
}

TEST(RegisterCount, OnlyBoolFitsCoilsAndDiscreteInputs) {
    for (const Space space : {Space::kCoil, Space::kDiscrete}) {
        PointSpec coil = spec(Type::kBool);
        coil.reg.space = space;
        EXPECT_EQ(register_count(coil), 1);
        PointSpec number = spec(Type::kU16);
        number.reg.space = space;
        EXPECT_EQ(register_count(number), 0);
        EXPECT_EQ(decode(number, std::vector<std::uint16_t>{}).error().code, Errc::kInvalid);
    }
}

TEST(DecodeErrors, AnotherNumberOfRegistersIsABadFrame) {
    const std::vector<std::uint16_t> three{1, 2, 3};
    for (std::size_t count : {0U, 1U, 3U}) {
        const Result<Raw> got = decode(spec(Type::kU32), std::span(three).first(count));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::kBadFrame);
    }
}

}  // namespace
}  // namespace gengfu::drivers::modbus
