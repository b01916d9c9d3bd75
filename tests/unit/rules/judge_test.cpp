#include "daemon/rules/judge.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::at;
using test::bad;
using test::good;
using test::level;
using test::uncertain;

/// A panel with a residual current (rule "leakage": 180 moderate, 300 major) that nothing delays.
class JudgeTest : public testing::Test {
protected:
    JudgeTest() {
        const DeviceId panel = builder_.device("panel", {"residual_current", "temperature"});
        current_ = builder_.point(panel, "residual_current");
        temperature_ = builder_.point(panel, "temperature");
        panel_ = panel;
    }

    config::Rule& leakage() {
        config::Rule& rule = builder_.rule(current_, "leakage", RuleKind::kAbove);
        rule.levels = {level(180, Severity::kModerate), level(300)};
        rule.deadband = 10;
        return rule;
    }

    /// The judge of the rules made so far, started at 0.
    Judge& judge() {
        if (!judge_) {
            judge_ = std::make_unique<Judge>(builder_.site());
            judge_->restore({}, at(0));
        }
        return *judge_;
    }

    std::vector<Verdict> observe(const Sample& sample) {
        std::vector<Verdict> out;
        judge().observe(sample, out);
        return out;
    }

    std::vector<Verdict> tick(double now) {
        std::vector<Verdict> out;
        judge().tick(at(now), out);
        return out;
    }

    /// Does what an app does: ticks whenever the judge asks for it, up to `until`.
    std::vector<Verdict> pass(double until) {
        std::vector<Verdict> out;
        while (judge().next_deadline() && *judge().next_deadline() <= at(until)) {
            judge().tick(*judge().next_deadline(), out);
        }
        return out;
    }

    static std::vector<Change> changes(const std::vector<Verdict>& verdicts) {
        std::vector<Change> changes;
        for (const Verdict& verdict : verdicts) {
            changes.push_back(verdict.change);
        }
        return changes;
    }

    using Changes = std::vector<Change>;

    test::SiteBuilder builder_;
    DeviceId panel_;
    PointId current_, temperature_;
    std::unique_ptr<Judge> judge_;
};

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

TEST_F(JudgeTest, MakesAnActiveAlarmUncertainWhenItsSensorFallsSilent) {
    leakage();
    observe(good(current_, 200, at(1)));
    EXPECT_TRUE(pass(10.9).empty());
    EXPECT_TRUE(observe(bad(current_, Reason::kTimeout, at(10.9))).empty());
    const auto out = pass(11);
    ASSERT_EQ(changes(out), Changes{Change::kUncertain});
    EXPECT_EQ(out[0].severity, Severity::kModerate);
    EXPECT_EQ(out[0].sample.reason, Reason::kTimeout);
    EXPECT_EQ(out[0].sample.quality, Quality::kBad);
    EXPECT_EQ(out[0].at, at(11));
    EXPECT_TRUE(pass(1e6).empty()) << "silence says it once and never clears";
}

TEST_F(JudgeTest, MakesAnActiveAlarmUncertainWhenItsSensorStopsProtecting) {
    leakage();
    observe(good(current_, 200, at(1)));
    for (int i = 2; i < 11; ++i) {
        EXPECT_TRUE(observe(bad(current_, Reason::kNotProtecting, at(i))).empty());
        EXPECT_TRUE(pass(i).empty());
    }
    EXPECT_EQ(changes(pass(11)), Changes{Change::kUncertain});
}

TEST_F(JudgeTest, WaitsFiveIntervalsOfASlowSensor) {
    builder_.spec(current_).interval = seconds(60);
    leakage();
    observe(good(current_, 200, at(0)));
    EXPECT_TRUE(pass(300.4).empty());
    EXPECT_EQ(changes(pass(300.5)), Changes{Change::kUncertain});
}

TEST_F(JudgeTest, DoesNotDoubtAPointThatIsReadOnceAConnection) {
    builder_.spec(current_).read_on_connect = true;
    leakage();
    observe(good(current_, 200, at(0)));
    EXPECT_TRUE(pass(1e6).empty());
}

TEST_F(JudgeTest, DoesNotDoubtARuleAtRest) {
    leakage();
    observe(good(current_, 0, at(0)));
    EXPECT_TRUE(pass(1e6).empty());
}

TEST_F(JudgeTest, IsCertainAgainWhenTheConditionStillHolds) {
    leakage();
    observe(good(current_, 200, at(1)));
    pass(20);
    EXPECT_TRUE(observe(uncertain(current_, 200, at(20))).empty())
        << "an uncertain sample makes nothing certain";
    EXPECT_EQ(changes(observe(good(current_, 175, at(21)))), Changes{Change::kCertain})
        << "held by the deadband";
    EXPECT_TRUE(pass(30.9).empty());
    EXPECT_EQ(changes(pass(31)), Changes{Change::kUncertain}) << "and falls silent again";
}

TEST_F(JudgeTest, IsCertainBeforeItRises) {
    leakage();
    observe(good(current_, 200, at(1)));
    pass(20);
    const auto out = observe(good(current_, 400, at(20)));
    ASSERT_EQ(changes(out), (Changes{Change::kCertain, Change::kSeverity}));
    EXPECT_EQ(out[0].severity, Severity::kModerate);
    EXPECT_EQ(out[1].severity, Severity::kMajor);
}

TEST_F(JudgeTest, ClearsFromUncertainWithoutBeingCertainFirst) {
    leakage().off_delay = seconds(1);
    observe(good(current_, 200, at(1)));
    pass(20);
    EXPECT_TRUE(observe(good(current_, 0, at(20))).empty());
    EXPECT_EQ(changes(observe(good(current_, 0, at(21)))), Changes{Change::kCleared});
    EXPECT_EQ(changes(observe(good(current_, 200, at(22)))), Changes{Change::kRaised});
}

TEST_F(JudgeTest, SaysThatADeviceIsSilent) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    observe(good(current_, 1, at(5)));
    observe(bad(current_, Reason::kTimeout, at(20)));
    EXPECT_TRUE(pass(34.9).empty());
    const auto out = pass(35);
    ASSERT_EQ(changes(out), Changes{Change::kRaised});
    EXPECT_DOUBLE_EQ(out[0].value, 30);
    EXPECT_DOUBLE_EQ(out[0].limit, 30);
    EXPECT_EQ(out[0].severity, Severity::kMajor);
    EXPECT_EQ(out[0].sample.reason, Reason::kTimeout) << "the last that came";
    EXPECT_EQ(out[0].sample.taken, at(20));
    EXPECT_TRUE(pass(1e5).empty());
    EXPECT_TRUE(observe(bad(current_, Reason::kCrc, at(1e5))).empty());
    const auto back = observe(bad(temperature_, Reason::kNotProtecting, at(1e5 + 1)));
    ASSERT_EQ(changes(back), Changes{Change::kCleared});
    EXPECT_EQ(changes(pass(1e5 + 31)), Changes{Change::kRaised});
}

TEST_F(JudgeTest, CountsSilenceFromTheStart) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    EXPECT_TRUE(pass(29.9).empty());
    const auto out = pass(30);
    ASSERT_EQ(changes(out), Changes{Change::kRaised});
    EXPECT_EQ(out[0].sample.quality, Quality::kBad);
    EXPECT_EQ(out[0].sample.taken, at(0));
}

TEST_F(JudgeTest, AsksForATickBeforeItHasStarted) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    Judge fresh(builder_.site());
    std::vector<Verdict> out;
    ASSERT_TRUE(fresh.next_deadline());
    EXPECT_LE(*fresh.next_deadline(), at(0));
    fresh.tick(at(100), out);
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(fresh.next_deadline(), at(130));
}

TEST_F(JudgeTest, OneAnsweringPointKeepsTheDeviceFromBeingSilent) {
    builder_.silent(panel_, "cable-cut", seconds(3));
    for (int i = 1; i < 60; ++i) {
        EXPECT_TRUE(observe(bad(current_, Reason::kTimeout, at(i))).empty());
        EXPECT_TRUE(observe(good(temperature_, 20, at(i))).empty());
        EXPECT_TRUE(pass(i).empty());
    }
}

TEST_F(JudgeTest, SaysThatAPointIsSilentThoughItsDeviceAnswers) {
    config::Rule& rule = builder_.rule(current_, "no-current", RuleKind::kSilent);
    rule.silent_for = seconds(30);
    observe(good(current_, 1, at(0)));
    for (int i = 1; i < 30; ++i) {
        observe(bad(current_, Reason::kNotProtecting, at(i)));
        observe(good(temperature_, 20, at(i)));
        EXPECT_TRUE(pass(i).empty());
    }
    EXPECT_EQ(changes(pass(30)), Changes{Change::kRaised});
    EXPECT_TRUE(observe(uncertain(current_, 1, at(31))).empty()) << "an uncertain sample clears nothing";
    EXPECT_EQ(changes(observe(good(current_, 1, at(32)))), Changes{Change::kCleared});
    EXPECT_TRUE(pass(61.9).empty());
}

TEST_F(JudgeTest, AnUncertainValueKeepsAPointFromBeingSilent) {
    config::Rule& rule = builder_.rule(current_, "no-current", RuleKind::kSilent);
    rule.silent_for = seconds(3);
    for (int i = 1; i < 30; ++i) {
        observe(uncertain(current_, 1, at(i)));
        EXPECT_TRUE(pass(i).empty());
    }
}

TEST_F(JudgeTest, ASilentAlarmClearsAfterItsOffDelayOfAnswers) {
    builder_.silent(panel_, "cable-cut", seconds(10)).off_delay = seconds(2);
    ASSERT_EQ(changes(pass(10)), Changes{Change::kRaised});
    EXPECT_TRUE(observe(good(current_, 1, at(100))).empty());
    EXPECT_TRUE(observe(good(current_, 1, at(101))).empty());
    EXPECT_TRUE(pass(111).empty()) << "silent again while active: no second raise";
    EXPECT_TRUE(observe(good(current_, 1, at(112))).empty());
    EXPECT_TRUE(observe(good(current_, 1, at(113))).empty()) << "counted anew";
    EXPECT_EQ(changes(observe(good(current_, 1, at(114)))), Changes{Change::kCleared});
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

TEST_F(JudgeTest, DoesNotWakeForEverySample) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    int wakes = 0;
    for (int i = 1; i <= 3000; ++i) {
        observe(good(current_, 1, at(i)));
        if (*judge().next_deadline() <= at(i)) {
            EXPECT_TRUE(tick(i).empty());
            ++wakes;
        }
    }
    EXPECT_LE(wakes, 3000 / 30 + 1);
    EXPECT_GE(wakes, 1);
}

// ------------------------------------------------------------------------------------------ restart

class JudgeRestart : public JudgeTest {
protected:
    /// The daemon ends and comes back at `now`.
    void restart(double now) {
        const std::vector<RuleMemory> memory = judge().memory();
        judge_ = std::make_unique<Judge>(builder_.site());
        judge_->restore(memory, at(now));
    }
};

TEST_F(JudgeRestart, RemembersNothingAtRest) {
    leakage();
    builder_.silent(panel_, "cable-cut", seconds(30));
    observe(good(current_, 0, at(1)));
    EXPECT_TRUE(judge().memory().empty());
}

TEST_F(JudgeRestart, KeepsPendingTimeButNotTheTimeItWasDown) {
    leakage().on_delay = seconds(5);
    for (int i = 0; i <= 3; ++i) {
        observe(good(current_, 200, at(i)));
    }
    restart(1000);
    EXPECT_TRUE(observe(good(current_, 200, at(1001))).empty());
    EXPECT_TRUE(observe(good(current_, 200, at(1002))).empty());
    EXPECT_EQ(changes(observe(good(current_, 200, at(1003)))), Changes{Change::kRaised});
}

TEST_F(JudgeRestart, KeepsTheTimesOfAllLevels) {
    leakage().on_delay = seconds(5);
    observe(good(current_, 200, at(0)));
    observe(good(current_, 200, at(1)));
    observe(good(current_, 400, at(2)));
    observe(good(current_, 400, at(3)));
    const auto memory = judge().memory();
    ASSERT_EQ(memory.size(), 2U);
    EXPECT_EQ(memory[0].pending_level, 0);
    EXPECT_EQ(memory[0].pending, seconds(3));
    EXPECT_EQ(memory[1].pending_level, 1);
    EXPECT_EQ(memory[1].pending, seconds(1));
    restart(100);
    observe(good(current_, 400, at(101)));
    observe(good(current_, 400, at(102)));
    const auto raised = observe(good(current_, 400, at(103)));
    ASSERT_EQ(changes(raised), Changes{Change::kRaised});
    EXPECT_EQ(raised[0].severity, Severity::kModerate);
    observe(good(current_, 400, at(104)));
    EXPECT_EQ(changes(observe(good(current_, 400, at(105)))), Changes{Change::kSeverity});
}

TEST_F(JudgeRestart, DoesNotRaiseWhatWasActive) {
    leakage();
    observe(good(current_, 400, at(1)));
    restart(1000);
    EXPECT_TRUE(observe(good(current_, 400, at(1001))).empty());
    EXPECT_EQ(changes(observe(good(current_, 0, at(1002)))), Changes{Change::kCleared});
}

TEST_F(JudgeRestart, ClearsWhatIsGoneAfterIt) {
    leakage().off_delay = seconds(4);
    observe(good(current_, 400, at(1)));
    observe(good(current_, 0, at(2)));
    observe(good(current_, 0, at(4)));
    restart(1000);
    EXPECT_TRUE(observe(good(current_, 0, at(1001))).empty());
    EXPECT_EQ(changes(observe(good(current_, 0, at(1003)))), Changes{Change::kCleared})
        << "2 s before and 2 s after";
}

TEST_F(JudgeRestart, DoubtsAnActiveAlarmWhoseSensorDoesNotComeBack) {
    leakage();
    observe(good(current_, 400, at(1)));
    restart(1000);
    EXPECT_TRUE(pass(1009.9).empty());
    EXPECT_EQ(changes(pass(1010)), Changes{Change::kUncertain});
    restart(2000);
    EXPECT_TRUE(pass(1e5).empty()) << "was uncertain already";
    EXPECT_EQ(changes(observe(good(current_, 400, at(1e5)))), Changes{Change::kCertain});
}

TEST_F(JudgeRestart, GoesOnCountingASilenceAndKeepsASilentAlarm) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    observe(good(current_, 1, at(0)));
    observe(test::bad(current_, Reason::kTimeout, at(12)));
    restart(1000);
    EXPECT_TRUE(pass(1017.9).empty());
    EXPECT_EQ(changes(pass(1018)), Changes{Change::kRaised});
    restart(2000);
    EXPECT_TRUE(pass(1e5).empty());
    EXPECT_EQ(changes(observe(good(current_, 1, at(1e5)))), Changes{Change::kCleared});
}

TEST_F(JudgeRestart, ASilenceThatIsAlmostAnAlarmLeavesTheTimeToAsk) {
    builder_.silent(panel_, "cable-cut", seconds(30));
    observe(good(current_, 1, at(0)));
    observe(test::bad(current_, Reason::kTimeout, at(29.9)));
    restart(1000);
    EXPECT_TRUE(pass(1001).empty()) << "nobody has been asked yet";
    EXPECT_TRUE(observe(good(current_, 1, at(1001))).empty());
    EXPECT_TRUE(pass(1030).empty()) << "30 s from the answer on";
    EXPECT_EQ(changes(pass(1031)), Changes{Change::kRaised});
}

TEST_F(JudgeRestart, AVehicleThatStoodBeforeHasStoodAllTheTime) {
    config::Rule& lane = builder_.rule(current_, "lane", config::RuleKind::kOccupied);
    lane.levels = {test::level(10, Severity::kModerate), test::level(20, Severity::kMajor)};
    for (int i = 0; i <= 8; ++i) {
        observe(good(current_, 1, at(i)));
    }
    restart(1000);
    EXPECT_TRUE(observe(good(current_, 1, at(1001))).empty());
    EXPECT_TRUE(observe(good(current_, 1, at(1003))).empty()) << "7 s before and 2 s after";
    EXPECT_EQ(changes(observe(good(current_, 1, at(1004)))), Changes{Change::kRaised});
}

TEST_F(JudgeRestart, AStandstillOfDaysIsNotWrittenDownEverySecond) {
    config::Rule& frozen = builder_.rule(current_, "frozen", config::RuleKind::kStuck);
    frozen.silent_for = std::chrono::hours(64);
    std::set<Duration> written;
    for (int i = 0; i <= 10 * 3600 + 60; i += 10) {
        observe(good(current_, 5, at(i)));
        const std::vector<RuleMemory> memory = judge().memory();
        written.insert(memory.empty() ? Duration::zero() : memory[0].counted.value_or(Duration::zero()));
    }
    EXPECT_EQ(written.size(), 11U) << "once an hour";
    EXPECT_EQ(*written.rbegin(), std::chrono::hours(10));
}

TEST_F(JudgeRestart, FindsTheLevelOfAnAlarmOfWhichOnlyTheFactIsKnown) {
    leakage();
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore(
        std::vector<RuleMemory>{
            {.device = "panel", .point = "residual_current", .rule = "leakage", .active = true}},
        at(0));
    EXPECT_EQ(judge_->memory().size(), 1U);
    EXPECT_EQ(judge_->memory()[0].level, -1);
    const auto out = observe(good(current_, 350, at(1)));
    ASSERT_EQ(changes(out), Changes{Change::kSeverity});
    EXPECT_EQ(out[0].severity, Severity::kMajor);
    EXPECT_EQ(out[0].limit, 300);
    EXPECT_EQ(judge_->memory()[0].level, 1);
    EXPECT_TRUE(observe(good(current_, 350, at(2))).empty());
}

TEST_F(JudgeRestart, ClearsAnAlarmOfWhichOnlyTheFactIsKnown) {
    leakage();
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore(
        std::vector<RuleMemory>{
            {.device = "panel", .point = "residual_current", .rule = "leakage", .active = true}},
        at(0));
    EXPECT_EQ(changes(observe(good(current_, 0, at(1)))), Changes{Change::kCleared});
}

TEST_F(JudgeRestart, TakesUpAnAlarmThatIsFoundToStandLater) {
    leakage();
    observe(good(current_, 0, at(1)));
    const RuleMemory found{
        .device = "panel", .point = "residual_current", .rule = "leakage", .active = true, .level = 0};
    judge().take_up({.device = "panel", .point = "residual_current", .rule = "no-such-rule", .active = true});
    EXPECT_TRUE(judge().memory().empty());
    judge().take_up(found);
    EXPECT_TRUE(observe(good(current_, 200, at(2))).empty()) << "it stands already";
    EXPECT_EQ(changes(observe(good(current_, 0, at(3)))), Changes{Change::kCleared});
    EXPECT_EQ(changes(observe(good(current_, 350, at(4)))), Changes{Change::kRaised});
    judge().take_up(found);
    EXPECT_EQ(judge().memory()[0].level, 1) << "what is known is not made less";
}

TEST_F(JudgeRestart, IgnoresMemoryOfWhatIsGoneAndMendsWhatIsOutOfBounds) {
    leakage().on_delay = seconds(5);
    const RuleMemory here{.device = "panel", .point = "residual_current", .rule = "leakage"};
    std::vector<RuleMemory> memory(6, here);
    memory[0].rule = "no-such-rule";
    memory[1].device = "no-such-device";
    memory[2].point = "";
    memory[3].pending_level = 99;
    memory[3].pending = seconds(3);
    memory[4].pending_level = 0;
    memory[4].pending = Duration::max();
    memory[5].pending_level = -7;
    memory[5].pending = seconds(3);
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore(memory, at(0));
    ASSERT_EQ(judge_->memory().size(), 1U);
    EXPECT_EQ(judge_->memory()[0].pending, seconds(5)) << "never more than the delay";
    memory[4].active = true;
    memory[4].level = 99;
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore(std::span(memory).subspan(4, 1), at(0));
    EXPECT_EQ(changes(observe(good(current_, 350, at(1)))), Changes{Change::kSeverity})
        << "active at an unknown level";
}

}  // namespace
}  // namespace gengfu::rules
