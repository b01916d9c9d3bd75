#include "drivers/modbus/twin_watch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kUnit = 4;
constexpr Duration kLongest = 100ms;
constexpr Duration kSilent = 4ms;
using Doubt = TwinWatch::Doubt;

class TwinWatchTest : public testing::Test {
protected:
    static Monotonic at(Duration since) { return Monotonic{} + 1h + since; }

    /// Asked at `since`, answers after `response`. \return whether it has to be heard out
    bool ask(Duration since, Duration response) {
        watch_.asked(kUnit, at(since), kLongest);
        const bool doubted = watch_.doubt(kUnit, response) != Doubt::kNone;
        watch_.answered(kUnit, response, at(since + response));
        return doubted;
    }
    /// Known as one that answers after 40 ms.
    void know() {
        for (int i = 0; i < TwinWatch::kAnswersToKnow; ++i) {
            EXPECT_FALSE(ask(50ms * i, 40ms)) << i;
        }
    }

    TwinWatch watch_{kSilent};
};

TEST_F(TwinWatchTest, AHealthyUnitIsLeftAloneOnceAfterItsFirstAnswerAndNeverDoubted) {
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{}) << "nothing was asked yet";
    EXPECT_FALSE(ask(0ms, 5ms));
    EXPECT_EQ(watch_.not_before(kUnit), at(kLongest)) << "a second answer would come until then";
    for (int i = 1; i < 500; ++i) {
        EXPECT_FALSE(ask(kLongest + 20ms * i, 5ms + (i * 7919) % 45 * 1ms)) << i;
        EXPECT_EQ(watch_.not_before(kUnit), Monotonic{}) << i;
    }
    EXPECT_FALSE(watch_.is_told(kUnit));
}

TEST_F(TwinWatchTest, AfterTheLineWasOpenedAnewUnitsAreMetOnceMore) {
    know();
    watch_.reopened();
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{});
    EXPECT_FALSE(ask(10s, 40ms));
    EXPECT_EQ(watch_.not_before(kUnit), at(10s + kLongest)) << "no longer than an answer may take";
}

TEST_F(TwinWatchTest, AUnitIsMetAgainWhereASecondAnswerMayHaveBeenDamaged) {
    EXPECT_FALSE(ask(0s, 40ms));
    EXPECT_TRUE(watch_.may_have_more(kUnit, at(90ms)));
    EXPECT_TRUE(watch_.is_unproven(kUnit));
    watch_.disturbed(at(90ms));
    EXPECT_FALSE(ask(1s, 40ms));
    EXPECT_TRUE(watch_.is_unproven(kUnit));
    EXPECT_EQ(watch_.not_before(kUnit), at(1s + kLongest)) << "once more";
    EXPECT_FALSE(watch_.may_have_more(kUnit, at(1s + 2 * kLongest))) << "not so late";
    EXPECT_FALSE(ask(2s, 40ms));
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{}) << "nothing came, and nothing was damaged";
    EXPECT_FALSE(watch_.is_unproven(kUnit));
    EXPECT_FALSE(watch_.may_have_more(kUnit, at(2s + 90ms)));
}

TEST_F(TwinWatchTest, WhoWasNeverMetInPeaceIsHeardOutOnceAndThenBelieved) {
    for (int i = 0; i < TwinWatch::kMeetings; ++i) {
        EXPECT_FALSE(ask(i * 1s, 40ms)) << i;
        watch_.disturbed(at(i * 1s + 90ms));
    }
    watch_.asked(kUnit, at(10s), kLongest);
    EXPECT_EQ(watch_.doubt(kUnit, 40ms), Doubt::kAnother);
    watch_.answered(kUnit, 40ms, at(11s));
    EXPECT_FALSE(ask(12s, 40ms));
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{});
}

TEST_F(TwinWatchTest, WhereTheLineIsNeverInPeaceAUnitIsBelievedAtLast) {
    int doubted = 0;
    for (int i = 0; i < 20; ++i) {
        watch_.asked(kUnit, at(i * 1s), kLongest);
        if (watch_.doubt(kUnit, 40ms) == Doubt::kNone) {
            watch_.answered(kUnit, 40ms, at(i * 1s + 40ms));
        } else {
            ++doubted;  // and heard out in vain
            watch_.unclear(kUnit);
        }
        watch_.disturbed(at(i * 1s + 90ms));
    }
    EXPECT_EQ(doubted, TwinWatch::kMeetings);
}

TEST_F(TwinWatchTest, WhatNobodyAskedForMakesTheUnitSuspectAndTwiceIsTold) {
    know();
    watch_.unasked(kUnit, at(2s), at(2s));
    EXPECT_FALSE(watch_.is_told(kUnit)) << "a tool may have left it";
    EXPECT_TRUE(ask(3s, 40ms)) << "from the first on no answer is taken before it was heard out";
    watch_.unasked(kUnit, at(3s + 90ms), at(3s + 90ms));
    EXPECT_TRUE(watch_.is_told(kUnit));
    EXPECT_GE(watch_.not_before(kUnit), at(3s + kLongest));
}

TEST_F(TwinWatchTest, AfterADamagedAnswerItIsLeftAloneForAMoment) {
    know();
    watch_.asked(kUnit, at(2s), 1s);
    watch_.unclear(kUnit);
    EXPECT_EQ(watch_.not_before(kUnit), at(2s + 3 * 40ms + TwinWatch::kWaryMore));
    EXPECT_FALSE(ask(3s, 40ms)) << "noise alone makes nobody suspect";
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{});
}

TEST_F(TwinWatchTest, TwoStrayFramesAMinuteApartAreNotTold) {
    know();
    watch_.unasked(kUnit, at(2s), at(2s));
    watch_.unasked(kUnit, at(2s + TwinWatch::kSuspectFor + 1s), at(2s + TwinWatch::kSuspectFor + 1s));
    EXPECT_FALSE(watch_.is_told(kUnit));
}

TEST_F(TwinWatchTest, AnAnswerMuchSoonerThanAllBeforeIsDoubted) {
    struct Case {
        const char* name;
        Duration since_answer, response;
        bool doubted;
    };
    const Case cases[] = {
        {"a second answer to the request before", 15ms, 6ms, true},
        {"one as quick as ever", 15ms, 38ms, false},
        {"sooner, but within what units vary by", 15ms, 31ms, false},
        {"of another unit that is a quarter quicker", 15ms, 29ms, true},
        {"of a quicker unit that has come to the line", 150ms, 6ms, true},
    };
    for (const Case& one : cases) {
        watch_ = TwinWatch(kSilent);
        know();
        const Duration last = 50ms * (TwinWatch::kAnswersToKnow - 1) + 40ms;
        EXPECT_EQ(ask(last + one.since_answer - one.response, one.response), one.doubted) << one.name;
    }
}

TEST_F(TwinWatchTest, QuickUnitsAreNotDoubtedForTheJitterOfTheMachine) {
    for (int i = 0; i < 200; ++i) {
        EXPECT_FALSE(ask(20ms * i, (i % 7) * 300us));
    }
}

TEST_F(TwinWatchTest, WhatNoUnitCanSendSoSoonIsDoubtedFromTheSecondAnswerOn) {
    EXPECT_FALSE(ask(0ms, 12ms));
    EXPECT_EQ(watch_.doubt(kUnit, 4ms), Doubt::kNone) << "t3.5";
    EXPECT_EQ(watch_.doubt(kUnit, 3900us), Doubt::kAnother);
    EXPECT_EQ(watch_.doubt(kUnit, 0ms), Doubt::kAnother);
    EXPECT_EQ(watch_.doubt(kUnit, -1us), Doubt::kTooEarly) << "before the request had ended";
    watch_.answered(kUnit, 3ms, at(1s));
    EXPECT_EQ(watch_.doubt(kUnit, 3ms), Doubt::kNone) << "heard out once, it is a quick one";
    watch_.reopened();
    EXPECT_FALSE(ask(10s, 12ms)) << "another unit perhaps";
    EXPECT_EQ(watch_.doubt(kUnit, 3ms), Doubt::kAnother);
}

TEST_F(TwinWatchTest, WhoseFirstAnswerIsTooEarlyIsOnALineWithoutABaudRate) {
    EXPECT_FALSE(ask(0ms, -9ms));
    for (int i = 1; i < 50; ++i) {
        EXPECT_FALSE(ask(20ms * i, (i % 5) * 2ms - 9ms)) << i;
    }
    watch_.asked(5, at(2s), kLongest);
    watch_.answered(5, 12ms, at(2s));
    EXPECT_EQ(watch_.doubt(5, -9ms), Doubt::kNone) << "the same line";
    TwinWatch of_converter(Duration::zero());
    of_converter.asked(kUnit, at(0s), kLongest);
    of_converter.answered(kUnit, 10ms, at(0s));
    EXPECT_EQ(of_converter.doubt(kUnit, -9ms), Doubt::kNone) << "its baud rate is not ours to know";
}

TEST_F(TwinWatchTest, TooEarlyAndAloneIsSuspectAndBelievedTheThirdTime) {
    EXPECT_FALSE(ask(0ms, 12ms));
    EXPECT_FALSE(watch_.alone_too_early(kUnit, at(1s)));
    EXPECT_GE(watch_.not_before(kUnit), at(kLongest)) << "what it still sends is waited for";
    EXPECT_FALSE(watch_.alone_too_early(kUnit, at(2s)));
    EXPECT_FALSE(watch_.is_told(kUnit)) << "nobody was seen twice";
    EXPECT_TRUE(watch_.alone_too_early(kUnit, at(3s)));
    watch_.answered(kUnit, -9ms, at(3s));
    EXPECT_EQ(watch_.doubt(kUnit, -9ms), Doubt::kNone);

    watch_ = TwinWatch(kSilent);
    EXPECT_FALSE(ask(0ms, 12ms));
    for (int i = 1; i < 20; ++i) {  // of one that answers twice the second answers are seen, too
        EXPECT_FALSE(watch_.alone_too_early(kUnit, at(1s * i))) << i;
        watch_.answered(kUnit, 12ms, at(1s * i + 500ms));
        watch_.unasked(kUnit, at(1s * i + 600ms), std::nullopt);
    }
}

TEST_F(TwinWatchTest, OnAVirtualLineShortAnswersMayBeInTimeAndLongOnesTooEarly) {
    EXPECT_FALSE(ask(0ms, 12ms));
    EXPECT_FALSE(watch_.alone_too_early(kUnit, at(1s)));
    watch_.answered(kUnit, 12ms, at(2s));
    EXPECT_FALSE(watch_.alone_too_early(kUnit, at(3s)));
    watch_.answered(kUnit, 12ms, at(4s));
    EXPECT_TRUE(watch_.alone_too_early(kUnit, at(5s)));
}

TEST_F(TwinWatchTest, TooEarlyAndAloneHidesNoTwinThatWasSeen) {
    EXPECT_FALSE(ask(0ms, 12ms));
    EXPECT_FALSE(watch_.alone_too_early(kUnit, at(1s)));
    watch_.unasked(kUnit, at(2s), at(2s));
    watch_.unasked(kUnit, at(3s), at(3s));
    EXPECT_TRUE(watch_.is_told(kUnit));
    watch_.alone_too_early(kUnit, at(4s));
    watch_.alone_too_early(kUnit, at(5s));
    EXPECT_TRUE(watch_.is_told(kUnit));
    EXPECT_EQ(watch_.doubt(kUnit, 12ms), Doubt::kAnother) << "and still heard out";
}

TEST_F(TwinWatchTest, ItHealsAfterAMinuteAndThreeExchangesInWhichItWasAlone) {
    struct Case {
        const char* name;
        int alone;
        Duration after;
        bool healed;
    };
    const Case cases[] = {{"three, and a minute", 3, TwinWatch::kSuspectFor, true},
                          {"two", 2, TwinWatch::kSuspectFor, false},
                          {"many within the minute", 100, TwinWatch::kSuspectFor - 1ms, false}};
    for (const Case& one : cases) {
        watch_ = TwinWatch(kSilent);
        know();
        watch_.unasked(kUnit, at(9s), at(9s));
        watch_.unasked(kUnit, at(10s), at(10s));
        for (int i = 0; i < one.alone; ++i) {
            watch_.alone(kUnit, at(10s + one.after));
        }
        EXPECT_EQ(watch_.is_told(kUnit), !one.healed) << one.name;
        EXPECT_EQ(ask(10s + one.after + 200ms, 40ms), !one.healed) << one.name;
    }
}

TEST_F(TwinWatchTest, WhatIsDamagedOrAnotherSignBeginsTheHealingAnew) {
    for (const bool sign : {false, true}) {
        watch_ = TwinWatch(kSilent);
        know();
        watch_.unasked(kUnit, at(9s), at(9s));
        watch_.unasked(kUnit, at(10s), at(10s));
        watch_.alone(kUnit, at(69s));
        watch_.alone(kUnit, at(70s));
        sign ? watch_.unasked(kUnit, at(71s), at(71s)) : watch_.unclear(kUnit);
        watch_.alone(kUnit, at(200s));
        EXPECT_TRUE(watch_.is_told(kUnit));
        watch_.alone(kUnit, at(201s));
        watch_.alone(kUnit, at(202s));
        EXPECT_FALSE(watch_.is_told(kUnit));
    }
}

TEST_F(TwinWatchTest, TheSecondIsWaitedForAsLongAsItWasSeenToTakeAndNoLongerThanAnAnswerMay) {
    const auto second = [&](Duration since, Duration after) {
        watch_.asked(kUnit, at(since), kLongest);
        watch_.unasked(kUnit, at(since + after), at(since + after));
    };
    know();
    for (int i = 0; i < TwinWatch::kSignsToReach; ++i) {
        second(10s + i * 1s, 40ms);
        if (i < TwinWatch::kSignsToReach - 1) {
            EXPECT_EQ(watch_.hear_until(kUnit), at(10s + i * 1s + kLongest)) << "not known yet: " << i;
        }
    }
    EXPECT_EQ(watch_.hear_until(kUnit), at(17s + 50ms)) << "a quarter beyond what was seen";
    second(18s, 60ms);
    EXPECT_EQ(watch_.hear_until(kUnit), at(18s + 75ms)) << "the latest counts";
    second(19s, 1s);
    EXPECT_EQ(watch_.hear_until(kUnit), at(19s + kLongest)) << "the line is not held for longer";
}

TEST_F(TwinWatchTest, WhatNobodySawComingDoesNotTellHowLateItIs) {
    know();
    for (int i = 0; i < 2 * TwinWatch::kSignsToReach; ++i) {
        watch_.asked(kUnit, at(10s + i * 1s), kLongest);
        watch_.unasked(kUnit, at(10s + i * 1s + 40ms), std::nullopt);
        EXPECT_EQ(watch_.hear_until(kUnit), at(10s + i * 1s + kLongest)) << i;
    }
    for (int i = 0; i < 2 * TwinWatch::kSignsToReach; ++i) {
        watch_.asked(kUnit, at(40s + i * 1s), kLongest);
        watch_.asked(kUnit, at(40s + i * 1s + 50ms), kLongest);
        watch_.unasked(kUnit, at(40s + i * 1s + 66ms), at(40s + i * 1s + 66ms));
        EXPECT_EQ(watch_.hear_until(kUnit), at(40s + i * 1s + 50ms + kLongest)) << "to which of the two?";
    }
    watch_.asked(kUnit, at(60s), kLongest);
    watch_.unasked(kUnit, at(60s + 64ms), at(60s + 64ms));
    EXPECT_EQ(watch_.hear_until(kUnit), at(60s + 80ms)) << "now it is known";
}

TEST_F(TwinWatchTest, UnitsThatWereNeverAskedAreNobodysBusiness) {
    EXPECT_FALSE(watch_.is_watched(9));
    EXPECT_EQ(watch_.doubt(9, 0ms), Doubt::kNone);
    EXPECT_EQ(watch_.not_before(9), Monotonic{});
    watch_.alone(9, at(0s));
    watch_.unclear(9);
    watch_.answered(9, 1ms, at(0s));
    EXPECT_FALSE(watch_.is_told(9));
}

}  // namespace
}  // namespace gengfu::drivers::modbus
