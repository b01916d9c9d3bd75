#include "daemon/rules/judge.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/site_builder.hpp"
#include "tests/unit/rules/judge_fixture.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::seconds;
using test::at;
using test::bad;
using test::good;
using test::level;
using test::uncertain;

TEST_F(JudgeTest, RaisesAtTheFirstGoodSampleWithoutADelay) {
    leakage();
    const auto out = observe(good(current_, 200, at(1)));
    ASSERT_EQ(changes(out), Changes{Change::kRaised});
    EXPECT_EQ(out[0].rule, RuleId{0});
    EXPECT_EQ(out[0].severity, Severity::kModerate);
    EXPECT_EQ(out[0].limit, 180);
    EXPECT_EQ(out[0].value, 200);
    EXPECT_EQ(out[0].sample.value, 200);
    EXPECT_EQ(out[0].sample.point, current_);
    EXPECT_EQ(out[0].at, at(1));
}

TEST_F(JudgeTest, ReportsChangesOnly) {
    leakage();
    EXPECT_TRUE(observe(good(current_, 10, at(1))).empty());
    EXPECT_EQ(changes(observe(good(current_, 200, at(2)))), Changes{Change::kRaised});
    EXPECT_TRUE(observe(good(current_, 210, at(3))).empty());
    EXPECT_EQ(changes(observe(good(current_, 100, at(4)))), Changes{Change::kCleared});
    EXPECT_TRUE(observe(good(current_, 100, at(5))).empty());
}

TEST_F(JudgeTest, RisesAndFallsAsOneAlarm) {
    leakage();
    observe(good(current_, 200, at(1)));
    const auto rise = observe(good(current_, 300, at(2)));
    ASSERT_EQ(changes(rise), Changes{Change::kSeverity});
    EXPECT_EQ(rise[0].severity, Severity::kMajor);
    EXPECT_EQ(rise[0].limit, 300);
    EXPECT_TRUE(observe(good(current_, 295, at(3))).empty()) << "within the deadband";
    const auto fall = observe(good(current_, 280, at(4)));
    ASSERT_EQ(changes(fall), Changes{Change::kSeverity});
    EXPECT_EQ(fall[0].severity, Severity::kModerate);
    EXPECT_EQ(fall[0].limit, 180);
    const auto clear = observe(good(current_, 0, at(5)));
    ASSERT_EQ(changes(clear), Changes{Change::kCleared});
    EXPECT_EQ(clear[0].severity, Severity::kModerate);
}

TEST_F(JudgeTest, NeverJudgesWhatIsNoNumber) {
    leakage();
    EXPECT_TRUE(observe(good(current_, std::numeric_limits<double>::quiet_NaN(), at(1))).empty());
    EXPECT_TRUE(observe(good(current_, std::numeric_limits<double>::infinity(), at(2))).empty());
    observe(good(current_, 200, at(3)));
    EXPECT_TRUE(observe(good(current_, std::numeric_limits<double>::quiet_NaN(), at(4))).empty());
    EXPECT_TRUE(observe(good(current_, -std::numeric_limits<double>::infinity(), at(5))).empty());
}

TEST_F(JudgeTest, NeverJudgesABadValue) {
    leakage();
    Sample sample = bad(current_, Reason::kOutOfRange, at(1));
    sample.value = 50'000;
    EXPECT_TRUE(observe(sample).empty());
}

TEST_F(JudgeTest, RaisesByAnUncertainSampleAndNeverClearsByOne) {
    leakage();
    EXPECT_EQ(changes(observe(uncertain(current_, 200, at(1)))), Changes{Change::kRaised});
    EXPECT_TRUE(observe(uncertain(current_, 0, at(2))).empty());
    EXPECT_EQ(changes(observe(good(current_, 0, at(3)))), Changes{Change::kCleared});
}

TEST_F(JudgeTest, RaisesThoughEverySecondReadFails) {
    leakage().on_delay = seconds(5);
    double raised = 0;
    for (int i = 0; i < 30 && raised == 0; ++i) {
        const auto out =
            observe(i % 2 == 0 ? good(current_, 200, at(i)) : bad(current_, Reason::kTimeout, at(i)));
        raised = out.empty() ? 0 : i;
    }
    EXPECT_EQ(raised, 10);
}

TEST_F(JudgeTest, DoesNotCountAGapTowardsADelay) {
    leakage().on_delay = seconds(5);
    observe(good(current_, 200, at(0)));
    observe(good(current_, 200, at(2)));
    EXPECT_TRUE(observe(good(current_, 200, at(60))).empty());
    EXPECT_TRUE(observe(good(current_, 200, at(62))).empty());
    EXPECT_EQ(changes(observe(good(current_, 200, at(63)))), Changes{Change::kRaised});
}

TEST_F(JudgeTest, TakesThePointsOwnIntervalForItsGap) {
    builder_.spec(current_).interval = seconds(20);
    leakage().on_delay = seconds(60);
    observe(good(current_, 200, at(0)));
    EXPECT_EQ(changes(observe(good(current_, 200, at(60.5)))), Changes{Change::kRaised});
}

TEST_F(JudgeTest, ClearsOnlyAfterTheOffDelay) {
    leakage().off_delay = seconds(2);
    observe(good(current_, 200, at(0)));
    EXPECT_TRUE(observe(good(current_, 0, at(1))).empty());
    EXPECT_TRUE(observe(good(current_, 0, at(2))).empty());
    EXPECT_EQ(changes(observe(good(current_, 0, at(3)))), Changes{Change::kCleared});
}

TEST_F(JudgeTest, MeasuresARateFromTheSamplesOfItsPoint) {
    config::Rule& rule = builder_.rule(temperature_, "heats-up", RuleKind::kRate);
    rule.levels = {level(5)};
    rule.per = std::chrono::minutes(1);
    rule.window = seconds(10);
    std::vector<Verdict> all;
    for (int i = 0; i <= 30; ++i) {
        judge().observe(good(temperature_, i < 15 ? 20 : 20 + (i - 15) * 0.2, at(i)), all);
    }
    ASSERT_EQ(changes(all), Changes{Change::kRaised});
    EXPECT_GE(all[0].value, 5);
    EXPECT_EQ(all[0].limit, 5);
    EXPECT_LT(all[0].sample.value, 25) << "the sample stays as it was read";
}

TEST_F(JudgeTest, AGapDoesNotClearARate) {
    config::Rule& rule = builder_.rule(temperature_, "heats-up", RuleKind::kRate);
    rule.levels = {level(5)};
    rule.per = std::chrono::minutes(1);
    rule.window = seconds(10);
    std::vector<Verdict> all;
    for (int i = 0; i <= 20; ++i) {
        judge().observe(good(temperature_, i, at(i)), all);
    }
    ASSERT_EQ(changes(all), Changes{Change::kRaised});
    for (int i = 0; i < 8; ++i) {
        judge().observe(good(temperature_, 20, at(1000 + i)), all);
    }
    EXPECT_EQ(all.size(), 1U) << "too early to judge";
    judge().observe(good(temperature_, 20, at(1008)), all);
    EXPECT_EQ(changes(all), (Changes{Change::kRaised, Change::kCleared}));
}

TEST_F(JudgeTest, IgnoresAPointThatTheSiteDoesNotHave) {
    leakage();
    EXPECT_TRUE(observe(good(PointId{99}, 1000, at(1))).empty());
}

TEST_F(JudgeTest, JudgesEachRuleOfAPointByItself) {
    leakage();
    config::Rule& low = builder_.rule(current_, "no-load", RuleKind::kBelow);
    low.levels = {level(1, Severity::kMinor)};
    const auto out = observe(good(current_, 0, at(1)));
    ASSERT_EQ(changes(out), Changes{Change::kRaised});
    EXPECT_EQ(out[0].rule, RuleId{1});
    EXPECT_EQ(changes(observe(good(current_, 500, at(2)))), (Changes{Change::kRaised, Change::kCleared}));
}

}  // namespace
}  // namespace gengfu::rules
