#include "drivers/modbus/answer_deadline.hpp"

#include <gtest/gtest.h>

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

const LineTiming kLine{.character = 1ms, .silent = 4ms, .latency = 20ms};
const Monotonic kEnd{10s};

AnswerDeadline deadline() {
    return {kLine, kEnd, 100ms, 25};
}

TEST(AnswerDeadline, NothingComesForTheTurnaround) {
    EXPECT_EQ(deadline().until(), kEnd + 100ms + 20ms);
}

TEST(AnswerDeadline, GrowsWithTheBytesThatAreMissing) {
    AnswerDeadline d = deadline();
    d.bytes_came(kEnd + 115ms, {.least_missing = 22, .most_missing = 22, .begun = true});
    EXPECT_EQ(d.until(), kEnd + 115ms + 22ms + 20ms);
    d.bytes_came(kEnd + 130ms, {.least_missing = 5, .most_missing = 5, .begun = true});
    EXPECT_EQ(d.until(), kEnd + 130ms + 5ms + 20ms);
}

TEST(AnswerDeadline, NoStreamOfBytesGoesBeyondAWholeAnswerThatBeganLast) {
    AnswerDeadline d = deadline();
    for (auto at = kEnd; at < kEnd + 1s; at += 1ms) {
        d.bytes_came(at, {.least_missing = 24, .most_missing = 24});
        EXPECT_LE(d.until(), kEnd + 120ms + 25ms + 20ms);
    }
}

TEST(AnswerDeadline, ForeignBytesNeitherShortenNorLengthenIt) {
    AnswerDeadline d = deadline();
    d.bytes_came(kEnd + 5ms, {});
    EXPECT_EQ(d.until(), kEnd + 120ms);
}

TEST(AnswerDeadline, FrameThatStopsHalfWayEndsTheWaitEarly) {
    AnswerDeadline d = deadline();
    d.bytes_came(kEnd + 5ms, {.least_missing = 20, .most_missing = 20, .begun = true});
    EXPECT_EQ(d.until(), kEnd + 5ms + 20ms + 20ms);
}

TEST(AnswerDeadline, SpoiledAnswerEndsTheWaitAfterSilence) {
    AnswerDeadline d = deadline();
    d.bytes_came(kEnd + 30ms, {.spoiled = true});
    EXPECT_EQ(d.until(), kEnd + 30ms + 4ms + 20ms);
}

TEST(SilentInterval, IsThreeAndAHalfCharactersButFixedAbove19200) {
    using config::Parity;
    struct Row {
        std::uint32_t baud;
        double character_us, silent_ms;
    };
    const Row rows[] = {{1200, 9166.7, 32.083},
                        {9600, 1145.8, 4.010},
                        {19200, 572.9, 2.005},
                        {38400, 286.5, 1.750},
                        {115200, 95.5, 1.750}};
    for (const Row& row : rows) {
        const config::Serial serial{.port = "", .baud = row.baud, .parity = Parity::kEven};
        EXPECT_NEAR(std::chrono::duration<double>(character_time(serial)).count() * 1e6, row.character_us,
                    0.1);
        EXPECT_NEAR(std::chrono::duration<double>(silent_interval(serial)).count() * 1e3, row.silent_ms,
                    0.001);
    }
    EXPECT_EQ(character_time({.port = "", .baud = 10000, .parity = Parity::kNone, .stop_bits = 1}), 1ms);
    EXPECT_EQ(character_time({.port = "", .baud = 11000, .parity = Parity::kNone, .stop_bits = 2}), 1ms);
}

}  // namespace
}  // namespace gengfu::drivers::modbus
