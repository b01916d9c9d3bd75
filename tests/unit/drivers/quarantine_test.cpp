#include "drivers/modbus/quarantine.hpp"

#include <gtest/gtest.h>

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kUnit = 4;

class QuarantineTest : public testing::Test {
protected:
    static Monotonic at(Duration since) { return Monotonic{} + 1h + since; }

    /// Asked at `since`, given up half a second later, and left alone for as long again.
    void time_out(Duration since) {
        quarantine_.asked(kUnit);
        quarantine_.owes(kUnit, at(since), at(since + 1s));
    }

    Quarantine quarantine_;
};

TEST_F(QuarantineTest, AUnitIsLeftAloneUntilItsAnswerMustHaveCome) {
    EXPECT_EQ(quarantine_.until(kUnit), Monotonic{});
    time_out(0s);
    EXPECT_EQ(quarantine_.until(kUnit), at(1s));
    EXPECT_TRUE(quarantine_.is_owing(kUnit));
    quarantine_.asked(kUnit);
    quarantine_.paid(kUnit, false);
    EXPECT_EQ(quarantine_.until(kUnit), Monotonic{});
    EXPECT_TRUE(quarantine_.owed(kUnit)) << "what comes besides is of the request before";
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit)) << "it was never late beyond what it may";
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.owed(kUnit));
    EXPECT_FALSE(quarantine_.owed(kUnit + 1));
}

TEST_F(QuarantineTest, OneThatWasLaterThanItMayBeIsLeftAloneForThatLong) {
    time_out(0s);
    quarantine_.came_late(kUnit, {at(900ms), at(900ms)});
    quarantine_.paid(kUnit, false);
    time_out(2s);
    EXPECT_EQ(quarantine_.until(kUnit), at(3s)) << "that was within what it may";
    quarantine_.came_late(kUnit, {at(3600ms), at(3600ms)});
    EXPECT_EQ(quarantine_.until(kUnit), at(4s)) << "a quarter beyond 1.6 s";
    quarantine_.paid(kUnit, false);
    time_out(5s);
    EXPECT_EQ(quarantine_.until(kUnit), at(7s));
    quarantine_.came_late(kUnit, {at(6200ms), at(6200ms)});
    EXPECT_EQ(quarantine_.until(kUnit), at(7s)) << "the latest counts";
    quarantine_.asked(kUnit);
    EXPECT_TRUE(quarantine_.is_doubtful(kUnit))
        << "asked in debt: what comes first may be of the request before";
    quarantine_.paid(kUnit, false);
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit));
}

TEST_F(QuarantineTest, WhatLayThereUnseenIsAsLateAsItMayHaveBeen) {
    time_out(0s);
    quarantine_.came_late(kUnit, {at(800ms), at(1700ms)});
    EXPECT_EQ(quarantine_.until(kUnit), at(1s)) << "it may have come in time";
    quarantine_.came_late(kUnit, {at(1100ms), at(2s)});
    EXPECT_EQ(quarantine_.until(kUnit), at(2500ms)) << "it was not there at 1.1 s";
}

/// Nobody knows which request a late answer is of: the oldest unanswered one, if that is not too long ago.
TEST_F(QuarantineTest, LatenessCountsFromTheOldestThatIsUnanswered) {
    time_out(0s);
    time_out(1500ms);
    quarantine_.came_late(kUnit, {at(2600ms), at(2600ms)});
    EXPECT_EQ(quarantine_.until(kUnit), at(1500ms + 3250ms));
    quarantine_.paid(kUnit, false);
    time_out(10s);
    time_out(10s + Quarantine::kLatest + 1ms);
    EXPECT_EQ(quarantine_.until(kUnit), at(13001ms + 3250ms));
}

TEST_F(QuarantineTest, AnAnswerThatIsOwedIsToldByItsShape) {
    const Shape ten{3, 23}, nine{3, 21};
    EXPECT_TRUE(quarantine_.shapes_to_tell(kUnit).empty());
    time_out(0s);
    quarantine_.owes_shape(kUnit, ten, false);
    ASSERT_EQ(quarantine_.shapes_to_tell(kUnit).size(), 1U);
    EXPECT_TRUE(quarantine_.is_owed(kUnit, ten));
    EXPECT_FALSE(quarantine_.is_owed(kUnit, nine) || quarantine_.is_owed(kUnit + 1, ten));
    time_out(2s);
    quarantine_.owes_shape(kUnit, nine, true);
    EXPECT_TRUE(quarantine_.shapes_to_tell(kUnit).empty()) << "the next is asked in earnest";
    EXPECT_TRUE(quarantine_.is_owed(kUnit, nine));
    time_out(4s);
    quarantine_.owes_shape(kUnit, ten, false);
    EXPECT_EQ(quarantine_.shapes_to_tell(kUnit).back(), ten);
    quarantine_.paid(kUnit, true);
    EXPECT_TRUE(quarantine_.shapes_to_tell(kUnit).empty());
    EXPECT_FALSE(quarantine_.is_owed(kUnit, ten));
}

TEST_F(QuarantineTest, OneThatAnswersNoReadsButThoseItKnowsIsAskedNoOthers) {
    const auto silent_to_telling = [&] {
        time_out(0s);
        quarantine_.owes_shape(kUnit, {3, 23}, false);
        time_out(2s);
        quarantine_.owes_shape(kUnit, {3, 21}, true);
        quarantine_.paid(kUnit, false);
    };
    const auto is_told_apart = [&] {
        time_out(4s);
        quarantine_.owes_shape(kUnit, {3, 23}, false);
        return !quarantine_.shapes_to_tell(kUnit).empty();
    };
    silent_to_telling();
    EXPECT_TRUE(is_told_apart()) << "it may have been dead";
    quarantine_.paid(kUnit, true);
    silent_to_telling();
    EXPECT_TRUE(is_told_apart()) << "it has answered one in between";
    silent_to_telling();
    EXPECT_FALSE(is_told_apart());
}

TEST_F(QuarantineTest, ItIsForgottenAfterAWhileAndNeverForEver) {
    time_out(0s);
    quarantine_.came_late(kUnit, {at(1h), at(1h)});
    EXPECT_EQ(quarantine_.until(kUnit), at(Quarantine::kLatest * 5 / 4));
    time_out(1h + Quarantine::kRemembered);
    EXPECT_GT(quarantine_.until(kUnit), at(1h + Quarantine::kRemembered + 1s));
    time_out(1h + Quarantine::kRemembered + 1s);
    EXPECT_EQ(quarantine_.until(kUnit), at(1h + Quarantine::kRemembered + 2s));
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit));
}

}  // namespace
}  // namespace gengfu::drivers::modbus
