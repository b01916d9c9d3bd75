// What a rule knows of itself over a restart.
#include "daemon/rules/judge.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
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

TEST_F(JudgeRestart, AValueThatWasLostBeforeAStartIsLostAfterIt) {
    config::Rule& rule = builder_.rule(current_, "no-current", RuleKind::kSilent);
    rule.silent_for = seconds(60);
    rule.answering = true;
    observe(good(current_, 1, at(0)));
    for (int i = 1; i <= 40; ++i) {
        observe(bad(current_, Reason::kOutOfRange, at(i)));
    }
    restart(1000);
    std::vector<Verdict> raised;
    int when = 1000;
    while (raised.empty() && when < 1100) {
        observe(bad(current_, Reason::kOutOfRange, at(++when)));
        raised = pass(when);
    }
    EXPECT_EQ(changes(raised), Changes{Change::kRaised});
    EXPECT_LE(when, 1061);
}

/// It falls silent itself, and the daemon is killed: that is told by its device's silence, and by nothing
/// else.
TEST_F(JudgeRestart, OfADeviceThatDoesNotAnswerAfterAStartNoValueIsMissed) {
    config::Rule& rule = builder_.rule(current_, "no-current", RuleKind::kSilent);
    rule.silent_for = seconds(12);
    rule.answering = true;
    observe(good(current_, 1, at(0)));
    for (int i = 1; i <= 3; ++i) {
        observe(bad(current_, Reason::kTimeout, at(i)));
    }
    restart(1000);
    int when = 1000;
    while (when < 1100) {
        observe(bad(current_, Reason::kTimeout, at(++when)));
        EXPECT_TRUE(pass(when).empty()) << when;
    }
    std::vector<Verdict> raised;
    while (raised.empty() && when < 1200) {
        observe(bad(current_, Reason::kOutOfRange, at(++when)));
        raised = pass(when);
    }
    EXPECT_EQ(changes(raised), Changes{Change::kRaised}) << "it is back, and has no value";
    EXPECT_GE(when, 1110);
    EXPECT_LE(when, 1114);
}

}  // namespace
}  // namespace gengfu::rules
