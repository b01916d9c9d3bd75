#include "tests/sim/modbus_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sim/rtu_frame.hpp"
#include "tests/unit/sim/frames.hpp"

namespace gengfu::sim {
namespace {

using testing::ElementsAreArray;

struct Setting {
    Space space;
    std::uint16_t first;
    std::vector<std::uint16_t> words;
};

// Published and recomputed frames: a request, the registers behind it, the whole answer.
struct Exchange {
    std::string name;
    Setting setting;
    std::string request, answer;
};
class WholeFrames : public testing::TestWithParam<Exchange> {};

TEST_P(WholeFrames, AreAnsweredByteForByte) {
    const Exchange& exchange = GetParam();
    RegisterBank bank;
    bank.define(exchange.setting.space, exchange.setting.first, exchange.setting.words);
    const auto request = parse_rtu(hex(exchange.request));
    ASSERT_TRUE(request.has_value());
    const Bytes answer = rtu_frame(request->unit, serve(request->pdu, bank, {}));
    EXPECT_THAT(answer, ElementsAreArray(hex(exchange.answer)));
}

const Exchange kExchanges[] = {
    {"Qdy30aLevel", {Space::kHolding, 4, {1}}, "01 03 00 04 00 01 C5 CB", "01 03 02 00 01 79 84"},
    {"Qdy30aSetAddress", {Space::kHolding, 0, {1}}, "01 06 00 00 00 02 08 0B", "01 06 00 00 00 02 08 0B"},
    {"LaserDistance", {Space::kHolding, 0x34, {1803}}, "50 03 00 34 00 01 C8 45", "50 03 02 07 0B 06 7F"},
    {"SeparatorAlarmNormal",
     {Space::kDiscrete, 0, {1, 0, 0, 0, 0, 0, 0, 0}},
     "FF 02 00 00 00 08 6C 12",
     "FF 02 01 01 51 A0"},
    {"SeparatorAlarmRaised",
     {Space::kDiscrete, 0, {0, 0, 0, 0, 0, 0, 0, 0}},
     "FF 02 00 00 00 08 6C 12",
     "FF 02 01 00 90 60"},
    {"MeterEvent",
     {Space::kHolding, 0x3001, {0x1201, 0x080A, 0x0101, 0x0100, 0, 0}},
     "01 03 30 01 00 06 9B 08",
     "01 03 0C 12 01 08 0A 01 01 01 00 00 00 00 00 80 23"},
    {"WitAngles",
     {Space::kHolding, 0x3D, {0x0B61, 0xF555, 0}},
     "50 03 00 3D 00 03 99 86",
     "50 03 06 0B 61 F5 55 00 00 4F 89"},
    {"SdmVoltages",
     {Space::kInput, 0, {0x4366, 0x8000, 0x4365, 0x4000, 0x4367, 0}},
     "01 04 00 00 00 06 70 08",
     "01 04 0C 43 66 80 00 43 65 40 00 43 67 00 00 AC 55"},
    {"TufFlow", {Space::kHolding, 0, {0, 0x4050}}, "01 03 00 00 00 02 C4 0B", "01 03 04 00 00 40 50 CB CF"},
    {"AsjResidualCurrent", {Space::kHolding, 0, {0x138}}, "01 03 00 00 00 01 84 0A", "01 03 02 01 38 B8 06"},
    {"Pmc512Residual",
     {Space::kHolding, 0x1FC, {0x439C, 0x4000}},
     "01 03 01 FC 00 02 05 C7",
     "01 03 04 43 9C 40 00 1E 59"},
    {"Inclinometer",
     {Space::kHolding, 0, {0, 0x3B92, 0xFFFF, 0xF3CB}},
     "01 03 00 00 00 04 44 09",
     "01 03 08 00 00 3B 92 FF FF F3 CB 2D C2"},
    {"HydrogenSulphide",
     {Space::kHolding, 0x2000, {0x4120, 0}},
     "10 03 20 00 00 02 CC 8A",
     "10 03 04 41 20 00 00 EE C4"},
    {"SmokeInputs", {Space::kDiscrete, 0, {1, 0, 1, 0}}, "01 02 00 00 00 04 79 C9", "01 02 01 05 61 8B"},
    {"UnknownAddress", {Space::kHolding, 7, {1}}, "01 03 00 00 00 01 84 0A", "01 83 02 C0 F1"},
};
INSTANTIATE_TEST_SUITE_P(Table, WholeFrames, testing::ValuesIn(kExchanges),
                         [](const auto& test) { return test.param.name; });

// Single requests to a device with 4 of each space, as PDUs.
struct Case {
    std::string name, request, answer;
    Abilities abilities{};
};
class Serving : public testing::TestWithParam<Case> {};

TEST_P(Serving, AnswersAsTheStandardSays) {
    RegisterBank bank;
    const std::vector<std::uint16_t> bits{1, 1, 0, 1};
    const std::vector<std::uint16_t> words{0x1111, 0x2222, 0x3333, 0x4444};
    bank.define(Space::kCoil, 0, bits);
    bank.define(Space::kHolding, 0, words);
    bank.define(Space::kInput, 0, words);
    EXPECT_THAT(serve(hex(GetParam().request), bank, GetParam().abilities),
                ElementsAreArray(hex(GetParam().answer)));
}

const Case kCases[] = {
    {"Coils", "01 00 00 00 04", "01 01 0B"},
    {"CoilsFromTheMiddle", "01 00 01 00 02", "01 01 01"},
    {"ReadsPastTheEnd", "03 00 02 00 03", "83 02"},
    {"ReadsNothing", "03 00 00 00 00", "83 03"},
    {"ReadsTooMuch", "03 00 00 00 7E", "83 03"},
    {"ShortRequest", "03 00 00 00", "83 03"},
    {"LongRequest", "03 00 00 00 01 00", "83 03"},
    {"UnknownFunction", "2B 0E 01 00", "AB 01"},
    {"FunctionOfOtherDevices", "03 00 00 00 01", "83 01", Abilities{.functions = {4}}},
    {"MoreThanTheDeviceGives", "04 00 00 00 03", "84 03", Abilities{.max_registers = 2}},
    {"OddStart", "04 00 01 00 02", "84 02", Abilities{.even_only = true}},
    {"OddCount", "04 00 00 00 01", "84 02", Abilities{.even_only = true}},
    {"Even", "04 00 02 00 02", "04 04 33 33 44 44", Abilities{.even_only = true}},
    {"WriteCoil", "05 00 02 FF 00", "05 00 02 FF 00"},
    {"WriteCoilOddValue", "05 00 02 00 01", "85 03"},
    {"WriteUnknownRegister", "06 00 09 00 01", "86 02"},
    {"WriteCoils", "0F 00 00 00 04 01 05", "0F 00 00 00 04"},
    {"WriteCoilsWrongByteCount", "0F 00 00 00 04 02 05 00", "8F 03"},
    {"WriteRegisters", "10 00 01 00 02 04 AA AA BB BB", "10 00 01 00 02"},
    {"WriteRegistersWrongByteCount", "10 00 01 00 02 04 AA AA BB", "90 03"},
    {"WriteRegistersPastTheEnd", "10 00 03 00 02 04 AA AA BB BB", "90 02"},
};
INSTANTIATE_TEST_SUITE_P(Table, Serving, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(ModbusServer, WhatWasWrittenIsReadBack) {
    RegisterBank bank;
    const std::vector<std::uint16_t> zeros(4, 0);
    bank.define(Space::kHolding, 0, zeros);
    bank.define(Space::kCoil, 0, zeros);
    serve(hex("10 00 01 00 02 04 AA AA BB BB"), bank, {});
    serve(hex("06 00 00 12 34"), bank, {});
    serve(hex("0F 00 00 00 03 01 05"), bank, {});
    serve(hex("05 00 03 FF 00"), bank, {});
    EXPECT_THAT(serve(hex("03 00 00 00 04"), bank, {}),
                ElementsAreArray(hex("03 08 12 34 AA AA BB BB 00 00")));
    EXPECT_THAT(serve(hex("01 00 00 00 04"), bank, {}), ElementsAreArray(hex("01 01 0D")));
}

TEST(ModbusServer, ARefusedWriteChangesNothing) {
    RegisterBank bank;
    const std::uint16_t one = 1;
    bank.define(Space::kHolding, 0, {&one, 1});
    serve(hex("10 00 00 00 02 04 AA AA BB BB"), bank, {});
    EXPECT_EQ(bank.at(Space::kHolding, 0), 1);
    EXPECT_EQ(bank.at(Space::kHolding, 1), std::nullopt);
}

TEST(ModbusServer, TheLastAddressIsServedAndNothingWrapsAround) {
    RegisterBank bank;
    const std::vector<std::uint16_t> two{7, 8};
    bank.define(Space::kHolding, 0xFFFF, two);
    EXPECT_THAT(serve(hex("03 FF FF 00 01"), bank, {}), ElementsAreArray(hex("03 02 00 07")));
    EXPECT_THAT(serve(hex("03 FF FF 00 02"), bank, {}), ElementsAreArray(hex("83 02")));
    EXPECT_EQ(bank.at(Space::kHolding, 0), std::nullopt);
}

TEST(RtuFrame, RefusesWhatIsNotWhole) {
    EXPECT_FALSE(parse_rtu(hex("01 03 00 00 00 01 84 0B")));  // CRC off by one bit
    EXPECT_FALSE(parse_rtu(hex("01 84 0A")));
    EXPECT_FALSE(parse_rtu({}));
    EXPECT_FALSE(parse_rtu(Bytes(257, 0)));
    EXPECT_FALSE(parse_rtu(hex("01 03 08 01 00 04 EF 02 9A 00 02 1E 20")));  // printed with its CRC swapped
    EXPECT_TRUE(parse_rtu(hex("01 03 08 01 00 04 EF 02 9A 00 02 20 1E")));
}

TEST(RtuFrame, KnowsTheLengthOfARequestFromItsFront) {
    EXPECT_EQ(rtu_request_length(hex("01")), std::nullopt);
    EXPECT_EQ(rtu_request_length(hex("01 03")), 8U);
    EXPECT_EQ(rtu_request_length(hex("01 10 00 00 00 02")), std::nullopt);
    EXPECT_EQ(rtu_request_length(hex("01 10 00 00 00 02 04")), 13U);
    EXPECT_EQ(rtu_request_length(hex("01 83")), 0U);
}

}  // namespace
}  // namespace gengfu::sim
