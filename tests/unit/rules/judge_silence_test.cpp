// Sensors that fall silent: rules of kind `silent`, and alarms that become uncertain.
#include "daemon/rules/judge.hpp"

#include <gtest/gtest.h>

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
using test::uncertain;

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

/// What a broken probe is: the device answers, and the value that was there comes no more.
class AnsweringTest : public JudgeTest {
protected:
    AnsweringTest() {
        config::Rule& rule = builder_.rule(current_, "no-current", RuleKind::kSilent);
        rule.silent_for = seconds(30);
        rule.answering = true;
    }
    /// Second by second; \return when it was raised, else 0
    int raised(int from, int to, Reason of_current, Reason of_temperature) {
        for (int i = from; i <= to; ++i) {
            observe(bad(current_, of_current, at(i)));
            observe(of_temperature == Reason::kNone ? good(temperature_, 20, at(i))
                                                    : bad(temperature_, of_temperature, at(i)));
            if (!pass(i).empty()) {
                return i;
            }
        }
        return 0;
    }
};

TEST_F(AnsweringTest, AValueThatComesNoMoreIsTold) {
    observe(good(current_, 1, at(0)));
    EXPECT_EQ(raised(1, 100, Reason::kOutOfRange, Reason::kNone), 30);
    EXPECT_EQ(changes(observe(good(current_, 1, at(32)))), Changes{Change::kCleared});
    EXPECT_EQ(raised(33, 100, Reason::kNotProtecting, Reason::kNotProtecting), 62) << "it answers";
}

TEST_F(AnsweringTest, WhereNeverWasAValueNothingIsConnected) {
    EXPECT_EQ(raised(0, 1000, Reason::kOutOfRange, Reason::kNone), 0);
    observe(good(current_, 1, at(1001)));
    EXPECT_EQ(raised(1002, 1100, Reason::kOutOfRange, Reason::kNone), 1031);
}

TEST_F(AnsweringTest, ADeviceThatIsSilentIsNoBrokenProbe) {
    observe(good(current_, 1, at(0)));
    EXPECT_EQ(raised(1, 100, Reason::kTimeout, Reason::kTimeout), 0);
    // Back without the value: its time begins anew, whatever the device was silent for.
    EXPECT_EQ(raised(101, 200, Reason::kOutOfRange, Reason::kNone), 131);
}

TEST_F(AnsweringTest, AnswersThatAreLostNowAndThenAreNoBreak) {
    observe(good(current_, 1, at(0)));
    for (int i = 1; i < 30; ++i) {
        const Reason lost = i % 3 == 0 ? Reason::kTimeout : Reason::kOutOfRange;
        ASSERT_EQ(raised(i, i, lost, i % 3 == 0 ? Reason::kTimeout : Reason::kNone), 0);
    }
    EXPECT_EQ(raised(30, 40, Reason::kOutOfRange, Reason::kNone), 30);
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

}  // namespace
}  // namespace gengfu::rules
