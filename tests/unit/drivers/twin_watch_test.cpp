#include "drivers/modbus/twin_watch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kUnit = 4;
constexpr Duration kLongest = 100ms;

class TwinWatchTest : public testing::Test {
protected:
    static Monotonic at(Duration since) { return Monotonic{} + 1h + since; }

    /// Asked at `since`, answers after `response`. \return whether it has to be heard out
    bool ask(Duration since, Duration response) {
        watch_.asked(kUnit, at(since), kLongest);
        const bool doubted = watch_.must_hear_out(kUnit, response, at(since + response));
        watch_.answered(kUnit, response, at(since + response));
        return doubted;
    }
    /// Known as one that answers after 40 ms.
    void know() {
        for (int i = 0; i < TwinWatch::kAnswersToKnow; ++i) {
            EXPECT_FALSE(ask(50ms * i, 40ms)) << i;
        }
    }

    TwinWatch watch_;
};

TEST_F(TwinWatchTest, AHealthyUnitIsLeftAloneOnceAfterItsFirstAnswerAndNeverDoubted) {
    EXPECT_EQ(watch_.not_before(kUnit), Monotonic{}) << "nothing was asked yet";
    EXPECT_FALSE(ask(0ms, 5ms));
    EXPECT_EQ(watch_.not_before(kUnit), at(kLongest))
        << "a second answer to the first request would come until then";
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
    EXPECT_EQ(watch_.not_before(kUnit), at(10s + kLongest));
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

TEST_F(TwinWatchTest, TwoStrayFramesAMinuteApartAreNotTold) {
    know();
    watch_.unasked(kUnit, at(2s), at(2s));
    watch_.unasked(kUnit, at(2s + TwinWatch::kSuspectFor + 1s), at(2s + TwinWatch::kSuspectFor + 1s));
    EXPECT_FALSE(watch_.is_told(kUnit));
}

TEST_F(TwinWatchTest, AnAnswerMuchSoonerThanAllBeforeIsDoubtedIfAnotherWasJustTaken) {
    struct Case {
        const char* name;
        Duration since_answer, response;
        bool doubted;
    };
    const Case cases[] = {
        {"a second answer to the request before", 15ms, 6ms, true},
        {"one as quick as ever", 15ms, 38ms, false},
        {"sooner, but within what units vary by", 15ms, 25ms, false},
        {"so long after the last answer it cannot be another to the same request", 150ms, 6ms, false},
    };
    for (const Case& one : cases) {
        watch_ = {};
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
        watch_ = {};
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
        watch_ = {};
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

TEST_F(TwinWatchTest, ATwinSlowerThanTheUnitMayBeIsWaitedForButNotForEver) {
    know();
    watch_.asked(kUnit, at(10s), kLongest);
    watch_.unasked(kUnit, at(10s + 700ms), at(10s + 400ms));
    EXPECT_EQ(watch_.hear_until(kUnit), at(10s + 500ms)) << "a quarter beyond what was seen";
    watch_.unasked(kUnit, at(40s), std::nullopt);
    EXPECT_EQ(watch_.hear_until(kUnit), at(10s + 500ms)) << "nobody saw it coming";
    watch_.unasked(kUnit, at(40s), at(40s));
    EXPECT_LE(watch_.hear_until(kUnit), at(10s + TwinWatch::kFarthest * 5 / 4));
}

TEST_F(TwinWatchTest, UnitsThatWereNeverAskedAreNobodysBusiness) {
    EXPECT_FALSE(watch_.is_watched(9));
    EXPECT_FALSE(watch_.must_hear_out(9, 0ms, at(0s)));
    EXPECT_EQ(watch_.not_before(9), Monotonic{});
    watch_.alone(9, at(0s));
    watch_.unclear(9);
    watch_.answered(9, 1ms, at(0s));
    EXPECT_FALSE(watch_.is_told(9));
}

}  // namespace
}  // namespace gengfu::drivers::modbus
