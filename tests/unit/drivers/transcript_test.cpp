#include "drivers/replay/transcript.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/drivers/bytes.hpp"

namespace gengfu::drivers::replay {
namespace {

TEST(Transcript, KeepsRequestsAndWhatCameBack) {
    const Result<Transcript> t = parse_transcript(
        "# a sensor, as recorded\r\n"
        "protocol rtu\n"
        "unit 1\n"
        "\n"
        "~ holding 0x0004 = 0001\n"
        "[0.125] > 01 03 00 04 00 01 C5 CB\n"
        "[0.140] < 01 03 02\n"
        "< 000179 84\n"
        "= level 1 good\n"
        "  > 01 03 00 00 00 0A c5 cd   \n",
        "a.transcript");
    ASSERT_TRUE(t) << t.error().what;
    EXPECT_EQ(t->protocol, Protocol::kRtu);
    ASSERT_EQ(t->exchanges.size(), 2U);
    EXPECT_EQ(to_hex(t->exchanges[0].request), "01 03 00 04 00 01");
    EXPECT_EQ(to_hex(t->exchanges[0].received), "01 03 02 00 01 79 84");
    EXPECT_EQ(to_hex(t->exchanges[1].request), "01 03 00 00 00 0A");
    EXPECT_TRUE(t->exchanges[1].received.empty());
}

TEST(Transcript, ModbusTcpIsStatedOrSeenFromTheFirstRequest) {
    for (const std::string head : {"protocol tcp\n", ""}) {
        const Result<Transcript> t =
            parse_transcript(head + "> 00 09 00 00 00 06 01 03 00 00 00 04\n", "a.transcript");
        ASSERT_TRUE(t) << t.error().what;
        EXPECT_EQ(t->protocol, Protocol::kTcp);
        EXPECT_EQ(t->exchanges[0].transaction, 9);
        EXPECT_EQ(to_hex(t->exchanges[0].request), "01 03 00 00 00 04");
    }
}

TEST(Transcript, EmptyIsEmpty) {
    EXPECT_TRUE(parse_transcript("", "a")->exchanges.empty());
}

struct Mistake {
    std::string name;
    std::string text;
    std::string place;
};

class TranscriptMistake : public testing::TestWithParam<Mistake> {};

TEST_P(TranscriptMistake, IsNamedWithItsPlace) {
    const Result<Transcript> t = parse_transcript(GetParam().text, "a.transcript");
    ASSERT_FALSE(t);
    EXPECT_EQ(t.error().code, Errc::kInvalid);
    EXPECT_EQ(t.error().what.substr(0, GetParam().place.size()), GetParam().place) << t.error().what;
}

const Mistake kMistakes[] = {
    {"UnknownLine", "# x\nhello\n", "a.transcript:2:1: a line begins"},
    {"OddDigit", "> 01 03 0\n", "a.transcript:1:9: a byte is two"},
    {"NoHex", "> 01 0G\n", "a.transcript:1:6: a byte is two"},
    {"TrailingComment", "> 01 03 00 04 00 01 C5 CB # x\n", "a.transcript:1:27: a byte is two"},
    {"NoBytes", "  >\n", "a.transcript:1:3: no bytes"},
    {"WrongCrc", "> 01 03 00 04 00 01 C5 CC\n", "a.transcript:1:1: the request's CRC"},
    {"TooShort", "> 01 7E 80\n", "a.transcript:1:1: the request's length"},
    {"AnswerFirst", "< 01 03 02 00 01 79 84\n", "a.transcript:1:1: an answer before"},
    {"TcpWithoutHeader", "protocol tcp\n> 01 03 00 04 00 01 C5 CB\n",
     "a.transcript:2:1: the request is no Modbus TCP"},
    {"RtuWithHeader", "protocol rtu\n> 00 01 00 00 00 06 01 03 00 00 00 04\n",
     "a.transcript:2:1: the request's CRC"},
    {"UnknownProtocol", "protocol ascii\n", "a.transcript:1:10: the protocol is"},
    {"ProtocolTwice", "protocol rtu\nprotocol rtu\n", "a.transcript:2:1: the protocol is stated once"},
    {"ProtocolAfterFrames", "> 01 03 00 04 00 01 C5 CB\nprotocol rtu\n",
     "a.transcript:2:1: the protocol is stated once"},
    {"WordsAfterProtocol", "protocol rtu please\n", "a.transcript:1:14: nothing more"},
    {"UnitTooHigh", "unit 256\n", "a.transcript:1:6: a unit is"},
    {"UnitNoNumber", "unit one\n", "a.transcript:1:6: a unit is"},
    {"TimeNotClosed", "[1.5 > 01\n", "a.transcript:1:1: a time is"},
    {"TimeNoNumber", "[now] > 01\n", "a.transcript:1:1: a time is"},
    {"TimeNegative", "[-1] > 01\n", "a.transcript:1:1: a time is"},
    {"TimeNan", "[nan] > 01\n", "a.transcript:1:1: a time is"},
    {"TimeAlone", "[1.0]\n", "a.transcript:1:6: a line begins"},
};
INSTANTIATE_TEST_SUITE_P(Table, TranscriptMistake, testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

TEST(Transcript, LineWithoutEndIsLimited) {
    std::string text = "> 01 03 00 04 00 01 C5 CB\n< ";
    for (std::size_t i = 0; i <= kLineBytesMax; ++i) {
        text += "00 ";
    }
    const Result<Transcript> t = parse_transcript(text, "a.transcript");
    ASSERT_FALSE(t);
    EXPECT_NE(t.error().what.find("more than 1024 bytes"), std::string::npos);
}

}  // namespace
}  // namespace gengfu::drivers::replay
