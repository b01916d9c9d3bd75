#include "daemon/alarms/surroundings.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using std::chrono::milliseconds;

class SurroundingsTest : public testing::Test {
protected:
    SurroundingsTest() {
        const DeviceId well = builder_.device("well", {"level", "x", "y", "z", "spare"});
        level_ = builder_.point(well, "level");
        spare_ = builder_.point(well, "spare");
        builder_.rule(level_, "high", config::RuleKind::kAbove).levels = {test::level(1)};
        for (const char* const axis : {"x", "y", "z"}) {
            axes_.push_back(builder_.point(well, axis));
        }
        config::Rule& moved = builder_.rule(axes_[2], "moved", config::RuleKind::kMoved);
        moved.axes = axes_;
        config::Rule& together = builder_.rule(spare_, "odd", config::RuleKind::kAnomaly);
        together.point.reset();
        together.points = {level_, spare_};
        config::Rule& silent = builder_.silent(well, "silent", std::chrono::seconds(30));
        silent.alarm = true;
        around_ = std::make_unique<Surroundings>(builder_.site());
    }

    void sample(PointId point, double value, Quality quality = Quality::kGood,
                Reason reason = Reason::kNone) {
        Sample one;
        one.point = point;
        one.value = value;
        one.quality = quality;
        one.reason = reason;
        one.taken = now_;
        around_->observe(one);
    }
    /// The alarm of a rule, whose evidence was taken now.
    std::vector<SampleAround> of(const std::string& rule, const std::string& point = "level") const {
        Alarm alarm;
        alarm.key = {"well", point, rule};
        alarm.evidence.taken.monotonic_us =
            std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count();
        if (rule == "odd") {
            alarm.evidence.anomaly = AnomalyFound{};
            alarm.evidence.anomaly->point = "spare";
        }
        return around_->around(alarm);
    }

    mutable test::SiteBuilder builder_;
    PointId level_, spare_;
    std::vector<PointId> axes_;
    std::unique_ptr<Surroundings> around_;
    Monotonic now_{std::chrono::hours(5)};
};

TEST_F(SurroundingsTest, ThirtySecondsBeforeWithQualityAndTime) {
    for (int i = 0; i <= 100; ++i) {
        now_ += milliseconds(1000);
        i == 95 ? sample(level_, NAN, Quality::kBad, Reason::kTimeout) : sample(level_, i);
    }
    const std::vector<SampleAround> all = of("high");
    ASSERT_EQ(all.size(), 31U);
    EXPECT_EQ(all.front().offset_us, -30'000'000);
    EXPECT_EQ(all.front().value, 70);
    EXPECT_EQ(all.back().offset_us, 0);
    EXPECT_EQ(all.back().value, 100);
    EXPECT_EQ(all[25].reason, Reason::kTimeout);
    EXPECT_EQ(all[25].quality, Quality::kBad);
    EXPECT_TRUE(std::isnan(all[25].value));
    EXPECT_EQ(all.front().point, "");
}

/// Whatever the pace: bounded, in order, the last ones whole, and thirty seconds are spanned.
TEST_F(SurroundingsTest, AnyPaceIsSpanned) {
    for (const int pace : {1, 10, 100, 250, 500, 900, 1000, 1500, 5000}) {
        for (int i = 0; i * pace <= 60'000; ++i) {
            now_ += milliseconds(pace);
            sample(level_, i);
        }
        const std::vector<SampleAround> all = of("high");
        ASSERT_LE(all.size(), kRecentSamples + kOlderSamples) << pace;
        for (std::size_t i = 1; i < all.size(); ++i) {
            EXPECT_EQ(all[i].value - all[i - 1].value,
                      static_cast<double>(all[i].offset_us - all[i - 1].offset_us) / 1000 / pace)
                << pace;
            EXPECT_LT(all[i - 1].offset_us, all[i].offset_us) << pace;
            EXPECT_LE(all[i].offset_us - all[i - 1].offset_us, 2'000'000 + pace * 1000) << pace;
            if (i + kRecentSamples > all.size()) {
                EXPECT_EQ(all[i].value - all[i - 1].value, 1) << pace;
            }
        }
        EXPECT_LE(all.front().offset_us, -28'000'000 + pace * 1000) << pace;
        EXPECT_GE(all.front().offset_us, -30'000'000) << pace;
        now_ += std::chrono::minutes(1);
    }
}

/// What says the same all the time is spanned as well, be it good or a failure.
TEST_F(SurroundingsTest, WhatStandsStillIsSpannedToo) {
    for (const int pace : {10, 500, 1900, 2100, 5000}) {
        for (int i = 0; i * pace <= 90'000; ++i) {
            now_ += milliseconds(pace);
            sample(level_, NAN, Quality::kBad, Reason::kLine);
        }
        sample(level_, 7);
        const std::vector<SampleAround> all = of("high");
        ASSERT_FALSE(all.empty());
        EXPECT_LE(all.front().offset_us, -28'000'000 + pace * 1000) << pace;
        EXPECT_EQ(all.front().reason, Reason::kLine) << pace;
        EXPECT_EQ(all.back().value, 7) << pace;
        now_ += std::chrono::minutes(1);
    }
}

/// What an off-delay or a slow pace puts between the evidence and the end does not take away what was before:
/// once a point has changed its value, 48 samples are kept whatever their pace.
TEST_F(SurroundingsTest, EvidenceOfSomeTimeAgoHasItsSamplesBefore) {
    for (int i = 0; i < 40; ++i) {
        now_ += milliseconds(5000);
        sample(level_, i < 20 ? 3 : 0);
    }
    now_ -= milliseconds(20 * 5000);  // the last 3
    const std::vector<SampleAround> all = of("high");
    ASSERT_EQ(all.size(), 7U + 20U);
    EXPECT_EQ(all.front().offset_us, -30'000'000);
    EXPECT_EQ(all[6].value, 3);
    EXPECT_EQ(all[7].value, 0);
}

TEST_F(SurroundingsTest, OfThreeAxesAllByName) {
    for (int i = 0; i < 3; ++i) {
        now_ += milliseconds(500);
        for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
            sample(axes_[axis], static_cast<double>(axis));
        }
    }
    const std::vector<SampleAround> all = of("moved", "z");
    ASSERT_EQ(all.size(), 9U);
    EXPECT_EQ(all[0].point, "x");
    EXPECT_EQ(all[1].point, "y");
    EXPECT_EQ(all[2].point, "");
    EXPECT_EQ(all[2].value, 2);
}

TEST_F(SurroundingsTest, OfPointsTogetherTheOneThatIsOdd) {
    sample(level_, 1);
    sample(spare_, 2);
    const std::vector<SampleAround> all = of("odd", "");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].point, "spare");
    EXPECT_EQ(all[0].value, 2);
}

TEST_F(SurroundingsTest, OfASilentDeviceWhatIsJudgedOfIt) {
    sample(level_, 1);
    sample(axes_[1], 2);
    sample(spare_, 3);
    const std::vector<SampleAround> all = of("silent", "");
    ASSERT_EQ(all.size(), 2U) << "the spare point is judged with another only";
    EXPECT_EQ(all[0].point, "level");
    EXPECT_EQ(all[1].point, "y");
    EXPECT_TRUE(of("gone").empty());
}

TEST_F(SurroundingsTest, OfAGroupWhatItsMembersJudgeByAlsoAtOtherDevices) {
    const DeviceId pump = builder_.device("pump", {"current"});
    const PointId current = builder_.point(pump, "current");
    builder_.rule(current, "high", config::RuleKind::kAbove).alarm = false;
    const auto id_of = [&](PointId point) {
        std::uint32_t i = 0;
        while (builder_.site().rules[i].point != point) {
            ++i;
        }
        return RuleId{i};
    };
    config::Rule both;
    both.name = "both";
    both.kind = config::RuleKind::kAll;
    both.device = DeviceId{0};
    both.members = {{.rules = {id_of(level_)}}, {.rules = {id_of(current)}, .negated = true}};
    builder_.site().rules.push_back(both);
    around_ = std::make_unique<Surroundings>(builder_.site());
    sample(level_, 1);
    sample(current, 4);
    const std::vector<SampleAround> all = of("both", "");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].point, "level");
    EXPECT_EQ(all[1].point, "pump/current");
    EXPECT_EQ(all[1].value, 4);
}

}  // namespace
}  // namespace gengfu::alarms
