// A unit whose answers come later than it is waited for, at a RtuBus: none is ever taken for that to the next
// request, although function, address and length are the same.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "drivers/modbus/rtu_bus.hpp"
#include "tests/unit/drivers/fake_slave.hpp"

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;
using Wire = FakeSlave::Wire;

constexpr Duration kLongest = 150ms;
constexpr std::uint16_t kCount = 4;

Request read() {
    return {.unit = 4,
            .function = 3,
            .address = 0,
            .count = kCount,
            .values = {},
            .turnaround = kLongest,
            .min_gap = {},
            .longest_turnaround = kLongest};
}

unsigned count_of(const Bytes& request) {
    return request[4] * 256U + request[5];
}

class LateOnTheLine : public testing::TestWithParam<Wire> {
protected:
    LateOnTheLine() : slave(GetParam()) {
        bus = std::move(*RtuBus::create(slave.bus(), clock));
        const Result<void> opened = bus->open(clock.now() + 5s);
        EXPECT_TRUE(opened);
    }
    Errc time_out() {
        const Result<Answer> answer = bus->transact(read());
        return answer ? Errc::kInvalid : answer.error().code;
    }

    SystemClock clock;
    FakeSlave slave;
    std::unique_ptr<Bus> bus;
};

INSTANTIATE_TEST_SUITE_P(Wires, LateOnTheLine, testing::Values(Wire::kPty, Wire::kRtuOverTcp),
                         [](const auto& test) {
                             return std::string(test.param == Wire::kPty ? "Serial" : "OverTcp");
                         });

/// Late by a moment more than lies between two requests: each answer comes as if it were a quick one to the
/// next.
TEST_P(LateOnTheLine, OneThatIsAlwaysOneRequestBehindIsNeverBelieved) {
    std::uint16_t asked = 0;
    Bytes before;
    slave.handle([&](const Bytes& request) {
        FakeSlave::Says says;
        if (!before.empty()) {
            says.push_back({.bytes = before, .after = 5ms});
        }
        before = with_crc(honest_answer(request, static_cast<std::uint16_t>(++asked * 100)));
        return says;
    });
    EXPECT_EQ(time_out(), Errc::kTimeout);
    for (int i = 0; i < 8; ++i) {
        const Result<Answer> answer = bus->transact(read());
        // Its values say which request it is of; the last that went out is the only right one.
        EXPECT_TRUE(!answer || answer->values[0] == slave.requests().size() * 100)
            << answer->values[0] << " after " << slave.requests().size();
    }
    EXPECT_GE(bus->traffic().late_frames, 2U);
}

TEST_P(LateOnTheLine, OneThatWasSilentOnceIsReadAfterAShorterRead) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    ASSERT_EQ(time_out(), Errc::kTimeout);
    slave.handle(honest_rtu());
    const Result<Answer> answer = bus->transact(read());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->values.size(), kCount);
    ASSERT_EQ(slave.requests().size(), 3U);
    EXPECT_EQ(count_of(slave.requests()[1]), kCount - 1U);
    ASSERT_TRUE(bus->transact(read()));
    EXPECT_EQ(slave.requests().size(), 4U) << "and then as ever";
}

TEST_P(LateOnTheLine, ARefusalOfTheShorterReadTellsAsWell) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    ASSERT_EQ(time_out(), Errc::kTimeout);
    slave.handle([](const Bytes& request) {
        return count_of(request) == kCount
                   ? FakeSlave::Says{{.bytes = with_crc(honest_answer(request, 0)), .after = kOnTheWire}}
                   : FakeSlave::Says{{.bytes = rtu("04 83 02"), .after = kOnTheWire}};
    });
    const Result<Answer> whole = bus->transact(read());
    EXPECT_TRUE(whole) << whole.error().what;
    EXPECT_EQ(bus->traffic().exceptions, 1U);
}

/// There are units that say nothing to a read that they do not know.
TEST_P(LateOnTheLine, OneThatIsSilentToShorterReadsComesBackAndIsAskedNoMoreOfThem) {
    bool dead = true;
    slave.handle([&](const Bytes& request) {
        return !dead && count_of(request) == kCount
                   ? FakeSlave::Says{{.bytes = with_crc(honest_answer(request, 0)), .after = kOnTheWire}}
                   : FakeSlave::Says{};
    });
    for (int i = 0; i < Quarantine::kDeafToTell; ++i) {
        dead = true;
        ASSERT_EQ(time_out(), Errc::kTimeout);
        dead = false;
        EXPECT_EQ(time_out(), Errc::kTimeout) << "the shorter one";
        EXPECT_TRUE(bus->transact(read()));
    }
    dead = true;
    ASSERT_EQ(time_out(), Errc::kTimeout);
    dead = false;
    EXPECT_TRUE(bus->transact(read())) << "at once from now on";
}

/// A line that nobody else is asked on is looked at before the next request only: what lies there then came
/// when nobody looked.
TEST_P(LateOnTheLine, WhatCameWhileNobodyLookedIsLateAllTheSame) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    ASSERT_EQ(time_out(), Errc::kTimeout);
    slave.handle(honest_rtu());
    ASSERT_TRUE(bus->transact(read())) << "its own, before that of the request it was silent to";
    const Monotonic came = clock.now();
    slave.say(with_crc(honest_answer(from_hex("04 03 00 00 00 04"), 0)));
    ASSERT_TRUE(bus->transact(read()));
    EXPECT_EQ(bus->traffic().late_frames, 1U);
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    const Monotonic asked = clock.now();
    ASSERT_EQ(time_out(), Errc::kTimeout);
    // The first was asked two of its longest turnarounds before: it is left alone for more than those.
    EXPECT_GT(bus->not_before(4) - asked, 2 * kLongest) << (clock.now() - came).count();
}

}  // namespace
}  // namespace gengfu::drivers::modbus
