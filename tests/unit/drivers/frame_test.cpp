#include "drivers/modbus/frame.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/drivers/bytes.hpp"

namespace gengfu::drivers::modbus {
namespace {

/// Published frames and computed ones, whole: the check sum is theirs, not ours.
const char* const kGoodFrames[] = {
    "01 03 00 04 00 01 C5 CB",
    "01 03 02 00 01 79 84",
    "01 06 00 00 00 02 08 0B",
    "00 03 00 04 00 01 C4 1A",
    "02 03 02 34 7D 2A A5",
    "02 03 04 34 C3 00 C5 F7 6C",
    "01 03 00 00 00 0A C5 CD",
    "01 04 14 08 D1 00 6C 00 00 00 F4 00 00 00 26 00 00 01 F4 00 64 00 00 51 34",
    "50 03 00 34 00 01 C8 45",
    "50 03 02 07 0B 06 7F",
    "01 03 07 D4 00 01 C5 46",
    "01 03 01 02 00 01 24 36",
    "FF 02 00 00 00 08 6C 12",
    "FF 02 01 01 51 A0",
    "FF 02 01 00 90 60",
    "01 03 0C 12 01 08 0A 01 01 01 00 00 00 00 00 80 23",
    "FE 03 00 50 00 00 51 D4",
    "50 03 06 0B 61 F5 55 00 00 4F 89",
    "01 04 0C 43 66 80 00 43 65 40 00 43 67 00 00 AC 55",
    "01 02 00 00 00 04 79 C9",
    "01 02 01 05 61 8B",
    "01 83 02 C0 F1",
    "01 84 06 C3 02",
    "00 06 00 10 00 01 48 1E",
};

TEST(Crc, AgreesWithPublishedFrames) {
    for (const char* const frame : kGoodFrames) {
        const std::vector<std::uint8_t> bytes = from_hex(frame);
        const std::uint16_t crc = crc16(std::span(bytes).first(bytes.size() - 2));
        EXPECT_EQ(crc & 0xFFU, bytes[bytes.size() - 2]) << frame;
        EXPECT_EQ(crc >> 8U, bytes.back()) << frame;
    }
}

TEST(Crc, FindsTheFrameThatWasPublishedWithSwappedBytes) {
    const std::vector<std::uint8_t> bytes = from_hex("01 03 08 01 00 04 EF 02 9A 00 02");
    EXPECT_EQ(crc16(bytes), 0x1E20);  // printed 1E 20; 20 1E is what the wire has
}

struct Encoding {
    std::string name;
    Request request;
    std::string message;
};

class Encode : public testing::TestWithParam<Encoding> {};

TEST_P(Encode, LaysOutTheRequest) {
    const Result<Message> message = encode(GetParam().request);
    ASSERT_TRUE(message) << message.error().what;
    EXPECT_EQ(to_hex(message->view()), GetParam().message);
}

const Encoding kEncodings[] = {
    {"Holding", {.unit = 1, .function = 3, .address = 0x0004, .count = 1, .values = {}}, "01 03 00 04 00 01"},
    {"Input", {.unit = 1, .function = 4, .address = 0x03E8, .count = 18, .values = {}}, "01 04 03 E8 00 12"},
    {"Discrete", {.unit = 255, .function = 2, .address = 0, .count = 8, .values = {}}, "FF 02 00 00 00 08"},
    {"Coils", {.unit = 9, .function = 1, .address = 0xFFFF, .count = 1, .values = {}}, "09 01 FF FF 00 01"},
    {"OneCoilOn", {.unit = 1, .function = 5, .address = 3, .count = 1, .values = {1}}, "01 05 00 03 FF 00"},
    {"OneCoilOff", {.unit = 1, .function = 5, .address = 3, .count = 1, .values = {0}}, "01 05 00 03 00 00"},
    {"OneRegister",
     {.unit = 0x50, .function = 6, .address = 0x69, .count = 1, .values = {0xB588}},
     "50 06 00 69 B5 88"},
    {"Coils15",
     {.unit = 1, .function = 15, .address = 0x13, .count = 10, .values = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0}},
     "01 0F 00 13 00 0A 02 CD 01"},
    {"Registers16",
     {.unit = 1, .function = 16, .address = 1, .count = 2, .values = {0x000A, 0x0102}},
     "01 10 00 01 00 02 04 00 0A 01 02"},
};
INSTANTIATE_TEST_SUITE_P(Table, Encode, testing::ValuesIn(kEncodings),
                         [](const auto& test) { return test.param.name; });

class EncodeRefuses : public testing::TestWithParam<Encoding> {};

TEST_P(EncodeRefuses, WhatNoUnitCouldAnswer) {
    const Result<Message> message = encode(GetParam().request);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, Errc::kInvalid);
}

const Encoding kRefused[] = {
    {"UnknownFunction", {.function = 23, .values = {}}, ""},
    {"NoRegisters", {.function = 3, .count = 0, .values = {}}, ""},
    {"TooManyRegisters", {.function = 3, .count = 126, .values = {}}, ""},
    {"TooManyBits", {.function = 1, .count = 2001, .values = {}}, ""},
    {"BeyondTheEnd", {.function = 4, .address = 65535, .count = 2, .values = {}}, ""},
    {"ReadWithValues", {.function = 3, .count = 1, .values = {1}}, ""},
    {"WriteWithoutValues", {.function = 6, .count = 1, .values = {}}, ""},
    {"SeveralBySingleWrite", {.function = 6, .count = 2, .values = {1, 2}}, ""},
    {"CoilOfTwo", {.function = 5, .count = 1, .values = {2}}, ""},
    {"TooManyToWrite", {.function = 16, .count = 124, .values = std::vector<std::uint16_t>(124)}, ""},
    {"TooManyCoilsToWrite", {.function = 15, .count = 1969, .values = std::vector<std::uint16_t>(1969)}, ""},
};
INSTANTIATE_TEST_SUITE_P(Table, EncodeRefuses, testing::ValuesIn(kRefused),
                         [](const auto& test) { return test.param.name; });

TEST(Encode, LongestWritesFitAMessage) {
    const Request registers{.function = 16, .count = 123, .values = std::vector<std::uint16_t>(123)};
    const Request coils{.function = 15, .count = 1968, .values = std::vector<std::uint16_t>(1968)};
    EXPECT_EQ(encode(registers)->size, 253U);
    EXPECT_EQ(encode(coils)->size, 253U);
}

const Request kTwoRegisters{.unit = 2, .function = 3, .address = 4, .count = 2, .values = {}};

struct Judgement {
    std::string name;
    Request request;
    std::string message;
    Fit fit;
};

class FitOf : public testing::TestWithParam<Judgement> {};

TEST_P(FitOf, UnitFunctionLengthAndEchoDecide) {
    const Judgement& j = GetParam();
    EXPECT_EQ(fit(j.request, from_hex(j.message)), j.fit);
}

const Judgement kJudgements[] = {
    {"Answer", kTwoRegisters, "02 03 04 34 C3 00 C5", Fit::kAnswer},
    {"OtherUnit", kTwoRegisters, "03 03 04 34 C3 00 C5", Fit::kOther},
    {"OtherFunction", kTwoRegisters, "02 04 04 34 C3 00 C5", Fit::kOther},
    {"OtherCount", kTwoRegisters, "02 03 02 34 C3", Fit::kOther},
    {"WrongByteCount", kTwoRegisters, "02 03 02 34 C3 00 C5", Fit::kOther},
    {"TooLong", kTwoRegisters, "02 03 04 34 C3 00 C5 00", Fit::kOther},
    {"Exception", kTwoRegisters, "02 83 02", Fit::kException},
    {"ExceptionOfOtherFunction", kTwoRegisters, "02 84 02", Fit::kOther},
    {"ExceptionZero", kTwoRegisters, "02 83 00", Fit::kOther},
    {"LongException", kTwoRegisters, "02 83 02 00", Fit::kOther},
    {"Empty", kTwoRegisters, "", Fit::kOther},
    {"BitsAreRoundedUp",
     {.unit = 1, .function = 2, .count = 9, .values = {}},
     "01 02 02 FF 01",
     Fit::kAnswer},
    {"WriteEcho",
     {.unit = 1, .function = 6, .address = 0, .count = 1, .values = {0xEA}},
     "01 06 00 00 00 EA",
     Fit::kAnswer},
    {"WriteEchoOfOtherValue",
     {.unit = 1, .function = 6, .address = 0, .count = 1, .values = {0xEA}},
     "01 06 00 00 00 EB",
     Fit::kOther},
    {"WriteEchoOfOtherAddress",
     {.unit = 1, .function = 16, .address = 1, .count = 2, .values = {1, 2}},
     "01 10 00 02 00 02",
     Fit::kOther},
    {"WriteManyAnswer",
     {.unit = 1, .function = 16, .address = 1, .count = 2, .values = {1, 2}},
     "01 10 00 01 00 02",
     Fit::kAnswer},
};
INSTANTIATE_TEST_SUITE_P(Table, FitOf, testing::ValuesIn(kJudgements),
                         [](const auto& test) { return test.param.name; });

TEST(Values, AreRegistersOrBitsInOrder) {
    EXPECT_EQ(values(kTwoRegisters, from_hex("02 03 04 34 C3 00 C5")),
              (std::vector<std::uint16_t>{0x34C3, 0x00C5}));
    const Request ten{.unit = 1, .function = 1, .count = 10, .values = {}};
    EXPECT_EQ(values(ten, from_hex("01 01 02 CD FD")),
              (std::vector<std::uint16_t>{1, 0, 1, 1, 0, 0, 1, 1, 1, 0}));
    const Request write{.unit = 1, .function = 6, .count = 1, .values = {1}};
    EXPECT_TRUE(values(write, from_hex("01 06 00 00 00 01")).empty());
}

TEST(ExceptionError, SaysWhatTheCallerCanDo) {
    const std::pair<int, Errc> cases[] = {
        {1, Errc::kUnsupported}, {2, Errc::kUnsupported}, {3, Errc::kRefused},  {4, Errc::kRefused},
        {5, Errc::kBusy},        {6, Errc::kBusy},        {7, Errc::kRefused},  {8, Errc::kRefused},
        {10, Errc::kTimeout},    {11, Errc::kTimeout},    {99, Errc::kRefused},
    };
    for (const auto& [code, errc] : cases) {
        const Error error = exception_error(static_cast<std::uint8_t>(code), "unit 7");
        EXPECT_EQ(error.code, errc) << code;
        EXPECT_NE(error.what.find("unit 7: exception " + std::to_string(code)), std::string::npos)
            << error.what;
    }
}

TEST(Misfit, SaysWhatCameInPlaceOfTheAnswer) {
    const Request read{.unit = 1, .function = 3, .address = 0, .count = 2, .values = {}};
    const Request write{.unit = 1, .function = 6, .address = 9, .count = 1, .values = {5}};
    const Request coils{.unit = 1, .function = 1, .address = 0, .count = 9, .values = {}};
    struct Case {
        const Request& request;
        const char* message;
        const char* words;
    };
    const Case cases[] = {
        {read, "01", "answers with nothing but its address"},
        {read, "01 03", "answers with 0 bytes of data where 4 were asked for"},
        {read, "01 04 04 00 00 00 00", "answers with function 4 where 3 was asked for"},
        {read, "01 83 02 00", "answers with an exception of 4 bytes"},
        {read, "01 03 02 00 00", "answers with 2 bytes of data where 4 were asked for"},
        {coils, "01 01 01 00", "answers with 1 bytes of data where 2 were asked for"},
        {write, "01 06 00 09 00 06", "confirms another address, count or value than what was written"},
        {write, "01 06 00 09 00", "confirms what was written with 5 bytes, not 6"},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(misfit(one.request, from_hex(one.message)), one.words) << one.message;
    }
}

}  // namespace
}  // namespace gengfu::drivers::modbus
