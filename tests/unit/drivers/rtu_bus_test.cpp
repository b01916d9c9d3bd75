#include "drivers/modbus/rtu_bus.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/drivers/fake_slave.hpp"

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;
using Wire = FakeSlave::Wire;

/// Long enough that a busy machine is not taken for a silent unit; ends as soon as the answer is there.
constexpr Duration kPatient = 5s;

Request read(unsigned unit, unsigned address, unsigned count, Duration turnaround = kPatient) {
    return {.unit = static_cast<std::uint8_t>(unit),
            .function = 3,
            .address = static_cast<std::uint16_t>(address),
            .count = static_cast<std::uint16_t>(count),
            .values = {},
            .turnaround = turnaround};
}

std::vector<std::uint16_t> counting(unsigned from, unsigned count) {
    std::vector<std::uint16_t> values;
    for (unsigned i = 0; i < count; ++i) {
        values.push_back(static_cast<std::uint16_t>(from + i));
    }
    return values;
}

class RtuBusTest : public testing::TestWithParam<Wire> {
protected:
    RtuBusTest() : slave(GetParam()) { start(slave.bus()); }

    void start(const config::Bus& settings, RtuBus::Outside outside = {}) {
        Result<std::unique_ptr<Bus>> made = RtuBus::create(settings, clock, std::move(outside));
        ASSERT_TRUE(made) << made.error().what;
        bus = std::move(*made);
        const Result<void> opened = bus->open(clock.now() + 5s);
        ASSERT_TRUE(opened) << opened.error().what;
    }

    Errc error_of(const Request& request) {
        const Result<Answer> answer = bus->transact(request);
        EXPECT_FALSE(answer);
        return answer ? Errc::kInvalid : answer.error().code;
    }

    void expect_values(const Request& request, const std::vector<std::uint16_t>& values) {
        const Result<Answer> answer = bus->transact(request);
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->values, values);
        EXPECT_LE(answer->sent, answer->received);
    }

    SystemClock clock;
    FakeSlave slave;
    std::unique_ptr<Bus> bus;
};

class SerialBusTest : public RtuBusTest {};

INSTANTIATE_TEST_SUITE_P(Wires, RtuBusTest, testing::Values(Wire::kPty, Wire::kRtuOverTcp),
                         [](const auto& test) {
                             return std::string(test.param == Wire::kPty ? "Serial" : "OverTcp");
                         });
INSTANTIATE_TEST_SUITE_P(Wires, SerialBusTest, testing::Values(Wire::kPty),
                         [](const auto&) { return "Serial"; });

TEST_P(RtuBusTest, ReadsRegisters) {
    slave.handle(honest_rtu());
    expect_values(read(7, 100, 10), counting(100, 10));
    expect_values(read(7, 65411, 125), counting(65411, 125));
    EXPECT_EQ(to_hex(slave.requests().front()), to_hex(rtu("07 03 00 64 00 0A")));
    EXPECT_EQ(bus->traffic().requests, 2U);
    EXPECT_EQ(bus->traffic().answers, 2U);
    EXPECT_EQ(bus->traffic().noise_bytes, 0U);
}

TEST_P(RtuBusTest, ReadsBits) {
    slave.handle(
        [](const Bytes&) { return FakeSlave::Says{{.bytes = from_hex("FF 02 01 01 51 A0"), .after = {}}}; });
    Request request = read(255, 0, 8);
    request.function = 2;
    expect_values(request, {1, 0, 0, 0, 0, 0, 0, 0});
}

TEST_P(RtuBusTest, Writes) {
    slave.handle(honest_rtu());
    const std::pair<int, std::vector<std::uint16_t>> writes[] = {
        {5, {1}}, {6, {0xB588}}, {15, {1, 0, 1}}, {16, {7, 8}}};
    for (const auto& [function, values] : writes) {
        const Request request{.unit = 3,
                              .function = static_cast<std::uint8_t>(function),
                              .address = 9,
                              .count = static_cast<std::uint16_t>(values.size()),
                              .values = values,
                              .turnaround = kPatient};
        const Result<Answer> answer = bus->transact(request);
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_TRUE(answer->values.empty());
    }
    EXPECT_EQ(to_hex(slave.requests()[3]), to_hex(rtu("03 10 00 09 00 02 04 00 07 00 08")));
}

TEST_P(RtuBusTest, ExceptionsSayWhatToDo) {
    const std::pair<int, Errc> cases[] = {{1, Errc::kUnsupported},
                                          {2, Errc::kUnsupported},
                                          {4, Errc::kRefused},
                                          {6, Errc::kBusy},
                                          {11, Errc::kTimeout}};
    for (const auto& [code, errc] : cases) {
        const Bytes exception = with_crc({7, 0x83, static_cast<std::uint8_t>(code)});
        slave.handle(
            [exception](const Bytes&) { return FakeSlave::Says{{.bytes = exception, .after = {}}}; });
        EXPECT_EQ(error_of(read(7, 0, 1)), errc) << code;
    }
    EXPECT_EQ(bus->traffic().exceptions, 5U);
    EXPECT_EQ(bus->traffic().answers, 5U) << "an exception is an answer";
}

TEST_P(RtuBusTest, AnAnswerToSomethingElseIsABadFrameThatIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"07 04 02 00 64", "answers with function 4 where 3 was asked for"},
        {"07 03 04 00 64 00 65", "answers with 4 bytes of data where 2 were asked for"},
        {"07 03 FF 00 64", "answers with 2 bytes of data where 2 were asked for, and says that they are 255"},
        {"07 03 00", "answers with 0 bytes of data where 2 were asked for"},
        {"07 83 00", "answers with exception 0, which there is not"},
        {"07 06 00 00 00 01", "answers with function 6 where 3 was asked for"},
    };
    std::uint64_t bad = 0;
    for (const auto& [body, words] : cases) {
        for (int twice = 0; twice < 2; ++twice) {
            slave.handle(
                [bytes = rtu(body)](const Bytes&) { return FakeSlave::Says{{.bytes = bytes, .after = {}}}; });
            const Result<Answer> answer = bus->transact(read(7, 0, 1, 30ms));
            ASSERT_FALSE(answer);
            EXPECT_EQ(answer.error().code, Errc::kBadFrame) << body;
            EXPECT_EQ(answer.error().what, "bus test unit 7: " + std::string(words)) << body;
            EXPECT_EQ(bus->traffic().bad_frames, ++bad);
        }
    }
    slave.handle(honest_rtu());
    expect_values(read(7, 4, 1), {4});
}

TEST_P(RtuBusTest, RefusesWhatCannotBeAsked) {
    EXPECT_EQ(error_of(read(7, 0, 126)), Errc::kInvalid);
    EXPECT_EQ(error_of(read(0, 0, 1)), Errc::kInvalid);
    EXPECT_TRUE(slave.requests().empty());
}

TEST_P(RtuBusTest, ATapSeesTheBytesOfRequestAndAnswerUntilItHasEnough) {
    slave.handle(honest_rtu());
    std::vector<std::uint8_t> sent;
    std::vector<std::uint8_t> received;
    bus->set_tap([&](Direction direction, std::span<const std::uint8_t> bytes, Monotonic) {
        auto& into = direction == Direction::kSent ? sent : received;
        into.insert(into.end(), bytes.begin(), bytes.end());
        return received.size() < 7;
    });
    expect_values(read(7, 100, 1), counting(100, 1));
    EXPECT_EQ(to_hex(sent), to_hex(rtu("07 03 00 64 00 01")));
    ASSERT_EQ(received.size(), 7U);
    EXPECT_EQ(received[4], 100);
    expect_values(read(7, 100, 1), counting(100, 1));
    EXPECT_EQ(sent.size(), 8U) << "it had said that it wants no more";
}

TEST_P(RtuBusTest, BadCheckSumIsABadFrame) {
    slave.handle([](const Bytes&) {
        return FakeSlave::Says{{.bytes = from_hex("07 03 02 00 01 79 84"), .after = {}}};
    });
    EXPECT_EQ(error_of(read(7, 0, 1, 200ms)), Errc::kBadFrame);
    EXPECT_EQ(bus->traffic().bad_frames, 1U);
    EXPECT_EQ(bus->traffic().noise_bytes, 7U);
}

TEST_P(RtuBusTest, UnitWhoseAnswerCameDamagedMayBeAskedAgainAtOnce) {
    slave.handle([](const Bytes&) {
        return FakeSlave::Says{{.bytes = from_hex("07 03 02 00 01 79 84"), .after = {}}};
    });
    const Monotonic begun = clock.now();
    EXPECT_EQ(error_of(read(7, 0, 1, 4s)), Errc::kBadFrame);
    slave.handle(honest_rtu());
    expect_values(read(7, 3, 1), {3});
    EXPECT_LT(clock.now() - begun, 3s) << "neither waits for the turnaround";
}

TEST_P(RtuBusTest, FrameThatStopsHalfWayIsABadFrame) {
    slave.handle(
        [](const Bytes&) { return FakeSlave::Says{{.bytes = from_hex("07 03 14 00 01"), .after = {}}}; });
    const Monotonic begun = clock.now();
    EXPECT_EQ(error_of(read(7, 0, 10, 30s)), Errc::kBadFrame);
    EXPECT_LT(clock.now() - begun, 15s)
        << "the rest of a frame takes its time on the wire, not the turnaround";
}

TEST_P(RtuBusTest, InterruptBreaksTheWaitAndAllLaterOnes) {
    auto waiting = std::async(std::launch::async, [&] { return bus->transact(read(7, 0, 1, 60s)); });
    while (slave.requests().empty()) {
        std::this_thread::yield();
    }
    bus->interrupt();
    EXPECT_EQ(waiting.get().error().code, Errc::kInterrupted);
    EXPECT_EQ(error_of(read(8, 0, 1)), Errc::kInterrupted);
    bus->close();
    EXPECT_EQ(bus->open(clock.now() + 1s).error().code, Errc::kInterrupted);
}

TEST_P(RtuBusTest, RandomBytesNeverCrashNorGiveAnAnswer) {
    for (unsigned seed = 0; seed < 30; ++seed) {
        std::mt19937 random(seed);
        Bytes bytes(1 + random() % 300);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
            byte = byte == 7 ? 8 : byte;  // no check sum can be right by accident behind our unit
        }
        slave.handle([bytes](const Bytes&) { return FakeSlave::Says{{.bytes = bytes, .after = {}}}; });
        const Errc error = error_of(read(7, 0, 2, 1ms));
        EXPECT_TRUE(error == Errc::kBadFrame || error == Errc::kTimeout) << seed;
    }
    slave.handle(honest_rtu());
    expect_values(read(9, 5, 2), counting(5, 2));
}

// ------------------------------------------------------------------ guards against libmodbus 3.1.6
// (docs/bus.md)

TEST_P(RtuBusTest, GuardTurnaroundAboveLibmodbusHalfSecond) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = with_crc(honest_answer(request, 0)), .after = 600ms}};
    });
    expect_values(read(7, 4, 1), {4});
}

TEST_P(RtuBusTest, GuardSilentUnitEndsAtItsTurnaround) {
    Duration shortest = Duration::max();  // of several, since a busy machine may delay any of them
    std::uint64_t tries = 0;
    while (shortest >= 450ms && tries < 5) {
        const Monotonic begun = clock.now();
        EXPECT_EQ(error_of(read(static_cast<unsigned>(++tries), 0, 1, 40ms)), Errc::kTimeout);
        shortest = std::min<Duration>(shortest, clock.now() - begun);
    }
    EXPECT_GE(shortest, 40ms);
    EXPECT_LT(shortest, 450ms) << "libmodbus waits 500 ms";
    EXPECT_EQ(bus->traffic().timeouts, tries);
}

TEST_P(RtuBusTest, GuardForeignFramesArePassedOverWithinTheDeadline) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = rtu("01 03 02 00 01"), .after = {}},
                {.bytes = rtu("02 83 02"), .after = 1ms},
                {.bytes = with_crc(honest_answer(request, 0)), .after = 1ms}};
    });
    expect_values(read(7, 4, 1), {4});
    EXPECT_EQ(bus->traffic().foreign_frames, 2U);
    EXPECT_EQ(slave.requests().size(), 1U) << "asked once";
}

TEST_P(RtuBusTest, GuardWhatIsWithinAForeignFrameIsNoAnswer) {
    for (const std::uint8_t function : {std::uint8_t{0x03}, std::uint8_t{0x41}}) {
        slave.handle([function](const Bytes& request) -> FakeSlave::Says {
            const Bytes inside = with_crc(honest_answer(request, 0x4000));
            return {{.bytes = with_crc(Bytes{1, function, static_cast<std::uint8_t>(inside.size())} + inside),
                     .after = {}}};
        });
        const Result<Answer> answer = bus->transact(read(7, 4, 1, 100ms));
        EXPECT_FALSE(answer) << "function " << int{function} << " gives " << answer->values.front();
    }
    slave.handle(honest_rtu());
    expect_values(read(8, 4, 1), {4});
}

TEST_P(RtuBusTest, AnAnswerBetweenNoiseIsTakenWhenTheLineHasFallenSilent) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = from_hex("FF 00 13") + with_crc(honest_answer(request, 0)) + from_hex("00 FF"),
                 .after = {}}};
    });
    const Monotonic begun = clock.now();
    expect_values(read(7, 4, 1), {4});
    EXPECT_LT(clock.now() - begun, kPatient / 2);
    EXPECT_EQ(bus->traffic().noise_bytes, 5U);
}

TEST_P(RtuBusTest, GuardForeignFramesAloneAreATimeout) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{{.bytes = rtu("01 03 02 00 01"), .after = {}}}; });
    EXPECT_EQ(error_of(read(7, 4, 1, 60ms)), Errc::kTimeout);
}

TEST_P(RtuBusTest, GuardEndlessStreamEndsInTime) {
    const auto flood = [](const Bytes&) {
        FakeSlave::Says says;
        for (int i = 0; i < 2000; ++i) {
            says.push_back({.bytes = rtu("01 03 02 00 01"), .after = 1ms});
        }
        return says;
    };
    slave.handle(flood);
    const Monotonic begun = clock.now();
    EXPECT_FALSE(bus->transact(read(7, 4, 1, 60ms)));
    Request other = read(9, 4, 1, 60ms);
    other.min_gap = 100ms;  // never had on this line: it is sent on all the same
    EXPECT_FALSE(bus->transact(other));
    EXPECT_LT(clock.now() - begun, 1500ms) << "the stream goes on for more than 2 s";
}

TEST_P(RtuBusTest, GuardLateAnswerInTheBufferIsDrained) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    EXPECT_EQ(error_of(read(7, 100, 2, 30ms)), Errc::kTimeout);
    // The late answer: same unit, function and length as the next request's.
    slave.handle(honest_rtu());
    slave.say(with_crc(honest_answer(from_hex("07 03 00 64 00 02"), 0)));
    expect_values(read(7, 200, 2), counting(200, 2));
    EXPECT_EQ(bus->traffic().late_frames, 1U);
}

TEST_P(RtuBusTest, GuardUnitThatTimedOutIsNotAskedBeforeAnotherTurnaround) {
    constexpr Duration kTurnaround = 300ms;
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    const Monotonic begun = clock.now();
    EXPECT_EQ(error_of(read(7, 100, 2, kTurnaround)), Errc::kTimeout);
    slave.handle(honest_rtu());
    auto late = std::async(std::launch::async, [&] {  // comes while the unit still owes it
        slave.say(with_crc(honest_answer(from_hex("07 03 00 64 00 02"), 0)));
    });
    expect_values(read(7, 200, 2), counting(200, 2));
    late.get();
    ASSERT_EQ(slave.times().size(), 2U);
    EXPECT_GE(slave.times()[1] - begun, 2 * kTurnaround);
    EXPECT_EQ(bus->traffic().late_frames, 1U);
}

TEST_P(RtuBusTest, GuardUnitGivenUpEarlyOwesItsAnswerForItsLongestTurnaround) {
    constexpr Duration kLongest = 400ms;
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    Request hasty = read(7, 100, 2, 30ms);  // as long as it took lately
    hasty.longest_turnaround = kLongest;
    const Monotonic begun = clock.now();
    EXPECT_EQ(error_of(hasty), Errc::kTimeout);
    EXPECT_LT(clock.now() - begun, kLongest) << "given up at what was learnt";
    slave.handle(honest_rtu());
    slave.say(with_crc(honest_answer(from_hex("07 03 00 64 00 02"), 0)));  // late: same function and length
    expect_values(read(7, 200, 2), counting(200, 2));
    ASSERT_EQ(slave.times().size(), 2U);
    EXPECT_GE(slave.times()[1] - begun, kLongest) << "not asked while its answer may still come";
    EXPECT_EQ(bus->traffic().late_frames, 1U);
}

TEST_P(RtuBusTest, GuardOtherUnitsAreAskedWhileOneOwesAnAnswer) {
    slave.handle([](const Bytes& request) {
        return request[0] == 7 ? FakeSlave::Says{}
                               : FakeSlave::Says{{.bytes = rtu("07 03 04 00 64 00 65"), .after = {}},
                                                 {.bytes = with_crc(honest_answer(request, 0)), .after = {}}};
    });
    EXPECT_EQ(error_of(read(7, 100, 2, 1500ms)), Errc::kTimeout);
    const Monotonic gave_up = clock.now();
    expect_values(read(8, 200, 2), counting(200, 2));
    EXPECT_LT(clock.now() - gave_up, 1200ms);
    EXPECT_EQ(bus->traffic().late_frames, 1U) << "unit 7's answer, among unit 8's";
}

TEST_P(RtuBusTest, GuardGarbageBeforeTheRequestIsFlushedAndCounted) {
    slave.handle(honest_rtu());
    expect_values(read(7, 1, 1), {1});
    slave.say(from_hex("07 03 04 00 01 00 55"));
    // On a socket the bytes come a moment later: only what came before the request counts as flushed.
    expect_values(read(7, 50, 2), counting(50, 2));
    expect_values(read(7, 60, 2), counting(60, 2));
    EXPECT_EQ(bus->traffic().noise_bytes, 7U);
}

TEST_P(RtuBusTest, GuardBroadcastWriteDoesNotWait) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    const Request request{
        .unit = 0, .function = 6, .address = 0x10, .count = 1, .values = {1}, .turnaround = 30s};
    const Monotonic begun = clock.now();
    const Result<Answer> answer = bus->transact(request);
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_LT(clock.now() - begun, 10s);
    EXPECT_EQ(bus->traffic().timeouts, 0U);
    while (slave.requests().empty()) {
        std::this_thread::yield();
    }
    EXPECT_EQ(to_hex(slave.requests().front()), "00 06 00 10 00 01 48 1E");
}

TEST_P(RtuBusTest, GuardUnitsAreGivenTimeToObeyABroadcast) {
    slave.handle(honest_rtu());
    const Request broadcast{
        .unit = 0, .function = 6, .address = 0x10, .count = 1, .values = {1}, .turnaround = 150ms};
    const Monotonic begun = clock.now();
    ASSERT_TRUE(bus->transact(broadcast));
    slave.handle(honest_rtu());
    expect_values(read(7, 4, 1), {4});
    EXPECT_GE(clock.now() - begun, 150ms);
}

TEST_P(RtuBusTest, GuardUnitsAbove247AreSpoken) {
    slave.handle(honest_rtu());
    for (const unsigned unit : {0xF8U, 0xFEU, 0xFFU}) {
        expect_values(read(unit, 4, 1), {4});
    }
}

TEST_P(RtuBusTest, GuardDescriptorsAboveFdSetSizeWork) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 1200) {
        ASSERT_GE(limit.rlim_max, 1200U);
        limit.rlim_cur = 1200;
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    bus.reset();  // its low descriptors must not be had again
    std::vector<UniqueFd> fill;
    do {
        fill.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    } while (fill.back().get() < FD_SETSIZE + 10);
    slave.handle(honest_rtu());
    start(slave.bus());
    expect_values(read(7, 4, 1), {4});
}

TEST_P(SerialBusTest, GuardSendingDoesNotSleepThroughTheFrame) {
    // With libmodbus's own RTS switching, sending 255 bytes at 1200 baud sleeps for 2.1 s.
    config::Bus slow = slave.bus();
    slow.serial.baud = 1200;
    bus->close();
    start(slow);
    const Request broadcast{
        .unit = 0, .function = 16, .address = 0, .count = 123, .values = counting(0, 123)};
    const Monotonic begun = clock.now();
    ASSERT_TRUE(bus->transact(broadcast));
    EXPECT_LT(clock.now() - begun, 1500ms);
}

TEST_P(SerialBusTest, GuardSilenceIsKeptBeforeARequest) {
    slave.handle(honest_rtu());
    Request request = read(7, 4, 1);
    const Monotonic begun = clock.now();
    expect_values(request, {4});
    request.min_gap = 120ms;
    expect_values(request, {4});
    EXPECT_GE(slave.times().back() - begun, 120ms);
}

TEST(RtuSettings, GuardUnknownBaudIsRefusedNotReplaced) {
    config::Bus settings;
    settings.serial.port = "/dev/null";
    settings.serial.baud = 9601;
    const SystemClock clock;
    const Result<std::unique_ptr<Bus>> made = RtuBus::create(settings, clock);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::kInvalid);
}

TEST_P(SerialBusTest, GuardRs485DirectionIsAskedForByOurOwnIoctl) {
    bus->close();
    config::Bus settings = slave.bus();
    settings.serial.rs485 = true;
    settings.serial.rts_on_send = false;
    settings.serial.rts_before = 2ms;
    serial_rs485 seen{};
    RtuBus::Outside outside;
    outside.rs485 = [&](int, unsigned long, serial_rs485* asked) {
        seen = *asked;
        return 0;
    };
    start(settings, outside);
    EXPECT_EQ(seen.flags, static_cast<std::uint32_t>(SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND));
    EXPECT_EQ(seen.delay_rts_before_send, 2U);
}

// ------------------------------------------------------------------ the line itself

TEST_P(SerialBusTest, EchoingLineIsUnderstood) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = request, .after = {}}, {.bytes = with_crc(honest_answer(request, 0)), .after = {}}};
    });
    expect_values(read(7, 4, 2), counting(4, 2));
    EXPECT_EQ(bus->traffic().noise_bytes + bus->traffic().late_frames, 0U);
    // From now on the echo of a single write is not taken for the unit's answer.
    slave.handle([](const Bytes& request) -> FakeSlave::Says { return {{.bytes = request, .after = {}}}; });
    const Request write{
        .unit = 7, .function = 6, .address = 0, .count = 1, .values = {1}, .turnaround = 30ms};
    EXPECT_EQ(error_of(write), Errc::kTimeout);
}

TEST_P(SerialBusTest, UnplugIsTold) {
    slave.handle(honest_rtu());
    expect_values(read(7, 4, 1), {4});
    slave.unplug();
    const Result<Answer> answer = bus->transact(read(7, 4, 1));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::kIo);
    EXPECT_NE(answer.error().what.find("unplugged"), std::string::npos) << answer.error().what;
    EXPECT_FALSE(bus->is_open());
    EXPECT_EQ(error_of(read(7, 4, 1)), Errc::kIo) << "not open";
    const Result<void> opened = bus->open(clock.now() + 5s);
    ASSERT_FALSE(opened) << "the device file went with it";
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_NE(opened.error().what.find("missing"), std::string::npos) << opened.error().what;
}

TEST_P(SerialBusTest, PluggedInAgainUnderTheSameNameItIsOpenedAgain) {
    const std::string name = testing::TempDir() + "by-path-port-" + std::to_string(::getpid());
    std::filesystem::create_symlink(slave.port(), name);
    bus->close();
    config::Bus settings = slave.bus();
    settings.serial.port = name;
    start(settings);
    slave.unplug();
    EXPECT_EQ(error_of(read(7, 4, 1)), Errc::kIo);
    FakeSlave again(Wire::kPty, honest_rtu());
    std::filesystem::remove(name);
    std::filesystem::create_symlink(again.port(), name);
    const Result<void> opened = bus->open(clock.now() + 5s);
    std::filesystem::remove(name);
    ASSERT_TRUE(opened) << opened.error().what;
    expect_values(read(7, 4, 1), {4});
    EXPECT_EQ(bus->traffic().reopened, 1U);
}

TEST(RtuOverTcp, ConnectionClosedWhileIdleIsMadeAnewWithoutLosingAReading) {
    const SystemClock clock;
    FakeSlave slave(Wire::kRtuOverTcp, honest_rtu());
    const auto bus = std::move(*RtuBus::create(slave.bus(), clock));
    ASSERT_TRUE(bus->open(clock.now() + 5s));
    ASSERT_TRUE(bus->transact(read(7, 4, 1)));
    slave.unplug();
    Result<Answer> answer = bus->transact(read(7, 4, 1));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(bus->traffic().reopened, 1U);
}

TEST_P(RtuBusTest, UnplugInTheMiddleOfAnAnswerIsTold) {
    slave.handle([&](const Bytes&) -> FakeSlave::Says {
        slave.say(from_hex("07 03"));
        slave.unplug();
        return {};
    });
    EXPECT_EQ(error_of(read(7, 4, 10)), Errc::kIo);
}

TEST_P(SerialBusTest, WaitingCostsNoProcessorTime) {
    const auto cpu = [] {
        timespec spent{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
        return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
    };
    const auto before = cpu();
    EXPECT_EQ(error_of(read(7, 0, 10, 300ms)), Errc::kTimeout);
    EXPECT_LT(cpu() - before, 30ms);
}

TEST_P(SerialBusTest, SecondOpenerIsToldThatThePortIsBusy) {
    Result<std::unique_ptr<Bus>> second = RtuBus::create(slave.bus(), clock);
    ASSERT_TRUE(second);
    const Result<void> opened = (*second)->open(clock.now() + 1s);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_NE(opened.error().what.find("busy"), std::string::npos) << opened.error().what;
}

}  // namespace
}  // namespace gengfu::drivers::modbus
