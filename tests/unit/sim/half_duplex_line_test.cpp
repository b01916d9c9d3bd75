#include "tests/sim/half_duplex_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/frames.hpp"

namespace gengfu::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

constexpr LineFormat k9600{.baud = 9600, .bits_per_character = 11};
const TimePoint kStart{100s};

const Bytes& request() {
    static const Bytes bytes = hex("01 03 00 00 00 01 84 0A");
    return bytes;
}
const Bytes& reply() {
    static const Bytes bytes = hex("01 03 02 01 38 B8 06");
    return bytes;
}

/// A line whose every request is answered by `reply()` after `turnaround`, and all that came out of it with
/// the time.
class Line {
public:
    explicit Line(Nanoseconds turnaround = 0ms, LineFormat format = k9600)
        : line(
              format,
              [turnaround](const Request&) {
                  return std::vector<Answer>{{.bytes = reply(), .turnaround = turnaround}};
              },
              1) {}

    /// Goes from deadline to deadline, as the serving thread does.
    void run_until(TimePoint end) {
        for (auto due = line.next(); due && *due <= end; due = line.next()) {
            Bytes got;
            line.advance(*due, got);
            for (const std::uint8_t byte : got) {
                bytes.push_back(byte);
                times.push_back(*due);
            }
        }
    }

    HalfDuplexLine line;
    Bytes bytes;
    std::vector<TimePoint> times;
};

TEST(LineTiming, ACharacterTakesItsBitsAndTheSilenceThreeAndAHalfOfThem) {
    struct Case {
        LineFormat format;
        std::int64_t character_ns, silence_ns;
    };
    const Case cases[] = {{{1200, 11}, 9'166'666, 32'083'333}, {{9600, 11}, 1'145'833, 4'010'416},
                          {{9600, 10}, 1'041'666, 3'645'833},  {{19200, 11}, 572'916, 2'005'208},
                          {{38400, 11}, 286'458, 1'750'000},   {{115200, 11}, 95'486, 1'750'000}};
    for (const Case& c : cases) {
        EXPECT_EQ(line_time(c.format, 1).count(), c.character_ns) << c.format.baud;
        EXPECT_EQ(frame_silence(c.format).count(), c.silence_ns) << c.format.baud;
    }
}

TEST(LineTiming, LongFramesDoNotDrift) {
    // 255 characters of 11 bits at 9600: 2805 bits, 292.1875 ms exactly.
    EXPECT_EQ(line_time(k9600, 255), 292'187'500ns);
}

TEST(HalfDuplexLine, AnExchangeTakesWhatPhysicsSays) {
    Line line;
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    EXPECT_THAT(line.bytes, ElementsAreArray(reply()));
    // 8 characters, the device's silence, 7 characters.
    EXPECT_EQ(line.times.back() - kStart, line_time(k9600, 8) + frame_silence(k9600) + line_time(k9600, 7));
}

TEST(HalfDuplexLine, EachByteLeavesOneCharacterAfterTheOneBefore) {
    Line line;
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    ASSERT_EQ(line.times.size(), reply().size());
    const TimePoint begin = kStart + line_time(k9600, 8) + frame_silence(k9600);
    for (std::size_t i = 0; i < line.times.size(); ++i) {
        EXPECT_EQ(line.times[i], begin + line_time(k9600, static_cast<std::int64_t>(i) + 1)) << i;
    }
}

TEST(HalfDuplexLine, ALateCallDeliversTheSameBytesAndKeepsTheSchedule) {
    Line line;
    line.line.receive(kStart, request());
    const TimePoint begin = kStart + line_time(k9600, 8) + frame_silence(k9600);
    Bytes got;
    line.line.advance(begin + line_time(k9600, 3) + 100us, got);  // the thread slept through three bytes
    EXPECT_EQ(got.size(), 3U);
    EXPECT_EQ(line.line.next(), begin + line_time(k9600, 4));
}

TEST(HalfDuplexLine, TurnaroundIsTimeFromTheEndOfTheRequest) {
    Line line(20ms);
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    EXPECT_EQ(line.times.front() - kStart, line_time(k9600, 8) + 20ms + line_time(k9600, 1));
}

TEST(HalfDuplexLine, ADeviceNeverAnswersBeforeTheSilence) {
    Line line(1ms);
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    EXPECT_EQ(line.times.front() - kStart, line_time(k9600, 8) + frame_silence(k9600) + line_time(k9600, 1));
}

TEST(HalfDuplexLine, PartsOfARequestWithoutSilenceBetweenAreOneFrame) {
    Line line;
    line.line.receive(kStart, std::span(request()).first(3));
    line.line.receive(kStart + line_time(k9600, 5), std::span(request()).subspan(3));  // two characters late
    line.run_until(kStart + 1s);
    EXPECT_THAT(line.bytes, ElementsAreArray(reply()));
    EXPECT_EQ(line.line.stats().frames_in, 1U);
}

TEST(HalfDuplexLine, ARequestTornBySilenceIsTwoBadFrames) {
    Line line;
    line.line.receive(kStart, std::span(request()).first(3));
    line.run_until(kStart + 20ms);
    line.line.receive(kStart + 20ms, std::span(request()).subspan(3));
    line.run_until(kStart + 1s);
    EXPECT_TRUE(line.bytes.empty());
    EXPECT_EQ(line.line.stats().bad_frames, 2U);
}

TEST(HalfDuplexLine, ARequestIntoAnAnswerSpoilsBoth) {
    Line line;
    line.line.receive(kStart, request());
    const TimePoint middle = kStart + line_time(k9600, 8) + frame_silence(k9600) + line_time(k9600, 3);
    line.run_until(middle);
    line.line.receive(middle, request());
    line.run_until(kStart + 1s);
    ASSERT_EQ(line.bytes.size(), reply().size());
    EXPECT_THAT(std::span(line.bytes).first(3), ElementsAreArray(std::span(reply()).first(3)));
    for (std::size_t i = 3; i < reply().size(); ++i) {
        EXPECT_NE(line.bytes[i], reply()[i]) << i;
    }
    EXPECT_EQ(line.line.stats().collisions, 1U);
    EXPECT_EQ(line.line.stats().bad_frames, 1U);
    EXPECT_EQ(line.line.stats().frames_out, 1U);
}

TEST(HalfDuplexLine, ALateAnswerIntoTheNextRequestSpoilsBoth) {
    Line line(100ms);
    line.line.receive(kStart, request());
    const TimePoint next = kStart + line_time(k9600, 8) + 98ms;  // still being sent when the answer starts
    line.run_until(next);
    line.line.receive(next, request());
    line.run_until(kStart + 2s);
    EXPECT_EQ(line.line.stats().collisions, 1U);
    EXPECT_EQ(line.line.stats().bad_frames, 1U);
    ASSERT_EQ(line.bytes.size(), reply().size());
    EXPECT_NE(line.bytes, reply());
}

TEST(HalfDuplexLine, TwoDevicesThatAnswerAtOnceMeanNothing) {
    HalfDuplexLine line(
        k9600,
        [](const Request&) {
            return std::vector<Answer>{{.bytes = reply(), .turnaround = 10ms},
                                       {.bytes = reply(), .turnaround = 12ms}};
        },
        1);
    line.receive(kStart, request());
    Bytes got;
    line.advance(kStart + 1s, got);
    EXPECT_NE(got, reply());
    EXPECT_EQ(line.stats().collisions, 1U);
}

TEST(HalfDuplexLine, CountsRequestsThatDoNotWaitForTheSilence) {
    Line line;
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    const TimePoint end = line.times.back();
    line.line.receive(end + frame_silence(k9600) - 1us, request());
    line.run_until(end + 1s);
    EXPECT_EQ(line.line.stats().early_requests, 1U);
    line.line.receive(line.times.back() + frame_silence(k9600), request());
    line.run_until(end + 2s);
    EXPECT_EQ(line.line.stats().early_requests, 1U);
}

TEST(HalfDuplexLine, CountsTheBitsOnTheWire) {
    Line line;
    line.line.receive(kStart, request());
    line.run_until(kStart + 1s);
    EXPECT_EQ(line.line.stats().busy_bits, (8U + 7U) * 11U);
    EXPECT_EQ(line.line.stats().bytes_in, 8U);
    EXPECT_EQ(line.line.stats().bytes_out, 7U);
    EXPECT_EQ(line.line.stats().requests_by_unit.at(1), 1U);
}

TEST(HalfDuplexLine, BytesAtTheWrongSpeedMeanNothing) {
    Line line;
    line.line.receive_garbled(kStart, request());
    line.run_until(kStart + 1s);
    EXPECT_TRUE(line.bytes.empty());
    EXPECT_EQ(line.line.stats().bad_frames, 1U);
    line.line.receive(kStart + 2s, request());
    line.run_until(kStart + 3s);
    EXPECT_THAT(line.bytes, ElementsAreArray(reply()));
}

TEST(HalfDuplexLine, AfterAnUnplugNothingOldComesOut) {
    Line line(100ms);
    line.line.receive(kStart, request());
    line.run_until(kStart + 50ms);
    line.line.reset();
    EXPECT_EQ(line.line.next(), std::nullopt);
    line.line.receive(kStart + 1s, request());
    line.run_until(kStart + 2s);
    EXPECT_THAT(line.bytes, ElementsAreArray(reply()));
    EXPECT_EQ(line.line.stats().frames_in, 2U);
}

TEST(HalfDuplexLine, AnEndlessTalkerDoesNotGrowIt) {
    Line line;
    const Bytes flood(4096, 0x55);
    for (int i = 0; i < 10; ++i) {
        line.line.receive(kStart + i * 1ms, flood);
    }
    line.run_until(kStart + 10min);
    EXPECT_EQ(line.line.stats().bad_frames, 1U);
    line.line.receive(kStart + 11min, request());
    line.run_until(kStart + 12min);
    EXPECT_THAT(line.bytes, ElementsAreArray(reply()));
}

}  // namespace
}  // namespace gengfu::sim
