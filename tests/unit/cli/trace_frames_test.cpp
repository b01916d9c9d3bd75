#include "cli/trace_frames.hpp"

#include <gtest/gtest.h>

namespace gengfu::cli {
namespace {

std::vector<std::uint8_t> bytes(std::string text) {
    std::erase(text, ' ');
    return from_hex(text);
}

TEST(TraceFrames, TellsRequests) {
    const struct {
        const char* frame;
        const char* meaning;
    } cases[] = {
        {"01 03 00 04 00 01 C5 CB", "unit 1: read 1 holding registers from 0x0004"},
        {"FF 02 00 00 00 08 6C 12", "unit 255: read 8 discrete inputs from 0x0000"},
        {"01 06 00 00 00 02 08 0B", "unit 1: write 0x0002 to holding register 0x0000"},
        {"00 06 00 10 00 01 48 1E", "all units: write 0x0001 to holding register 0x0010"},
        {"01 C5", ""},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(request_frame(Wire::kRtu, bytes(each.frame)).meaning, each.meaning) << each.frame;
    }
    EXPECT_EQ(request_frame(Wire::kTcp, bytes("00 01 00 00 00 06 07 04 00 00 00 02")).meaning,
              "unit 7: read 2 input registers from 0x0000");
}

TEST(TraceFrames, TellsAnswers) {
    const auto meaning = [](const char* text) {
        return answer_frames(Wire::kRtu, bytes(text)).at(0).meaning;
    };
    EXPECT_EQ(meaning("02 03 04 34 C3 00 C5 F7 6C"), "unit 2: 2 holding registers: 13507 197");
    EXPECT_EQ(meaning("01 83 02 C0 F1"), "unit 1: exception 02: illegal data address");
    EXPECT_EQ(meaning("01 06 00 00 00 02 08 0B"),
              "unit 1: has done: write 0x0002 to holding register 0x0000");
    EXPECT_EQ(meaning("FF 02 01 01 51 A0"), "unit 255: up to 8 discrete inputs");
    EXPECT_EQ(answer_frames(Wire::kTcp, bytes("00 02 00 00 00 03 01 83 06")).at(0).meaning,
              "unit 1: exception 06: device busy");
}

TEST(TraceFrames, PartsFramesAndWhatLiesBetweenThem) {
    const auto frames = answer_frames(Wire::kRtu, bytes("02 03 02 34 7D 2A A5 00 FF 01 03 02 00 01 79 84"));
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_TRUE(frames[0].whole && frames[2].whole);
    EXPECT_FALSE(frames[1].whole);
    EXPECT_EQ(frames[1].meaning, "2 bytes that are no whole frame");
    EXPECT_EQ(hex(frames[1].bytes), "00 FF");
}

TEST(TraceFrames, TellsAWrongChecksum) {
    const auto frames = answer_frames(Wire::kRtu, bytes("01 03 02 00 01 79 85"));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].meaning, "wrong CRC");
    EXPECT_TRUE(answer_frames(Wire::kRtu, {}).empty());
}

/// Whatever comes: every byte is in exactly one frame, in order.
TEST(TraceFrames, LosesNoByte) {
    std::uint32_t random = 1;
    for (int run = 0; run < 300; ++run) {
        std::vector<std::uint8_t> in;
        for (int i = 0; i < run % 40; ++i) {
            random = random * 1664525 + 1013904223;
            in.push_back(static_cast<std::uint8_t>(random >> 24U) & 0x07);
        }
        for (const Wire wire : {Wire::kRtu, Wire::kTcp}) {
            std::vector<std::uint8_t> out;
            for (const Frame& frame : answer_frames(wire, in)) {
                out.insert(out.end(), frame.bytes.begin(), frame.bytes.end());
            }
            ASSERT_EQ(out, in);
        }
    }
}

TEST(TraceFrames, ReadsHexadecimal) {
    EXPECT_EQ(from_hex("01FF"), (std::vector<std::uint8_t>{1, 255}));
    EXPECT_TRUE(from_hex("0X").empty());
}

}  // namespace
}  // namespace gengfu::cli
