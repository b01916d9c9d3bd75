// Two units at one address, at a RtuBus: no answer of one is ever taken for that to another request.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "drivers/modbus/rtu_bus.hpp"
#include "drivers/modbus/twin_watch.hpp"
#include "tests/unit/drivers/fake_slave.hpp"

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;
using Wire = FakeSlave::Wire;

/// Far beyond what a busy machine delays an answer by.
constexpr Duration kLongest = 250ms;
constexpr std::uint16_t kTwin = 0x4000;  ///< by so much its registers differ

Request read(unsigned address, std::uint8_t unit = 4) {
    return {.unit = unit,
            .function = 3,
            .address = static_cast<std::uint16_t>(address),
            .count = 1,
            .values = {},
            .turnaround = kLongest,
            .min_gap = {},
            .longest_turnaround = kLongest};
}

/// Unit 4 twice: one answers at once, the other later.
FakeSlave::Handler twins(Duration later = 40ms) {
    return [later](const Bytes& request) -> FakeSlave::Says {
        FakeSlave::Says says{{.bytes = with_crc(honest_answer(request, 0)), .after = {}}};
        if (request[0] == 4) {
            says.push_back({.bytes = with_crc(honest_answer(request, kTwin)), .after = later});
        }
        return says;
    };
}

class TwinsOnTheLine : public testing::TestWithParam<Wire> {
protected:
    TwinsOnTheLine() : slave(GetParam()) {
        bus = std::move(*RtuBus::create(slave.bus(), clock));
        const Result<void> opened = bus->open(clock.now() + 5s);
        EXPECT_TRUE(opened);
    }
    /// Nothing, or a value that is wrong.
    std::string wrong(const Request& request) {
        const Result<Answer> answer = bus->transact(request);
        return answer && answer->values.front() != request.address
                   ? "register " + std::to_string(request.address) + " reads " +
                         std::to_string(answer->values.front())
                   : "";
    }

    SystemClock clock;
    FakeSlave slave;
    std::unique_ptr<Bus> bus;
};

INSTANTIATE_TEST_SUITE_P(Wires, TwinsOnTheLine, testing::Values(Wire::kPty, Wire::kRtuOverTcp),
                         [](const auto& test) {
                             return std::string(test.param == Wire::kPty ? "Serial" : "OverTcp");
                         });

TEST_P(TwinsOnTheLine, FromTheFirstRequestOnNoAnswerOfTheOtherIsTakenForTheNext) {
    for (const Duration later :
         {40ms, 180ms}) {  // within its longest turnaround it may be as late as it will
        EXPECT_TRUE(bus->open(clock.now() + 5s));
        slave.handle(twins(later));
        for (unsigned i = 0; i < 4; ++i) {
            EXPECT_EQ(wrong(read(4)) + wrong(read(0x20)), "") << i << " after " << later.count();
        }
        EXPECT_TRUE(bus->two_answer(4));
        EXPECT_GE(bus->traffic().unasked_frames, 2U);
        EXPECT_EQ(bus->traffic().late_frames + bus->traffic().foreign_frames, 0U);
        bus = std::move(*RtuBus::create(slave.bus(), clock));
    }
}

/// Their neighbours are asked meanwhile, and what the slower says falls into one of their exchanges.
TEST_P(TwinsOnTheLine, ASlowOneIsSeenInTheExchangeOfANeighbourThatAnswers) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        const FakeSlave::Say honest{.bytes = with_crc(honest_answer(request, 0)), .after = {}};
        return request[0] == 4
                   ? FakeSlave::Says{honest}
                   : FakeSlave::Says{{.bytes = with_crc(honest_answer(from_hex("04 03 00 04 00 01"), kTwin)),
                                      .after = 60ms},
                                     {.bytes = honest.bytes, .after = 20ms}};
    });
    EXPECT_EQ(wrong(read(4)), "");
    EXPECT_EQ(wrong(read(0x20, 5)), "");
    EXPECT_EQ(bus->traffic().unasked_frames, 1U);
    slave.handle(twins(180ms));
    EXPECT_FALSE(bus->transact(read(0x20))) << "heard out, two answer, be it later than the first time";
    EXPECT_TRUE(bus->two_answer(4));
}

/// The request to the neighbour and the slower one's answer meet: the neighbour hears nothing and is silent.
TEST_P(TwinsOnTheLine, ASlowOneIsSeenInTheExchangeOfANeighbourThatIsSilent) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {request[0] == 4
                    ? FakeSlave::Say{.bytes = with_crc(honest_answer(request, 0)), .after = {}}
                    : FakeSlave::Say{.bytes = with_crc(honest_answer(from_hex("04 03 00 04 00 01"), kTwin)),
                                     .after = 60ms}};
    });
    EXPECT_EQ(wrong(read(4)), "");
    EXPECT_FALSE(bus->transact(read(0x20, 5)));
    EXPECT_FALSE(bus->two_answer(4)) << "it may be the neighbour's under a wrong address";
    slave.handle(twins(180ms));
    EXPECT_FALSE(bus->transact(read(0x20))) << "heard out, two answer";
}

/// It is damaged by what a neighbour says, whenever it comes.
TEST_P(TwinsOnTheLine, ASlowOneThatIsNeverSeenIsHeardOut) {
    for (int i = 0; i < TwinWatch::kMeetings; ++i) {
        slave.handle(honest_rtu());
        EXPECT_EQ(wrong(read(4)), "") << i;
        slave.handle([](const Bytes& request) -> FakeSlave::Says {
            Bytes spoiled = with_crc(honest_answer(request, 0));
            spoiled.back() ^= 0x5A;
            return {{.bytes = spoiled, .after = 20ms}};
        });
        EXPECT_FALSE(bus->transact(read(0x20, 5))) << i;
    }
    slave.handle(twins(180ms));
    EXPECT_FALSE(bus->transact(read(0x20))) << "heard out, two answer";
}

TEST_P(TwinsOnTheLine, AsLongAsTwoAnswerNeitherIsBelievedAndItIsSaid) {
    slave.handle(twins());
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(bus->transact(read(4)));
    }
    const Result<Answer> answer = bus->transact(read(4));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::kBadFrame);
    EXPECT_NE(answer.error().what.find("two units have this address"), std::string::npos)
        << answer.error().what;
}

TEST_P(TwinsOnTheLine, BothInOneBreathAreSeenAtOnce) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = with_crc(honest_answer(request, 0)) + with_crc(honest_answer(request, kTwin)),
                 .after = {}}};
    });
    const Result<Answer> answer = bus->transact(read(4));
    EXPECT_FALSE(answer && bus->transact(read(4))) << "the second request at the latest";
    EXPECT_GE(bus->traffic().unasked_frames, 1U);
}

/// The driver of the other is switched on before the first has ended, and spoils its last byte.
TEST_P(TwinsOnTheLine, OfTwoOneIsDamagedAndTheOtherIsNotBelievedEither) {
    slave.handle(twins());
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(bus->transact(read(4)));
    }
    ASSERT_TRUE(bus->two_answer(4));
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        Bytes spoiled = with_crc(honest_answer(request, 0));
        spoiled.back() ^= 0x5A;
        return {{.bytes = spoiled, .after = 3ms},
                {.bytes = with_crc(honest_answer(request, kTwin)), .after = 2ms}};
    });
    for (unsigned i = 0; i < 4; ++i) {
        EXPECT_FALSE(bus->transact(read(4))) << i;
    }
}

/// A second one that comes while the line is in use: its answer to the request before meets the first one's
/// to this, and then its own to this comes whole.
TEST_P(TwinsOnTheLine, NobodyIsBelievedBehindSomethingDamaged) {
    slave.handle(honest_rtu());
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(bus->transact(read(4)));
    }
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        Bytes spoiled = with_crc(honest_answer(request, 0));
        spoiled.front() ^= 0x5A;
        spoiled.back() ^= 0x5A;
        return {{.bytes = spoiled, .after = kOnTheWire},
                {.bytes = with_crc(honest_answer(request, kTwin)), .after = 15ms}};
    });
    EXPECT_FALSE(bus->transact(read(4)));
}

TEST_P(TwinsOnTheLine, WhatComesBehindADamagedAnswerIsNotTheNextOnes) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        Bytes spoiled = with_crc(honest_answer(request, 0));
        spoiled.back() ^= 0x5A;
        return {{.bytes = spoiled, .after = 3ms},
                {.bytes = with_crc(honest_answer(request, kTwin)), .after = 30ms}};
    });
    for (unsigned i = 0; i < 4; ++i) {
        const std::uint16_t reg = i % 2 == 0 ? 4 : 0x20;
        const Result<Answer> answer = bus->transact(read(reg));
        EXPECT_TRUE(!answer || answer->values.front() == reg + kTwin) << "of another register: " << i;
    }
}

/// Fresh eyes with a line true to its baud rate: the second copy of the answer came while the next request
/// was still being sent, and was taken for its answer.
TEST_P(TwinsOnTheLine, OneThatBeginsToAnswerTwiceGivesNoWrongValue) {
    for (const Duration behind : {2ms, 4ms, 12ms}) {
        for (const bool garbles : {false, true}) {  // the request during which the copy comes
            bool twice = false;
            std::uint8_t garbled = 0xFF;
            slave.handle([&, behind](const Bytes& request) -> FakeSlave::Says {
                if (request[3] == garbled) {
                    garbled = 0xFF;
                    return {};
                }
                FakeSlave::Says says{{.bytes = with_crc(honest_answer(request, 0)), .after = 30ms}};
                if (twice) {
                    says.push_back({.bytes = says.front().bytes, .after = behind});
                    garbled = garbles && request[3] == 4 ? 0x20 : 0xFF;
                }
                return says;
            });
            bus = std::move(*RtuBus::create(slave.bus(), clock));
            ASSERT_TRUE(bus->open(clock.now() + 5s));
            const auto label = [&] {
                return std::to_string(behind / 1ms) + " ms behind" + (garbles ? ", garbled" : "");
            };
            for (int i = 0; i < TwinWatch::kAnswersToKnow; ++i) {
                EXPECT_TRUE(bus->transact(read(4))) << label();
                EXPECT_TRUE(bus->transact(read(0x20))) << label();
            }
            twice = true;
            for (unsigned i = 0; i < 3; ++i) {
                EXPECT_EQ(wrong(read(4)) + wrong(read(0x20)), "") << label() << ", " << i;
            }
        }
    }
}

TEST_P(TwinsOnTheLine, AnExceptionOfTheOtherIsAnAnswerToo) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = with_crc(honest_answer(request, 0)), .after = {}},
                {.bytes = with_crc({request[0], 0x83, 2}), .after = 40ms}};
    });
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(bus->transact(read(4)));
    }
    EXPECT_TRUE(bus->two_answer(4));
    EXPECT_EQ(bus->transact(read(4)).error().code, Errc::kBadFrame);
}

TEST_P(TwinsOnTheLine, ItsNeighboursAreReadAsBefore) {
    slave.handle(twins());
    for (int i = 0; i < 4; ++i) {
        static_cast<void>(bus->transact(read(4)));
        const Result<Answer> answer = bus->transact(read(7, 5));
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->values.front(), 7);
    }
    EXPECT_FALSE(bus->two_answer(5));
}

TEST_P(TwinsOnTheLine, WhenTheOtherIsGoneTheNextAnswerIsGood) {
    slave.handle(twins());
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(bus->transact(read(4)));
    }
    // Not before the request has ended: such answers are believed after some only, if others came as a line
    // carries them before.
    slave.handle([](const Bytes& request) {
        return FakeSlave::Says{{.bytes = with_crc(honest_answer(request, 0)), .after = 3ms}};
    });
    static_cast<void>(bus->transact(read(4)));  // the twin may have heard it yet
    const Result<Answer> answer = bus->transact(read(4));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_TRUE(bus->two_answer(4)) << "it is watched for a minute more";
}

TEST_P(TwinsOnTheLine, WhoLooksForUnitsIsNotMadeToWait) {
    slave.handle(honest_rtu());
    Request scan = read(4);
    scan.longest_turnaround = {};
    const Monotonic begun = clock.now();
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(bus->transact(scan));
    }
    EXPECT_LT(clock.now() - begun, kLongest);
}

TEST_P(TwinsOnTheLine, ANeighbourThatAnswersUnderItsAddressIsNoTwin) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        Bytes answer = honest_answer(request, 0);
        answer[0] = 4;  // unit 3 too says that it is 4
        return {{.bytes = with_crc(answer), .after = {}}};
    });
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(wrong(read(4)), "") << i;
        EXPECT_FALSE(bus->transact(read(5, 3)));
    }
    EXPECT_TRUE(bus->transact(read(4)));
    EXPECT_FALSE(bus->two_answer(4));
    EXPECT_EQ(bus->traffic().unasked_frames, 0U);
    EXPECT_EQ(bus->traffic().foreign_frames, 4U);
}

TEST_P(TwinsOnTheLine, AHealthyUnitIsAskedAsSoonAsItMayBe) {
    slave.handle(honest_rtu());
    EXPECT_TRUE(bus->transact(read(4)));
    EXPECT_TRUE(bus->transact(read(4)));
    const Monotonic begun = clock.now();
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(bus->transact(read(4)));
    }
    EXPECT_LT(clock.now() - begun, 5 * kLongest) << "heard out, they would take ten times that";
    EXPECT_EQ(bus->traffic().unasked_frames, 0U);
}

TEST_P(TwinsOnTheLine, AnAnswerThatWasGivenUpIsLateAndNoTwins) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{}; });
    Request hasty = read(4);
    hasty.turnaround = 20ms;
    EXPECT_EQ(bus->transact(hasty).error().code, Errc::kTimeout);
    slave.handle(honest_rtu());
    slave.say(with_crc(honest_answer(from_hex("04 03 00 04 00 01"), kTwin)));
    EXPECT_EQ(wrong(read(4)), "");
    EXPECT_EQ(bus->traffic().late_frames, 1U);
    EXPECT_EQ(bus->traffic().unasked_frames, 0U);
}

TEST_P(TwinsOnTheLine, AnAnswerThatComesWholeAfterADamagedOneIsNoTwins) {
    slave.handle([](const Bytes&) {
        return FakeSlave::Says{{.bytes = from_hex("04 03 02 00 01 79 84"), .after = {}}};
    });
    EXPECT_EQ(bus->transact(read(4)).error().code, Errc::kBadFrame);
    slave.say(with_crc(honest_answer(from_hex("04 03 00 04 00 01"), 0)));
    slave.handle(honest_rtu());
    static_cast<void>(bus->transact(read(4)));
    static_cast<void>(bus->transact(read(4)));
    EXPECT_EQ(bus->traffic().unasked_frames, 0U);
}

TEST_P(TwinsOnTheLine, TheEchoOfASingleWriteIsNoTwins) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = request, .after = {}},
                {.bytes = with_crc(honest_answer(request, 0)), .after = 20ms}};
    });
    Request write = read(4);
    write.function = 6;
    write.values = {1};
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(bus->transact(write));
        ASSERT_TRUE(bus->transact(read(4)));
    }
    EXPECT_EQ(bus->traffic().unasked_frames, 0U);
}

}  // namespace
}  // namespace gengfu::drivers::modbus
