#include "drivers/modbus/mbap_framer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/unit/drivers/bytes.hpp"

namespace gengfu::drivers::modbus {
namespace {

void feed(MbapFramer& framer, const Bytes& bytes) {
    const std::span<std::uint8_t> room = framer.room();
    ASSERT_LE(bytes.size(), room.size());
    std::ranges::copy(bytes, room.begin());
    framer.filled(bytes.size());
}

TEST(Wrap, PutsTransactionProtocolAndLengthBefore) {
    const Result<Message> message =
        encode({.unit = 7, .function = 3, .address = 4, .count = 1, .values = {}});
    EXPECT_EQ(to_hex(wrap(0xABCD, *message).view()), "AB CD 00 00 00 06 07 03 00 04 00 01");
}

TEST(MbapFramer, CutsFramesWhateverThePieces) {
    const Bytes stream = from_hex("00 01 00 00 00 05 07 03 02 00 2A 00 02 00 00 00 03 07 83 02");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        MbapFramer framer;
        std::vector<std::string> frames;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const std::size_t end = std::min(at + piece, stream.size());
            feed(framer, Bytes(stream.begin() + static_cast<std::ptrdiff_t>(at),
                               stream.begin() + static_cast<std::ptrdiff_t>(end)));
            for (;;) {
                const auto frame = framer.next();
                ASSERT_TRUE(frame) << frame.error().what;
                if (!*frame) {
                    break;
                }
                frames.push_back(std::to_string((*frame)->transaction) + ": " + to_hex((*frame)->message));
            }
        }
        EXPECT_EQ(frames, (std::vector<std::string>{"1: 07 03 02 00 2A", "2: 07 83 02"}))
            << "pieces of " << piece;
        EXPECT_TRUE(framer.is_empty());
    }
}

TEST(MbapFramer, RefusesWhatIsNoModbus) {
    const char* const streams[] = {
        "48 54 54 50",                    // HTTP
        "00 01 00 01 00 05 07 03 02 00",  // protocol
        "00 01 00 00 00 02 07 03",        // too short to be anything
        "00 01 00 00 00 FF 07 03",        // 255: one more than a message can have
        "00 01 00 00 FF FF 07 03",
    };
    for (const char* const stream : streams) {
        MbapFramer framer;
        feed(framer, from_hex(stream));
        const auto frame = framer.next();
        ASSERT_FALSE(frame) << stream;
        EXPECT_EQ(frame.error().code, Errc::kBadFrame);
    }
}

TEST(MbapFramer, LongestMessageFits) {
    MbapFramer framer;
    Bytes frame = from_hex("00 01 00 00 00 FE");
    frame.resize(6 + 254, 0x11);
    feed(framer, frame);
    const auto got = framer.next();
    ASSERT_TRUE(got && *got);
    EXPECT_EQ((*got)->message.size(), 254U);
}

TEST(MbapFramerProperty, RandomBytesNeverCrashIt) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        MbapFramer framer;
        for (int i = 0; i < 40; ++i) {
            Bytes bytes(std::uniform_int_distribution<std::size_t>(0, 60)(random));
            std::ranges::generate(
                bytes, [&] { return static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0); });
            feed(framer, bytes);
            auto frame = framer.next();
            while (frame && *frame) {
                EXPECT_GE((*frame)->message.size(), 3U);
                frame = framer.next();
            }
            if (!frame) {
                break;
            }
        }
    }
}

}  // namespace
}  // namespace gengfu::drivers::modbus
