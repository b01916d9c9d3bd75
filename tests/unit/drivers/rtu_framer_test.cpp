#include "drivers/modbus/rtu_framer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/unit/drivers/bytes.hpp"

namespace gengfu::drivers::modbus {
namespace {

const Request kTwo{.unit = 2, .function = 3, .address = 4, .count = 2, .values = {}};
const char* const kGood = "02 03 04 34 C3 00 C5 F7 6C";

/// A framer that expects the answer to a request, fed in pieces of any size; then the line falls silent.
class Feed {
public:
    explicit Feed(Request request, RtuFramer::Echo echo = RtuFramer::Echo::kUnknown)
        : request_(std::move(request)) {
        const Result<Message> message = encode(request_);
        framer_.expect(request_, message->view(), echo);
    }

    std::optional<RtuFramer::Match> operator()(std::span<const std::uint8_t> bytes, std::size_t piece = 1) {
        while (!bytes.empty()) {
            const std::span<std::uint8_t> room = framer_.room();
            const std::size_t count = std::min({piece, bytes.size(), room.size()});
            std::ranges::copy(bytes.first(count), room.begin());
            bytes = bytes.subspan(count);
            if (auto match = framer_.filled(count)) {
                return match;
            }
        }
        return framer_.settle();
    }

    RtuFramer& framer() { return framer_; }

private:
    Request request_;
    RtuFramer framer_;
};

struct Stream {
    std::string name;
    Request request;
    std::string before;  ///< bytes before the answer
    std::string answer;
    Fit fit;
    std::size_t frames;  ///< whole frames to be counted before it
    std::size_t noise;
};

class Finds : public testing::TestWithParam<Stream> {};

TEST_P(Finds, TheAnswerWhereverItBegins) {
    const Stream& s = GetParam();
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
        Feed feed(s.request);
        const Bytes answer = from_hex(s.answer);
        const auto match = feed(from_hex(s.before) + answer, piece);
        ASSERT_TRUE(match) << "pieces of " << piece;
        EXPECT_EQ(match->fit, s.fit);
        EXPECT_EQ(to_hex(match->message), to_hex(std::span(answer).first(answer.size() - 2)));
        const Leftovers left = feed.framer().finish();
        EXPECT_EQ(left.units.size(), s.frames);
        EXPECT_EQ(left.noise_bytes, s.noise);
    }
}

const Stream kStreams[] = {
    {"AtTheStart", kTwo, "", kGood, Fit::kAnswer, 0, 0},
    {"AfterNoise", kTwo, "FF 00 13 ", kGood, Fit::kAnswer, 0, 3},
    {"AfterNoiseThatLooksLikeItsStart", kTwo, "02 03 04 02 02 03 ", kGood, Fit::kAnswer, 0, 6},
    {"AfterAForeignAnswer", kTwo, "01 03 02 00 01 79 84 ", kGood, Fit::kAnswer, 1, 0},
    {"AfterAForeignException", kTwo, "01 83 02 C0 F1 ", kGood, Fit::kAnswer, 1, 0},
    {"AfterAForeignRequest", kTwo, "01 03 00 04 00 01 C5 CB ", kGood, Fit::kAnswer, 1, 0},
    {"AfterALateAnswerOfOtherLength", kTwo, "02 03 02 34 7D 2A A5 ", kGood, Fit::kAnswer, 1, 0},
    {"AfterOneWithWrongCrc", kTwo, "02 03 04 34 C3 00 C5 F7 6D ", kGood, Fit::kAnswer, 0, 9},
    {"Exception", kTwo, "", "02 83 02 30 F1", Fit::kException, 0, 0},
    {"ItsOwnEchoIsNoNoise",
     {.unit = 2, .function = 3, .address = 4, .count = 2, .values = {}},
     "02 03 00 04 00 02 85 F9 ",
     kGood,
     Fit::kAnswer,
     0,
     0},
    {"Bits",
     {.unit = 255, .function = 2, .address = 0, .count = 8, .values = {}},
     "",
     "FF 02 01 01 51 A0",
     Fit::kAnswer,
     0,
     0},
    {"Write",
     {.unit = 1, .function = 6, .address = 0, .count = 1, .values = {0xEA}},
     "55 ",
     "01 06 00 00 00 EA 08 45",
     Fit::kAnswer,
     0,
     1},
};
INSTANTIATE_TEST_SUITE_P(Table, Finds, testing::ValuesIn(kStreams),
                         [](const auto& test) { return test.param.name; });

TEST(RtuFramer, SaysHowMuchIsMissing) {
    Feed feed(kTwo);
    feed(from_hex("02"));
    EXPECT_EQ(feed.framer().progress().least_missing, 4U);  // may be an exception
    EXPECT_EQ(feed.framer().progress().most_missing, 8U);
    EXPECT_FALSE(feed.framer().progress().begun);
    feed(from_hex("03 04"));
    EXPECT_TRUE(feed.framer().progress().begun);
    EXPECT_EQ(feed.framer().progress().least_missing, 6U);
    EXPECT_EQ(feed.framer().progress().most_missing, 6U);
}

TEST(RtuFramer, NothingIsMissingFromNoise) {
    Feed feed(kTwo);
    feed(from_hex("55 AA 01 03"));
    EXPECT_EQ(feed.framer().progress().most_missing, 0U);
    EXPECT_TRUE(feed.framer().anything_came());
}

TEST(RtuFramer, WrongCheckSumIsNoticedAtFullLength) {
    Feed feed(kTwo);
    feed(from_hex("02 03 04 34 C3 00 C5 F7"));
    EXPECT_FALSE(feed.framer().progress().spoiled);
    feed(from_hex("00"));
    EXPECT_TRUE(feed.framer().progress().spoiled);
    EXPECT_FALSE(feed.framer().progress().begun);
}

TEST(RtuFramer, EchoOfASingleWriteIsNotItsAnswerWhereLinesEcho) {
    const Request write{.unit = 1, .function = 6, .address = 0, .count = 1, .values = {0xEA}};
    const Bytes frame = from_hex("01 06 00 00 00 EA 08 45");
    Feed feed(write, RtuFramer::Echo::kExpected);
    EXPECT_FALSE(feed(frame)) << "the first copy is what we sent ourselves";
    EXPECT_TRUE(feed.framer().echoed());
    EXPECT_TRUE(feed(frame));
}

TEST(RtuFramer, AnswerThatBeginsLikeTheRequestIsNotHeldBack) {
    // Address 0x0200, count 1: request and answer both begin 01 03 02 00 00.
    const Request request{.unit = 1, .function = 3, .address = 0x0200, .count = 1, .values = {}};
    Feed feed(request);
    EXPECT_TRUE(feed(rtu("01 03 02 00 00")));
}

TEST(RtuFramer, EndlessNoiseLeavesRoomAndCounts) {
    Feed feed(kTwo);
    const Bytes noise(5000, 0x55);
    EXPECT_FALSE(feed(noise, 100));
    EXPECT_TRUE(feed(from_hex(kGood), 4));
    EXPECT_EQ(feed.framer().finish().noise_bytes, 5000U);
}

TEST(RtuFramer, ForgetsAtTheNextRequest) {
    Feed feed(kTwo);
    feed(from_hex("02 03 04 34"));
    const Request other = kTwo;
    feed.framer().expect(other, encode(other)->view(), RtuFramer::Echo::kUnknown);
    EXPECT_FALSE(feed(from_hex("C3 00 C5 F7 6C")));
}

TEST(SortLeftovers, KnowsWholeFramesOfAnyUnit) {
    const Bytes bytes = from_hex("01 03 02 00 01 79 84 99 01 83 02 C0 F1 00 06 00 10 00 01 48 1E 77 77") +
                        rtu("07 10 00 01 00 02 04 00 0A 01 02");
    const Leftovers sorted = sort_leftovers(bytes);
    EXPECT_EQ(sorted.units, (std::vector<std::uint8_t>{1, 1, 0, 7}));
    EXPECT_EQ(sorted.noise_bytes, 3U);
}

// ------------------------------------------------------------------ where frames begin

/// A frame of unit 1 that has `inside` in it.
Bytes around(const Bytes& inside, std::uint8_t function = 3) {
    return with_crc(Bytes{1, function, static_cast<std::uint8_t>(inside.size())} + inside);
}

struct Embedded {
    std::string name;
    Bytes bytes;
    bool taken;
};

class Embeds : public testing::TestWithParam<Embedded> {};

TEST_P(Embeds, WhatIsWithinAFrameOfAnotherIsNoAnswer) {
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 11U, 1000U}) {
        Feed feed(kTwo);
        const auto match = feed(GetParam().bytes, piece);
        EXPECT_EQ(match.has_value(), GetParam().taken) << "pieces of " << piece;
        if (match) {
            EXPECT_EQ(to_hex(match->message), "02 03 04 34 C3 00 C5");
        }
    }
}

Bytes damaged(Bytes frame, std::size_t at) {
    frame[at] = static_cast<std::uint8_t>(frame[at] ^ 0x10U);
    return frame;
}

const Bytes kAnswer = from_hex(kGood);
const Embedded kEmbedded[] = {
    {"InAnAnswer", around(kAnswer), false},
    {"InAnAnswerWithMoreBehind", around(kAnswer + from_hex("01 02 03")), false},
    {"InAnAnswerWithMoreBefore", around(from_hex("01 02 03 02 03 04") + kAnswer), false},
    {"InAnAnswerTwice", around(kAnswer + kAnswer), false},
    {"InAWriteOfMany", with_crc(from_hex("01 10 00 00 00 06 0C") + kAnswer + from_hex("00 00 00")), false},
    {"InAFrameOfAFunctionThatNobodyKnows", around(kAnswer, 0x41), false},
    {"InAFrameOfAFunctionThatNobodyKnowsAfterNoise", from_hex("FF 00") + around(kAnswer, 0x41), false},
    {"InAFrameThatIsDamaged", damaged(around(kAnswer + from_hex("01 02 03 04")), 14), false},
    {"BehindAFrameThatHasItInIt", around(kAnswer) + kAnswer, true},
    {"BehindAForeignFrameAfterNoise", from_hex("FF 00 13") + rtu("01 03 02 00 01") + kAnswer, true},
    {"BetweenNoise", from_hex("FF 00 13 01 03") + kAnswer + from_hex("77 00 10"), true},
    {"AfterAGlitch", from_hex("00") + kAnswer, true},
    {"AfterAHeadThatGoesNowhere", from_hex("01 03 40") + kAnswer, true},
};
INSTANTIATE_TEST_SUITE_P(Table, Embeds, testing::ValuesIn(kEmbedded),
                         [](const auto& test) { return test.param.name; });

TEST(RtuFramer, AnAnswerAtTheEdgeOfAFrameDoesNotWaitForSilence) {
    const Bytes befores[] = {{}, from_hex("00"), rtu("01 03 02 00 01"), rtu("01 83 02") + from_hex("FF")};
    for (const Bytes& before : befores) {
        RtuFramer framer;
        framer.expect(kTwo, encode(kTwo)->view(), RtuFramer::Echo::kUnknown);
        const Bytes bytes = before + kAnswer;
        std::ranges::copy(bytes, framer.room().begin());
        EXPECT_TRUE(framer.filled(bytes.size())) << to_hex(before);
    }
}

TEST(RtuFramer, WhatIsHeldSaysSoUntilItIsSettled) {
    RtuFramer framer;
    framer.expect(kTwo, encode(kTwo)->view(), RtuFramer::Echo::kUnknown);
    const Bytes bytes = from_hex("FF 00 13") + kAnswer;
    std::ranges::copy(bytes, framer.room().begin());
    EXPECT_FALSE(framer.filled(bytes.size()));
    EXPECT_TRUE(framer.progress().held);
    EXPECT_TRUE(framer.settle());
    EXPECT_EQ(framer.finish().noise_bytes, 3U);
}

// ------------------------------------------------------------------ nothing but the answer is taken for it

TEST(RtuFramerProperty, AnAnswerWithinAnyFrameOfAnotherIsNeverTaken) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        const auto some = [&](std::size_t most) {
            Bytes bytes(random() % (most + 1));
            for (std::uint8_t& byte : bytes) {
                byte = static_cast<std::uint8_t>(random());
            }
            return bytes;
        };
        constexpr std::uint8_t kFunctions[] = {1, 2, 3, 4, 0x17, 0x41, 0x64};
        const Bytes before = some(3);
        const Bytes frame = before + around(some(100) + kAnswer + some(100), kFunctions[random() % 7]);
        Feed feed(kTwo);
        ASSERT_FALSE(feed(frame, 1 + seed % 60)) << "seed " << seed << ": " << to_hex(frame);
    }
}

/// A check sum over a frame and its own check sum is 0, so the first eight bytes of an answer of nine that
/// ends in 00 are a whole frame with the length of a request.
TEST(RtuFramerProperty, AnAnswerIsFoundWhateverItsValue) {
    constexpr std::size_t kNine = 9;
    int ends_in_zero = 0;
    for (unsigned value = 0; value < 0x10000; ++value) {
        const auto high = static_cast<std::uint8_t>(value >> 8U);
        const auto low = static_cast<std::uint8_t>(value & 0xFFU);
        const Bytes answer = with_crc({2, 3, 4, high, low, high, low});
        ASSERT_EQ(answer.size(), kNine);
        ends_in_zero += answer.back() == 0 ? 1 : 0;
        Feed feed(kTwo);
        ASSERT_TRUE(feed(answer)) << to_hex(answer);
        EXPECT_EQ(feed.framer().finish().units.size(), 0U);
    }
    EXPECT_GT(ends_in_zero, 200) << "that is what this is about";
}

/// Another master's request to our unit, whose first register looks like the answer's byte count.
TEST(RtuFramer, ARequestThatBeginsLikeTheAnswerIsPassedOver) {
    Feed feed(kTwo);
    const Bytes request = with_crc({2, 3, 4, 0, 0, 2});
    const Bytes answer = from_hex(kGood);
    EXPECT_TRUE(feed(request + answer));
    EXPECT_EQ(feed.framer().finish().units.size(), 1U);
}

TEST(RtuFramerProperty, DamagedAnswersAreNeverTaken) {
    // CRC-16 finds every error of one or two bits and every burst of up to 16: by construction none of these
    // passes.
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        const auto pick = [&](std::size_t end) {
            return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
        };
        Bytes frame = from_hex(kGood);
        const std::size_t bit = pick(frame.size() * 8);
        frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ 1U << (bit % 8));
        if (seed % 2 == 0) {
            const std::size_t other = pick(frame.size() * 8);
            if (other != bit) {
                frame[other / 8] = static_cast<std::uint8_t>(frame[other / 8] ^ 1U << (other % 8));
            }
        }
        Feed feed(kTwo);
        ASSERT_FALSE(feed(frame, 1 + seed % 9)) << "seed " << seed << ": " << to_hex(frame);
    }
}

TEST(RtuFramerProperty, RandomBytesAreNeverAnAnswer) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        Bytes bytes(2000);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        // A check sum can be right by accident: not where no byte can be the unit before our function.
        for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
            if (bytes[i] == kTwo.unit && (bytes[i + 1] & 0x7FU) == kTwo.function) {
                bytes[i] = 0x77;
            }
        }
        Feed feed(kTwo);
        ASSERT_FALSE(feed(bytes, 1 + seed % 50)) << "seed " << seed;
        const Leftovers left = feed.framer().finish();
        EXPECT_LE(left.noise_bytes, bytes.size());
    }
}

TEST(RtuFramerProperty, AnswerIsFoundInAnyNoise) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        Bytes bytes(std::uniform_int_distribution<std::size_t>(0, 1500)(random));
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
            byte = byte == kTwo.unit ? 0x55 : byte;  // no accidental answer before ours
        }
        Feed feed(kTwo);
        const auto match = feed(bytes + from_hex(kGood), 1 + seed % 200);
        ASSERT_TRUE(match) << "seed " << seed;
        EXPECT_EQ(to_hex(match->message), "02 03 04 34 C3 00 C5");
    }
}

}  // namespace
}  // namespace gengfu::drivers::modbus
