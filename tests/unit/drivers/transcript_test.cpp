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
    {"WrongCrcSaysTheRightOne", "> 01 03 00 04 00 01 C5 CC\n",
     "a.transcript:1:1: the request's CRC is wrong: it ends in C5 CC, and to the bytes before belongs C5 CB"},
    {"OddDigitSaysWhatIsThere", "> 01 03 0\n",
     "a.transcript:1:9: a byte is two hexadecimal digits; found \"0\""},
    {"CutLastLine", "> 01 03 00 04 00 01 C5 CB\n< 01 03 0",
     "a.transcript:2:9: a byte is two hexadecimal digits; found \"0\"; the file breaks off in this line"},
    {"CutLastRequest", "> 01 03 00 04 00 01 C5 CB\n> 01 03 00",
     "a.transcript:2:1: the request's CRC is wrong: it ends in 03 00, and to the bytes before belongs 7E 80; "
     "a "
     "request must be whole: correct it, or take the line out; the file breaks off in this line"},
    {"CarriageReturnWithin", "protocol rtu\r> 01 03 00 04 00 01 C5 CB\r",
     "a.transcript:1:13: a carriage return within a line"},
    {"CarriageReturnTwice", "protocol rtu\r\r\n", "a.transcript:1:13: a carriage return within a line"},
    {"Utf16", "\xFF\xFEp", "a.transcript:1:1: the file is UTF-16"},
    {"NoText", std::string("protocol rtu\n\0\0", 15), "a.transcript:2:1: a byte 0: the file is no text"},
    {"TcpLength", "protocol tcp\n> 00 01 00 00 00 06 01 03 00 00 00\n",
     "a.transcript:2:1: the request is no Modbus TCP: protocol or length is wrong: its header says that 6 "
     "bytes "
     "follow, and there are 5"},
    {"TimeAlone", "[1.0]\n", "a.transcript:1:6: a line begins"},
};
INSTANTIATE_TEST_SUITE_P(Table, TranscriptMistake, testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

TEST(Transcript, AMarkAtTheBeginningIsPassedOver) {
    const Result<Transcript> t =
        parse_transcript("\xEF\xBB\xBFprotocol rtu\r\n> 01 03 00 04 00 01 C5 CB\r\n", "a");
    ASSERT_TRUE(t) << t.error().what;
    EXPECT_EQ(t->exchanges.size(), 1U);
}

std::string examined(const std::string& text) {
    std::string said;
    for (const config::Diagnostic& one : examine_transcript(text, "a.transcript").found) {
        said += config::to_string(one) + "\n";
    }
    return said;
}

TEST(ExamineTranscript, TellsAllMistakesAtOnceUpToALimit) {
    const std::string said =
        examined("hello\n> 01 03 0\n> 01 03 00 04 00 01 C5 CB\n> 01 03 00 04 00 01 C5 CC\n");
    for (const char* const place :
         {"a.transcript:1:1: error: ", "a.transcript:2:9: error: ", "a.transcript:4:1: error: "}) {
        EXPECT_NE(said.find(place), std::string::npos) << said;
    }
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "x\n";
    }
    EXPECT_EQ(examine_transcript(many, "a").found.size(), kMistakesTold);
}

TEST(ExamineTranscript, AnAnswerWithAWrongCrcIsAWarningWithItsPlace) {
    const std::string ask = "> 01 03 00 04 00 01 C5 CB\n", good = "< 01 03 02 00 01 79 84\n";
    EXPECT_EQ(examined(ask + good), "");
    EXPECT_NE(
        examined(ask + good + ask + "  < 01 03 02 00 01 79 85\n" + ask + good)
            .find("a.transcript:4:3: warning: this answer's CRC is wrong: it ends in 79 85, and to the bytes "
                  "before belongs 79 84 (1 of 3 answers are damaged)"),
        std::string::npos);
    EXPECT_NE(examined(ask + "< 01 03 02 00\n" + ask + good)
                  .find("a.transcript:2:1: warning: this answer is not whole"),
              std::string::npos);
    EXPECT_EQ(examined("recording\n" + ask + good + ask + "< 01 03 02 00\n"), "")
        << "the recording ended first";
    EXPECT_NE(examined("protocol tcp\n> 00 01 00 00 00 06 01 03 00 00 00 01\n< 00 01 00 00 00 05 01 03\n")
                  .find("a.transcript:3:1: warning: "),
              std::string::npos);
    EXPECT_NE(examined("# nothing\n").find("1:1: warning: there is no request in it"), std::string::npos);
}

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
