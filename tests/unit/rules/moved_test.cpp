#include "daemon/rules/moved.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr double kRadians = 0.017453292519943295;

Axes tilted(double degrees, double size = 1) {
    return {size * std::sin(degrees * kRadians), 0, size * std::cos(degrees * kRadians)};
}

class Moved : public testing::Test {
protected:
    Moved() {
        rule_.kind = config::RuleKind::kMoved;
        rule_.levels = {test::level(15, Severity::kMajor), test::level(60, Severity::kCritical)};
        rule_.deadband = 2;
    }

    std::optional<Opinion> see(const Axes& gravity, Duration stretch = seconds(1), bool alarm = false,
                               Voice voice = Voice::kFull) {
        return moved(state_, rule_, gravity, voice, stretch, alarm);
    }
    void settle() {
        for (int i = 0; i < 70; ++i) {
            see(tilted(3));
        }
    }

    config::Rule rule_;
    MovedState state_;
};

TEST_F(Moved, AngleIsMeasuredFromTheFirstPoseOn) {
    EXPECT_NEAR(see(tilted(3))->value, 0, 1e-6);
    for (int i = 0; i < 6; ++i) {
        see(tilted(3));
    }
    const auto open = see(tilted(40));
    EXPECT_NEAR(open->value, 37, 1e-6);
    EXPECT_EQ(open->reached, 0);
    EXPECT_EQ(see(tilted(175))->reached, 1);
}

/// Seed 1 of the simulated days: the first value of all was taken as a wheel went over the cover.
TEST_F(Moved, AFirstValueUnderAWheelIsNotTheReference) {
    see(tilted(40, 1.2));
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(see(tilted(3))->reached, -1) << i;
    }
    EXPECT_EQ(see(tilted(40))->reached, 0);
}

TEST_F(Moved, IsLeftByTheDeadband) {
    settle();
    EXPECT_EQ(see(tilted(3 + 14))->held, 0);
    EXPECT_EQ(see(tilted(3 + 14))->reached, -1);
    EXPECT_EQ(see(tilted(3 + 12.9))->held, -1);
}

TEST_F(Moved, AnyAxisMayPointUpwards) {
    for (int i = 0; i < 7; ++i) {
        see({0, -1, 0});
    }
    EXPECT_NEAR(see({1, 0, 0})->value, 90, 1e-6);
}

TEST_F(Moved, FollowsADegreeADayAndNoFurtherThanFive) {
    settle();
    for (int hour = 0; hour < 20; ++hour) {
        see(tilted(3 + 4), hours(1));
    }
    EXPECT_NEAR(degrees_between(state_.reference, state_.home), 20.0 / 24, 0.02);
    for (int day = 0; day < 40; ++day) {
        see(tilted(3 + 7), hours(24));
    }
    EXPECT_LE(degrees_between(state_.reference, state_.home), 5.0001);
    EXPECT_GE(degrees_between(state_.reference, state_.home), 4);
}

TEST_F(Moved, DoesNotFollowALiftHoweverSlow) {
    settle();
    double most = 0;
    for (int minute = 0; minute < 60; ++minute) {
        most = std::max(most, see(tilted(3 + minute), seconds(60))->value);
    }
    EXPECT_GT(most, 58);
}

TEST_F(Moved, LearnsNothingWhileAnAlarmStands) {
    settle();
    const Axes before = state_.reference;
    for (int i = 0; i < 100; ++i) {
        see(tilted(3 + 3), hours(1), true);
    }
    EXPECT_EQ(state_.reference, before);
}

TEST_F(Moved, KnocksAreCounted) {
    settle();
    for (int i = 0; i < 3; ++i) {
        see(tilted(40));
        see(tilted(3, 1.9));
        see(tilted(3));
    }
    EXPECT_EQ(state_.knocks, 3U);
    see(tilted(40), seconds(1), true);  // this one became an alarm
    see(tilted(3), seconds(1), true);
    see(tilted(3));
    EXPECT_EQ(state_.knocks, 3U);
}

TEST_F(Moved, WhatPointsNowhereSaysNothing) {
    settle();
    EXPECT_FALSE(see({0, 0, 0}));
    EXPECT_FALSE(see(tilted(40), seconds(1), false, Voice::kMute));
}

/// Seed 44 of the simulated days: two wheels, a lost answer between, then a kick; together longer than 5 s.
TEST_F(Moved, WhatIsShakenSaysNothingOfThePose) {
    settle();
    EXPECT_FALSE(see(tilted(40, 1.74)));
    EXPECT_FALSE(see(tilted(84, 0.46), seconds(4)));
    EXPECT_EQ(see(tilted(40))->reached, 0) << "at rest again, and not as it lay";
}

TEST_F(Moved, WhatNeverRestsIsJudgedAfterTenSeconds) {
    settle();
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(see(tilted(40, i % 2 == 0 ? 1.5 : 0.6))) << i;
    }
    for (int i = 0; i < 10; ++i) {
        const auto open = see(tilted(40, i % 2 == 0 ? 1.5 : 0.6));
        ASSERT_TRUE(open) << i;
        EXPECT_EQ(open->reached, 0) << i;
    }
    EXPECT_TRUE(see(tilted(40))) << "and judged at rest without ten seconds more";
}

/// A cover on a barrow: quiet for a moment now and then, and never as it lay.
TEST_F(Moved, AQuietMomentElsewhereIsNoEndOfTheShaking) {
    settle();
    int judged = 0;
    for (int i = 0; i < 30; ++i) {
        const auto open = see(tilted(90, i % 5 == 4 ? 1 : 1.25));
        judged += open ? 1 : 0;
        EXPECT_TRUE(!open || open->reached == 1) << i;
    }
    EXPECT_GE(judged, 16) << "all but the first ten, and then those of another length";
}

TEST_F(Moved, AQuietMomentAsItLayIs) {
    settle();
    for (int i = 0; i < 30; ++i) {
        const auto kicked = i % 5 == 4 ? see(tilted(3)) : see(tilted(90, 1.25));
        EXPECT_EQ(kicked.has_value(), i % 5 == 4) << i;
        EXPECT_TRUE(!kicked || kicked->reached == -1) << i;
    }
}

TEST_F(Moved, SlowlyReadOneShakeSaysNothingEither) {
    settle();
    EXPECT_FALSE(see(tilted(40, 1.5), seconds(60)));
    EXPECT_EQ(see(tilted(3), seconds(60))->reached, -1);
    EXPECT_FALSE(see(tilted(40, 1.5), seconds(60)));
    EXPECT_EQ(see(tilted(40, 1.5), seconds(60))->reached, 0) << "the second says that it is no shake";
}

/// Within what class manhole-cover calls plausible, so that no other rule would tell.
TEST_F(Moved, ASensorWhoseScaleIsOffIsLearnedFromAndWatched) {
    for (const double scale : {0.85, 1.15}) {
        state_ = {};
        for (int i = 0; i < 90; ++i) {
            see(tilted(3, scale));
        }
        EXPECT_FALSE(is_settling(state_)) << scale;
        const auto open = see(tilted(40, scale));
        ASSERT_TRUE(open) << scale;
        EXPECT_NEAR(open->value, 37, 0.01) << scale;
        EXPECT_EQ(see(tilted(40, scale))->reached, 0) << "and stays so: it is not taken for the first pose";
    }
}

TEST_F(Moved, WhatNoSensorMeasuresSaysNothing) {
    settle();
    for (const double size : {1e200, 1e300, std::numeric_limits<double>::infinity()}) {
        for (int i = 0; i < 30; ++i) {
            EXPECT_FALSE(see({size, size, size}));
        }
    }
    EXPECT_EQ(see(tilted(3))->reached, -1);
}

TEST_F(Moved, AnUncertainValueIsJudgedAndTeachesNothing) {
    settle();
    const Axes before = state_.reference;
    EXPECT_EQ(see(tilted(40), hours(1), false, Voice::kDangerOnly)->reached, 0);
    EXPECT_EQ(state_.reference, before);
}

TEST_F(Moved, APoseForgottenUnderAnAlarmWaitsForAPerson) {
    EXPECT_FALSE(see(tilted(40), seconds(1), true));
    EXPECT_FALSE(see(tilted(3), seconds(1), true));
    for (int i = 0; i < 60; ++i) {
        see(tilted(3), seconds(1), true);
    }
    calibrate(state_, tilted(3));
    EXPECT_NEAR(see(tilted(3), seconds(1), true)->value, 0, 1e-6);
}

TEST_F(Moved, ACalibratedPoseIsHomeAndIsNotLearnedAnew) {
    settle();
    calibrate(state_, tilted(20));
    EXPECT_TRUE(state_.calibrated);
    EXPECT_FALSE(is_settling(state_));
    EXPECT_NEAR(see(tilted(20))->value, 0, 1e-6);
    EXPECT_EQ(see(tilted(36))->reached, 0);
    EXPECT_NEAR(degrees_between(state_.home, tilted(20)), 0, 1e-6);
}

/// By what shakes, or points nowhere, nothing may be calibrated.
TEST_F(Moved, OnlyGravityAloneIsCalm) {
    settle();
    EXPECT_TRUE(is_calm(state_, tilted(40)));
    EXPECT_TRUE(is_calm(state_, tilted(40, 1.09)));
    for (const double size : {0.0, 0.2, 0.89, 1.11, 9.0, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_FALSE(is_calm(state_, tilted(40, size))) << size;
    }
}

}  // namespace
}  // namespace gengfu::rules
