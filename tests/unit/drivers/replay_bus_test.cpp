#include "drivers/replay/replay_bus.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "drivers/bus.hpp"

namespace gengfu::drivers::replay {
namespace {

config::Bus replay_of(const std::string& file) {
    config::Bus bus;
    bus.name = "replay";
    bus.kind = config::BusKind::kReplay;
    bus.transcript = file;
    return bus;
}

class ReplayBusTest : public testing::Test {
protected:
    ~ReplayBusTest() override { std::filesystem::remove(file); }

    Result<void> play(const std::string& text) {
        std::ofstream(file, std::ios::binary) << text;
        bus = std::move(*make_bus(replay_of(file), clock));
        return bus->open(clock.now());
    }

    Result<Answer> read(unsigned unit, unsigned address, unsigned count, unsigned function = 3) {
        return bus->transact({.unit = static_cast<std::uint8_t>(unit),
                              .function = static_cast<std::uint8_t>(function),
                              .address = static_cast<std::uint16_t>(address),
                              .count = static_cast<std::uint16_t>(count),
                              .values = {}});
    }

    void expect(const Result<Answer>& answer, const std::vector<std::uint16_t>& values) {
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->values, values);
    }

    SystemClock clock;
    std::string file = testing::TempDir() + "replay-" + std::to_string(::getpid()) + ".transcript";
    std::unique_ptr<Bus> bus;
};

TEST_F(ReplayBusTest, AnswersComeInOrderAndTheLastForEver) {
    ASSERT_TRUE(
        play("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 84\n"
             "> 01 03 00 00 00 02 C4 0B\n< 01 03 04 00 00 40 50 CB CF\n"
             "> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 02 39 85\n"));
    expect(read(1, 4, 1), {1});
    expect(read(1, 0, 2), {0, 0x4050});
    expect(read(1, 4, 1), {2});
    expect(read(1, 4, 1), {2});
    EXPECT_EQ(bus->traffic().answers, 4U);
}

TEST_F(ReplayBusTest, WhatIsNotInTheFileIsSilence) {
    ASSERT_TRUE(play("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 84\n> 01 03 00 00 00 0A C5 CD\n"));
    EXPECT_EQ(read(1, 5, 1).error().code, Errc::kTimeout);
    EXPECT_EQ(read(2, 4, 1).error().code, Errc::kTimeout);
    EXPECT_EQ(read(1, 4, 1, 4).error().code, Errc::kTimeout);
    EXPECT_EQ(read(1, 0, 10).error().code, Errc::kTimeout) << "asked in the file, never answered";
}

TEST_F(ReplayBusTest, WhatTheEndOfTheRecordingCutOffIsNoSilence) {
    const std::string whole = "> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 84\n";
    for (const std::string cut :
         {"", "< 01\n", "< 01 03 02 00 01\n< 79\n", "< 01 83\n", "< 01 03 00 04 00 01 C5 CB\n",
          "< 01 03 00 04 00 01 C5 CB 01 03 02 00\n", "gap\n", "gap\n< 02 79 84\n"}) {
        ASSERT_TRUE(play("recording\n" + whole + "> 01 03 00 04 00 01 C5 CB\n" + cut)) << cut;
        for (int i = 0; i < 4; ++i) {
            expect(read(1, 4, 1), {1});
        }
        EXPECT_EQ(bus->traffic().timeouts + bus->traffic().bad_frames, 0U) << cut;
    }
    const std::string write = "> 01 10 00 00 00 01 02 00 07 E7 92\n";
    ASSERT_TRUE(play("recording\n" + write + "< 01 10 00 00\n"));
    EXPECT_TRUE(bus->transact({.unit = 1, .function = 16, .address = 0, .count = 1, .values = {7}}));
}

TEST_F(ReplayBusTest, WhatIsSilentOrDamagedWithinTheRecordingStaysSo) {
    const std::string ask = "> 01 03 00 04 00 01 C5 CB\n", whole = ask + "< 01 03 02 00 01 79 84\n";
    ASSERT_TRUE(play("recording\n" + whole + ask + whole));
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout);
    expect(read(1, 4, 1), {1});
    ASSERT_TRUE(play("recording\n" + whole + ask + ask));
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout);
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout) << "only the last was cut off";
    ASSERT_TRUE(play("recording\n" + whole + ask + "< 01 03 02 00 01 79 85\n"));
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kBadFrame) << "it is at its end, and damaged";
    ASSERT_TRUE(play("recording\n" + whole + ask + "< 01 03 02 00\n" + whole));
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kBadFrame) << "the recording went on: it was the unit";
}

TEST_F(ReplayBusTest, WhatWasWrittenByHandEndsInSilenceWhereItSaysSo) {
    const std::string ask = "> 01 03 00 04 00 01 C5 CB\n";
    ASSERT_TRUE(play(ask + "< 01 03 02 00 01 79 84\n" + ask));
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout);
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout);
}

TEST_F(ReplayBusTest, WhatIsLostInAGapBelongsToNoRequest) {
    const std::string ask = "> 01 03 00 04 00 01 C5 CB\n";
    ASSERT_TRUE(play(ask + "< 01 03 02 00 01 79 84\n" + ask + "gap\n< 01 03 02 00 02 39 85\ngap\n" + ask +
                     "< 01 03 02 00 03 F8 45\n"));
    expect(read(1, 4, 1), {1});
    expect(read(1, 4, 1), {3});
    expect(read(1, 4, 1), {3});
}

TEST_F(ReplayBusTest, ModbusTcpIsCutOffLikewise) {
    const std::string ask = "> 00 01 00 00 00 06 01 03 00 00 00 01\n";
    const std::string whole = ask + "< 00 01 00 00 00 05 01 03 02 00 2A\n";
    for (const std::string cut : {"", "< 00 01 00\n", "< 00 01 00 00 00 05 01 03 02 00\n",
                                  "< 00 00 00 00 00 05 01 03 02 00 2B 00\n"}) {
        ASSERT_TRUE(play("protocol tcp\nrecording\n" + whole + ask + cut)) << cut;
        expect(read(1, 0, 1), {42});
        expect(read(1, 0, 1), {42});
    }
    ASSERT_TRUE(play("protocol tcp\nrecording\n" + whole + ask + "< 00 00 00 00 00 05 01 03 02 00 2B\n"));
    expect(read(1, 0, 1), {42});
    EXPECT_EQ(read(1, 0, 1).error().code, Errc::kTimeout) << "a late answer of another transaction is none";
}

TEST_F(ReplayBusTest, BadAnswersAreJudgedAsOnTheLine) {
    ASSERT_TRUE(
        play("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 85\n"
             "> 01 03 00 04 00 01 C5 CB\n< 01 83 02 C0 F1\n"
             "> 01 03 00 04 00 01 C5 CB\n< 02 03 02 34 7D 2A A5\n< 01 03 02 00 01 79 84\n"
             "> 01 03 00 04 00 01 C5 CB\n< 02 03 02 34 7D 2A A5\n"));
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kBadFrame);
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kUnsupported);
    expect(read(1, 4, 1), {1});
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kTimeout) << "another unit's answer is none";
}

TEST_F(ReplayBusTest, PlaysModbusTcpWhateverItsTransactions) {
    ASSERT_TRUE(
        play("protocol tcp\n"
             "> 00 01 00 00 00 06 01 03 00 00 00 01\n< 00 01 00 00 00 05 01 03 02 00 2A\n"
             "> 00 02 00 00 00 06 01 03 00 00 00 01\n< 00 01 00 00 00 05 01 03 02 00 2B\n"
             "> 00 03 00 00 00 06 01 03 00 00 00 01\n< 00 03 00 01 00 05 01 03 02 00 2C\n"));
    expect(read(1, 0, 1), {42});
    EXPECT_EQ(read(1, 0, 1).error().code, Errc::kTimeout) << "answers another transaction";
    EXPECT_EQ(read(1, 0, 1).error().code, Errc::kBadFrame) << "no Modbus";
}

TEST_F(ReplayBusTest, WritesAreMatchedByWhatTheyWrite) {
    ASSERT_TRUE(play("> 01 06 00 00 00 EA 08 45\n< 01 06 00 00 00 EA 08 45\n"));
    Request write{.unit = 1, .function = 6, .address = 0, .count = 1, .values = {0xEA}};
    EXPECT_TRUE(bus->transact(write));
    write.values = {0xEB};
    EXPECT_EQ(bus->transact(write).error().code, Errc::kTimeout);
}

TEST_F(ReplayBusTest, MistakeInTheFileIsToldWithItsPlace) {
    const Result<void> opened = play("> 01 03 00\n");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kInvalid);
    EXPECT_NE(opened.error().what.find(file + ":1:1: "), std::string::npos) << opened.error().what;
}

TEST_F(ReplayBusTest, MissingFileIsTold) {
    bus = std::move(*make_bus(replay_of("/nowhere/x.transcript"), clock));
    const Result<void> opened = bus->open(clock.now());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_FALSE(bus->is_open());
}

TEST_F(ReplayBusTest, InterruptHolds) {
    ASSERT_TRUE(play("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 84\n"));
    bus->interrupt();
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kInterrupted);
}

TEST_F(ReplayBusTest, OpeningAnewBeginsAnew) {
    ASSERT_TRUE(
        play("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 84\n"
             "> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 02 39 85\n"));
    expect(read(1, 4, 1), {1});
    bus->close();
    EXPECT_EQ(read(1, 4, 1).error().code, Errc::kIo);
    ASSERT_TRUE(bus->open(clock.now()));
    expect(read(1, 4, 1), {1});
}

TEST(MakeBus, EveryKindIsMadeAndClosed) {
    const SystemClock clock;
    for (const config::BusKind kind : {config::BusKind::kModbusRtu, config::BusKind::kModbusTcp,
                                       config::BusKind::kModbusRtuOverTcp, config::BusKind::kReplay}) {
        config::Bus settings;
        settings.kind = kind;
        const Result<std::unique_ptr<Bus>> bus = make_bus(settings, clock);
        ASSERT_TRUE(bus) << bus.error().what;
        EXPECT_FALSE((*bus)->is_open());
        EXPECT_EQ((*bus)->transact({}).error().code, Errc::kIo);
    }
}

TEST(GoldenTranscripts, LineFaultsComeAsTheyStandInTheFile) {
    const SystemClock clock;
    const auto bus = std::move(
        *make_bus(replay_of(GENGFU_SOURCE_DIR "/tests/golden/transcripts/line-faults.transcript"), clock));
    ASSERT_TRUE(bus->open(clock.now()));
    const Request request{.unit = 1, .function = 3, .address = 4, .count = 1, .values = {}};
    const std::optional<Errc> want[] = {std::nullopt,   Errc::kBadFrame,    Errc::kBadFrame, std::nullopt,
                                        Errc::kTimeout, Errc::kUnsupported, Errc::kTimeout,  Errc::kTimeout};
    for (const std::optional<Errc> error : want) {
        const Result<Answer> answer = bus->transact(request);
        EXPECT_EQ(answer.has_value(), !error);
        EXPECT_EQ(answer ? Errc::kInvalid : answer.error().code, error.value_or(Errc::kInvalid));
    }
}

TEST(GoldenTranscripts, ShippedOnesPlay) {
    const SystemClock clock;
    int played = 0;
    for (const char* const folder : {"/tests/golden/transcripts", "/tests/golden/profiles"}) {
        for (const auto& entry :
             std::filesystem::directory_iterator(GENGFU_SOURCE_DIR + std::string(folder))) {
            if (entry.path().extension() != ".transcript") {
                continue;
            }
            const auto bus = std::move(*make_bus(replay_of(entry.path()), clock));
            const Result<void> opened = bus->open(clock.now());
            EXPECT_TRUE(opened) << opened.error().what;
            ++played;
        }
    }
    EXPECT_GE(played, 15);
}

}  // namespace
}  // namespace gengfu::drivers::replay
