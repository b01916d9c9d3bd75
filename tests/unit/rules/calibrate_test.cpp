#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/lately.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::at;

TEST(Lately, KnowsWhatIsNotOlderThanItsWindowAndNothingElse) {
    Lately lately;
    for (int i = 0; i <= 60; ++i) {
        lately.note(at(i), {static_cast<double>(i), 0, 0}, seconds(10));
    }
    const Lately::Seen seen = lately.look(at(60), seconds(10));
    EXPECT_EQ(seen.values, 11U);
    EXPECT_EQ(seen.over, seconds(10));
    EXPECT_NEAR(seen.mean[0], 55, 1e-9);
    EXPECT_TRUE(seen.enough);
    const auto along_x = [](const Axes& a, const Axes& b) { return std::abs(a[0] - b[0]); };
    EXPECT_NEAR(lately.farthest(at(60), seconds(10), seen.mean, along_x), 5, 1e-9);
    EXPECT_EQ(lately.look(at(66), seconds(10)).values, 5U);
    EXPECT_EQ(lately.look(at(71), seconds(10)).values, 0U);
    lately.forget();
    EXPECT_EQ(lately.look(at(60), seconds(10)).values, 0U);
}

TEST(Lately, SaysWhenThereIsTooLittle) {
    struct Case {
        std::vector<double> at;
        bool enough;
    };
    for (const Case& one : std::vector<Case>{{{}, false},
                                             {{10}, false},
                                             {{1, 10}, false},
                                             {{5, 6, 7}, true},
                                             {{5.5, 6, 7, 8, 9, 10}, false},
                                             {{0, 5, 10}, true},
                                             {{-1, 5, 10}, false}}) {
        Lately lately;
        for (const double when : one.at) {
            lately.note(at(when), {}, seconds(10));
        }
        EXPECT_EQ(lately.look(at(10), seconds(10)).enough, one.enough) << one.at.size();
    }
}

TEST(Lately, HoldsTheWholeWindowHoweverFastTheValuesCome) {
    for (const int ms : {20, 100, 250, 800, 990, 1010, 3000}) {
        Lately lately;
        int i = 0;
        for (; i * ms < 60'000; ++i) {
            lately.note(at(i * ms / 1000.0), {}, seconds(10));
        }
        const Lately::Seen seen = lately.look(at((i - 1) * ms / 1000.0), seconds(10));
        EXPECT_TRUE(seen.enough) << ms;
        EXPECT_GE(seen.over, seconds(6)) << ms;
        EXPECT_LE(seen.over, seconds(10)) << ms;
    }
}

/// A cover and a lane at one device, read every `interval`.
class Calibrating : public testing::TestWithParam<int> {
protected:
    void SetUp() override {
        device_ = builder_.device("d", {"gx", "gy", "gz", "mx", "my", "mz"}, seconds(GetParam()));
        config::Rule& cover = builder_.rule(point("gz"), "cover", RuleKind::kMoved);
        cover.levels = {test::level(15)};
        cover.axes = {point("gx"), point("gy"), point("gz")};
        config::Rule& lane = builder_.rule(point("mz"), "lane", RuleKind::kOccupied);
        lane.levels = {test::level(3)};
        lane.enter = 60;
        lane.leave = 30;
        lane.axes = {point("mx"), point("my"), point("mz")};
        judge_ = std::make_unique<Judge>(builder_.site());
        judge_->restore({}, at(0));
    }
    PointId point(const char* name) const { return builder_.point(device_, name); }

    void see(double tilt, double field, double size = 1) {
        now_ += GetParam();
        const double radians = tilt * 0.017453292519943295;
        const double values[] = {size * std::sin(radians), 0, size * std::cos(radians), field, 0, 0};
        for (std::uint32_t i = 0; i < 6; ++i) {
            judge_->observe(test::good(PointId{point("gx").value + i}, values[i], at(now_)), out_);
        }
    }
    void see_for(int many, double tilt, double field) {
        for (int i = 0; i < many; ++i) {
            see(tilt, field);
        }
    }
    /// Values until nothing is left of what was before: ten seconds, or four intervals.
    int to_forget() const { return std::max(10 / GetParam(), 4) + 2; }

    /// home of the cover, in degrees; base of the lane
    static double tilt_in(const std::vector<Learned>& known) {
        return std::atan2(known.at(0).numbers.at(0), known.at(0).numbers.at(2)) / 0.017453292519943295;
    }
    static double field_in(const std::vector<Learned>& known) { return known.at(1).numbers.at(0); }

    std::string refusal() {
        const std::vector<Learned> before = judge_->learned();
        const auto done = judge_->calibrate(device_, at(now_));
        EXPECT_EQ(judge_->learned(), before) << "nothing was changed";
        return done ? "calibrated" : done.error().what;
    }

    test::SiteBuilder builder_;
    DeviceId device_;
    std::unique_ptr<Judge> judge_;
    std::vector<Verdict> out_;
    double now_ = 0;
};

/// A cover that lay beside its frame for a minute and is back, a vehicle that has left: of then nothing
/// weighs.
TEST_P(Calibrating, TakesWhatIsNowAndNothingOfBefore) {
    see_for(100, 0, 100);
    see_for(60, 70, 300);
    see_for(to_forget(), 0, 100);
    const auto done = judge_->calibrate(device_, at(now_));
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_NEAR(tilt_in(*done), 0, 0.01);
    EXPECT_NEAR(field_in(*done), 100, 0.01);
}

TEST_P(Calibrating, IsRefusedUntilWhatMovedIsOutOfSight) {
    see_for(100, 0, 100);
    int refused = 0;
    std::string last;
    see_for(1, 25, 100);
    for (; refused < 60; ++refused, see(25, 100)) {
        const auto done = judge_->calibrate(device_, at(now_));
        if (done) {
            EXPECT_NEAR(tilt_in(*done), 25, 2) << "at most as far off as is called still";
            break;
        }
        last = refusal();
        EXPECT_NE(last.find("its pose has not been the same for"), std::string::npos) << last;
        EXPECT_NE(last.find("nothing was calibrated"), std::string::npos) << last;
    }
    EXPECT_GE(refused, 3);
    EXPECT_LE(refused, to_forget());
}

TEST_P(Calibrating, IsRefusedWhileAVehicleComesOrGoes) {
    see_for(100, 0, 100);
    see_for(2, 0, 300);
    EXPECT_NE(refusal().find("its field has not been the same for"), std::string::npos) << refusal();
    see_for(to_forget(), 0, 300);
    ASSERT_TRUE(judge_->calibrate(device_, at(now_)));
}

TEST_P(Calibrating, WantsMoreThanAValueSinceTheStart) {
    see(0, 100);
    EXPECT_NE(refusal().find("given 1 good value at rest in the last"), std::string::npos) << refusal();
    int wanted = 1;
    while (!judge_->calibrate(device_, at(now_)) && wanted < 30) {
        see(0, 100);
        ++wanted;
    }
    EXPECT_GE(wanted, 3);
    EXPECT_LE(wanted, std::max(10 / GetParam(), 4));
}

TEST_P(Calibrating, TakesNothingThatIsShaken) {
    see_for(100, 0, 100);
    for (int i = 0; i < 60; ++i) {
        see(40, 100, i % 2 == 0 ? 1.5 : 0.6);
    }
    EXPECT_NE(refusal().find("given 0 good values at rest"), std::string::npos) << refusal();
}

/// Two poses whose mean has no direction at all.
TEST_P(Calibrating, RefusesPosesThatCancelEachOther) {
    for (int i = 0; i < 60; ++i) {
        see(i % 2 == 0 ? 0 : 180, 100);
    }
    EXPECT_NE(refusal().find("its pose has not been the same for"), std::string::npos) << refusal();
}

TEST_P(Calibrating, AnOutageSeparates) {
    see_for(100, 30, 100);
    now_ += 100 * GetParam();
    see_for(2, 0, 100);
    EXPECT_NE(refusal().find("given 2 good values at rest"), std::string::npos) << refusal();
}

INSTANTIATE_TEST_SUITE_P(EverySeconds, Calibrating, testing::Values(1, 2, 5, 30, 60),
                         [](const auto& test) { return std::to_string(test.param); });

}  // namespace
}  // namespace gengfu::rules
