#include "cli/trace_recorder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/core/read_file.hpp"
#include "drivers/bus.hpp"

namespace gengfu::cli {
namespace {

using drivers::Direction;

std::vector<std::uint8_t> bytes(std::string text) {
    std::erase(text, ' ');
    return from_hex(text);
}

const auto kAsk = bytes("01 03 00 04 00 01 C5 CB");
const auto kAnswer = bytes("01 03 02 00 01 79 84");

class RecorderTest : public testing::Test {
protected:
    RecorderTest() { EXPECT_TRUE(recorder.save_to(file)); }
    ~RecorderTest() override { std::filesystem::remove(file); }

    void take(Direction direction, const std::vector<std::uint8_t>& what) {
        recorder.take({direction, at += 0.01, what});
    }

    /// What is on the screen, and closes the file.
    std::string shown() {
        recorder.finish();
        EXPECT_TRUE(recorder.close());
        return testing::internal::GetCapturedStdout();
    }
    /// Reads through the file as a replay bus; "silent" for a time-out.
    std::string plays(int reads) {
        const SystemClock clock;
        config::Bus bus;
        bus.name = "replay";
        bus.kind = config::BusKind::kReplay;
        bus.transcript = file;
        auto line = *drivers::make_bus(bus, clock);
        const Result<void> opened = line->open(clock.now());
        EXPECT_TRUE(opened) << opened.error().what;
        std::string text;
        for (int i = 0; i < reads; ++i) {
            const Result<drivers::Answer> answer =
                line->transact({.unit = 1, .function = 3, .address = 4, .count = 1, .values = {}});
            text += (answer ? std::to_string(answer->values.at(0)) : std::string("silent")) + " ";
        }
        return text;
    }

    std::string file = testing::TempDir() + "recorder-" + std::to_string(::getpid()) + ".transcript";
    Recorder recorder{Wire::kRtu, Format::kForPeople};
    double at = 100;
};

TEST_F(RecorderTest, EndBetweenRequestAndAnswerIsNoSilence) {
    testing::internal::CaptureStdout();
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, kAnswer);
    take(Direction::kSent, kAsk);
    shown();
    EXPECT_EQ(plays(3), "1 1 1 ");
}

TEST_F(RecorderTest, EndWithinAnAnswerIsNoBadFrame) {
    testing::internal::CaptureStdout();
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, kAnswer);
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, bytes("01 03 02 00"));
    EXPECT_NE(shown().find("4 bytes that are no whole frame; the trace ended here"), std::string::npos);
    EXPECT_EQ(plays(3), "1 1 1 ");
}

TEST_F(RecorderTest, BeginningWithinAnAnswerIsSaidAndNotKept) {
    testing::internal::CaptureStdout();
    take(Direction::kReceived, bytes("00 07 F9 86"));
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, kAnswer);
    EXPECT_NE(shown().find("the rest of an answer whose beginning was not seen"), std::string::npos);
    EXPECT_EQ(plays(2), "1 1 ");
}

TEST_F(RecorderTest, LostPiecesAreNoSilenceAndMixNoAnswers) {
    testing::internal::CaptureStdout();
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, kAnswer);
    take(Direction::kSent, kAsk);
    recorder.gap("7 pieces were lost");
    take(Direction::kReceived, bytes("02 39 85"));
    take(Direction::kSent, kAsk);
    take(Direction::kReceived, bytes("01 03 02 00 03 F8 45"));
    const std::string text = shown();
    EXPECT_NE(text.find("7 pieces were lost"), std::string::npos);
    EXPECT_NE(text.find("whose beginning was not seen"), std::string::npos);
    EXPECT_EQ(plays(3), "1 3 3 ");
}

TEST_F(RecorderTest, NothingSeenLeavesNoFile) {
    testing::internal::CaptureStdout();
    take(Direction::kReceived, bytes("00 07"));
    shown();
    EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace gengfu::cli
