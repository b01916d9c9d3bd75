#include "daemon/rules/growth.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::minutes;

class Growth : public testing::Test {
protected:
    Growth() {
        rule_.kind = config::RuleKind::kGrowth;
        rule_.levels = {test::level(2, Severity::kMinor)};
        rule_.floor = 30;
    }

    /// A day with a median of `middle`, up and down and with a spike in it.
    std::optional<Opinion> day(double middle, int step_minutes = 5) {
        std::optional<Opinion> last;
        for (int minute = 0; minute < 24 * 60; minute += step_minutes) {
            const double swing =
                middle * 0.5 * ((minute / 30) % 2 == 0 ? 1 : -1) * (minute % 60 == 0 ? 0 : 1);
            last = growth(state_, rule_, minute == 30 ? 1e6 : middle + swing * (minute % 3 - 1), Voice::kFull,
                          minutes(step_minutes));
        }
        return last;
    }

    config::Rule rule_;
    GrowthState state_;
};

TEST_F(Growth, SaysNothingBeforeAWeekIsKnown) {
    for (int i = 0; i < kLeastDays; ++i) {
        EXPECT_FALSE(day(50)) << i;
    }
    day(50);
    EXPECT_EQ(day(50)->reached, -1);
}

TEST_F(Growth, ADayOfTwiceTheUsualIsReachedAtItsEnd) {
    for (int i = 0; i < 10; ++i) {
        day(50);
    }
    day(110);
    const auto next = day(110);
    EXPECT_EQ(next->reached, 0);
    EXPECT_NEAR(next->value, 110, 60);
    EXPECT_NEAR(state_.usual, 50, 26);
}

TEST_F(Growth, IsNotGotUsedTo) {
    for (int i = 0; i < 10; ++i) {
        day(50);
    }
    for (int i = 0; i < 60; ++i) {
        day(120);
    }
    EXPECT_EQ(day(120)->reached, 0) << "two months later";
    day(50);
    EXPECT_EQ(day(50)->held, -1);
}

TEST_F(Growth, BelowTheFloorIsNoGrowth) {
    for (int i = 0; i < 10; ++i) {
        day(4);
    }
    day(20);
    EXPECT_EQ(day(20)->reached, -1);
}

TEST_F(Growth, ADayWithHalfOfItsValuesMissingDoesNotCount) {
    for (int i = 0; i < 10; ++i) {
        day(50);
    }
    const int before = state_.day_count;
    for (int minute = 0; minute < 24 * 60; minute += 5) {
        growth(state_, rule_, 500, minute < 8 * 60 ? Voice::kFull : Voice::kMute, minutes(5));
    }
    growth(state_, rule_, 50, Voice::kFull, minutes(5));
    EXPECT_EQ(state_.day_count, before);
}

}  // namespace
}  // namespace gengfu::rules
