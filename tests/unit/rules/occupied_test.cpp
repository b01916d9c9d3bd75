#include "daemon/rules/occupied.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::seconds;

class Occupied : public testing::Test {
protected:
    Occupied() {
        rule_.kind = config::RuleKind::kOccupied;
        rule_.axes.resize(3);
        rule_.enter = 60;
        rule_.leave = 30;
        rule_.levels = {test::level(180, Severity::kModerate), test::level(1800)};
    }

    std::optional<Opinion> see(const Axes& more, std::optional<double> warm = 20, bool alarm = false,
                               double truly = 20) {
        const auto noisy = [&] { return noise_ * normal_(random_); };
        const double drift = slope_ * (warm.value_or(truly) - 20);
        return occupied(
            state_, rule_,
            {200 + more[0] + drift + noisy(), -90 + more[1] + noisy(), 380 + more[2] - drift + noisy()}, warm,
            Voice::kFull, seconds(1), alarm);
    }
    void free_for(int many, double from = 20, double to = 20) {
        for (int i = 0; i < many; ++i) {
            see({}, from + (to - from) * i / many);
        }
    }

    config::Rule rule_;
    OccupiedState state_;
    std::mt19937 random_{7};
    std::normal_distribution<double> normal_{0, 1};
    double noise_ = 3;
    double slope_ = 0;
    const Axes vehicle_{140, 60, -160};
};

TEST_F(Occupied, AVehicleIsThereFromTheSecondValueAndGoneAtTheThird) {
    free_for(300);
    EXPECT_EQ(see(vehicle_)->held, -1);
    EXPECT_EQ(see(vehicle_)->held, 1) << "all levels hold while it is there";
    EXPECT_EQ(see({})->held, 1);
    EXPECT_EQ(see({})->held, 1);
    EXPECT_EQ(see({})->held, -1);
}

TEST_F(Occupied, LevelsAreReachedByTheTimeItStands) {
    free_for(300);
    int first = 0;
    int second = 0;
    for (int i = 1; i <= 2000; ++i) {
        const auto opinion = see(vehicle_);
        first = first == 0 && opinion->reached >= 0 ? i : first;
        second = second == 0 && opinion->reached >= 1 ? i : second;
    }
    EXPECT_NEAR(first, 182, 1);
    EXPECT_NEAR(second, 1802, 1);
}

TEST_F(Occupied, TheBaselineIsFrozenWhileOccupied) {
    free_for(300);
    const Axes before = state_.base;
    for (int i = 0; i < 5000; ++i) {
        see(vehicle_);
    }
    EXPECT_NEAR(length(minus(state_.base, before)), 0, 3) << "only the value that came before it was sure";
    for (int i = 0; i < 3; ++i) {
        see({});
    }
    EXPECT_FALSE(state_.occupied);
}

TEST_F(Occupied, FollowsSlowDriftWhenFree) {
    slope_ = 3;
    free_for(3600, 20, 40);  // 60 counts on two axes
    EXPECT_FALSE(state_.occupied);
    EXPECT_NEAR(state_.base[0], 260, 12);
}

TEST_F(Occupied, KnowsTheSlopeByTemperatureWhenItCannotFollow) {
    slope_ = 3;
    for (int day = 0; day < 3; ++day) {
        for (int i = 0; i < 8640; i += 1) {
            see({}, 20 + 8 * std::sin(2 * 3.141592653589793 * i / 8640));
        }
    }
    for (int i = 0; i < 1000; ++i) {
        see(vehicle_, 20 + 12.0 * i / 1000);  // twelve degrees while it stands: 51 counts
    }
    EXPECT_TRUE(state_.occupied);
    for (int i = 0; i < 5; ++i) {
        see({}, 32);
    }
    EXPECT_FALSE(state_.occupied) << "51 counts are above `leave`: only the slope tells that it has gone";
}

/// A baseline without a temperature belongs to none: the difference to 0 °C once went into it.
TEST_F(Occupied, AThermometerThatComesLaterOrIsAwayForHoursMovesNothing) {
    slope_ = 3;
    for (int i = 0; i < 3000; ++i) {
        see({}, std::nullopt);
    }
    free_for(86'400, 20, 40);  // learns the slope
    EXPECT_NEAR(state_.together[0] / state_.warm_variance, 3, 0.3);
    for (int i = 0; i < 3600; ++i) {
        see({}, std::nullopt, false, 40 - 24.0 * i / 3600);  // and cools down unseen
    }
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(see({}, 16)->held, -1) << i;
    }
}

/// The step to a new baseline is not the temperature's, and the baseline is of now, however warm it was.
TEST_F(Occupied, CalibratingOnAHotDayKeepsTheSlope) {
    slope_ = 3;
    free_for(86'400, 10, 30);
    for (int i = 0; i < 3000; ++i) {
        see(vehicle_, 30 + 10.0 * i / 3000);  // a steel plate
    }
    ASSERT_TRUE(state_.occupied);
    calibrate(state_, {200 + vehicle_[0] + 3 * 10, -90 + vehicle_[1], 380 + vehicle_[2] - 3 * 10});
    for (int i = 0; i < 20'000; ++i) {
        ASSERT_EQ(see(vehicle_, 40 - 20.0 * i / 20'000)->held, -1) << i;
    }
    EXPECT_NEAR(state_.together[0] / state_.warm_variance, 3, 0.5);
}

/// A constant field makes the baseline exact, so that the edges can be stood upon.
TEST_F(Occupied, EnterAndLeaveAreReachedAtTheirValues) {
    noise_ = 0;
    free_for(100);
    see({60, 0, 0});
    EXPECT_EQ(see({60, 0, 0})->held, 1) << "`enter` itself is a vehicle";
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(see({30, 0, 0})->held, 1) << "`leave` itself is none that has gone";
    }
    see({29.5, 0, 0});
    see({29.5, 0, 0});
    EXPECT_EQ(see({29.5, 0, 0})->held, -1);
    see({59.5, 0, 0});
    EXPECT_EQ(see({59.5, 0, 0})->held, -1);
}

TEST_F(Occupied, AVehicleBesideIsNoneOnTheLane) {
    free_for(300);
    for (int i = 0; i < 3000; ++i) {
        EXPECT_EQ(see({18, 9, -22})->held, -1);
    }
    EXPECT_EQ((see(vehicle_), see(vehicle_))->held, 1) << "and one on the lane is still seen beside it";
}

TEST_F(Occupied, NoiseMakesItNoMoreThanHalfDeaf) {
    noise_ = 40;
    free_for(3000);
    int there = 0;
    for (int i = 0; i < 200; ++i) {
        there += see({400, 0, 0})->held >= 0 ? 1 : 0;
    }
    EXPECT_GT(there, 190);
}

TEST_F(Occupied, AnAlarmWhoseEmptyLaneIsForgottenEndsWhenTheFieldChanges) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(see(vehicle_, 20, true)->held, 1);
    }
    see({}, 20, true);
    see({}, 20, true);
    EXPECT_EQ(see({}, 20, true)->held, -1);
    free_for(100);
    EXPECT_EQ((see(vehicle_), see(vehicle_))->held, 1) << "and the lane as it is now is the empty one";
}

TEST_F(Occupied, AnAlarmStandsOverAStartUntilTheVehicleIsSeenToHaveGone) {
    free_for(300);
    state_.begun = false;  // as after a start with what was learned
    EXPECT_EQ(see({}, 20, true)->held, 1);
    EXPECT_EQ(see({}, 20, true)->held, 1);
    EXPECT_EQ(see({}, 20, true)->held, -1);
}

TEST_F(Occupied, CalibratingMakesWhatIsThereTheEmptyLane) {
    free_for(100);
    for (int i = 0; i < 100; ++i) {
        see(vehicle_);
    }
    calibrate(state_, {200 + vehicle_[0], -90 + vehicle_[1], 380 + vehicle_[2]});
    EXPECT_EQ(see(vehicle_)->held, -1);
    EXPECT_TRUE(state_.calibrated);
}

TEST_F(Occupied, MovesStillWhatIsFurtherApartThanItsNoise) {
    EXPECT_DOUBLE_EQ(still_moves(state_, rule_), 15) << "half of `leave`, as long as no noise is known";
    noise_ = 6;
    free_for(2000);
    EXPECT_NEAR(still_moves(state_, rule_), 4 * 6, 6);
    noise_ = 60;
    free_for(20'000);
    EXPECT_LE(still_moves(state_, rule_), 60) << "never more than twice `leave`";
}

TEST_F(Occupied, ADetectorsOwnBitAndDeviationAreTakenAsTheyStand) {
    rule_.axes.clear();
    rule_.enter = rule_.leave = 0;
    OccupiedState bit;
    const auto by_bit = [&](double value) {
        return occupied(bit, rule_, value, Voice::kFull, seconds(1), false)->held;
    };
    EXPECT_EQ(by_bit(0), -1);
    EXPECT_EQ(by_bit(1), -1);
    EXPECT_EQ(by_bit(1), 1);
    rule_.enter = 150;
    rule_.leave = 100;
    OccupiedState deviation;
    const auto by_deviation = [&](double value) {
        return occupied(deviation, rule_, value, Voice::kFull, seconds(1), false)->held;
    };
    by_deviation(149);
    EXPECT_EQ(by_deviation(149), -1);
    by_deviation(150);
    EXPECT_EQ(by_deviation(150), 1);
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(by_deviation(101), 1);
    }
    EXPECT_FALSE(occupied(deviation, rule_, 0, Voice::kMute, seconds(1), false));
}

}  // namespace
}  // namespace gengfu::rules
