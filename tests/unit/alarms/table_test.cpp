#include "daemon/alarms/table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using config::RuleKind;
using rules::Change;
using rules::Verdict;

constexpr Epoch kEpoch{0xabcdef};

Stamp stamp(std::int64_t second) {
    return {.boot = {7},
            .monotonic_us = second * 1'000'000,
            .wall = Wall{std::chrono::seconds(1'800'000'000 + second)}};
}

const Actor kLi{ActorKind::kUser, "li", "", "on my way"};

/// Two rules at a panel's residual current: "leakage" (0) and "leakage-latched" (1); one about its device:
/// "cut" (2).
class TableTest : public testing::Test {
protected:
    TableTest() {
        const DeviceId panel = builder_.device("panel", {"residual_current"});
        point_ = builder_.point(panel, "residual_current");
        builder_.rule(point_, "leakage", RuleKind::kAbove).levels = {test::level(180, Severity::kModerate),
                                                                     test::level(300)};
        builder_.rule(point_, "leakage-latched", RuleKind::kAbove).levels = {test::level(300)};
        builder_.site().rules[1].latch = true;
        builder_.silent(panel, "cut", std::chrono::seconds(30));
        table_ = std::make_unique<Table>(kEpoch, builder_.site());
    }

    static Verdict verdict(Change change, Severity severity = Severity::kModerate, std::uint32_t rule = 0) {
        Verdict verdict;
        verdict.rule = RuleId{rule};
        verdict.change = change;
        verdict.severity = severity;
        verdict.sample = test::good(PointId{0}, 200, Monotonic(std::chrono::seconds(90)));
        verdict.limit = 180;
        verdict.value = 200;
        return verdict;
    }

    std::optional<Transition> apply(const Verdict& verdict) {
        auto transition = table_->apply(verdict, stamp(++now_), sequence_ + 1);
        sequence_ += transition ? 1 : 0;
        return transition;
    }
    std::optional<Transition> apply(Change change, Severity severity = Severity::kModerate,
                                    std::uint32_t rule = 0) {
        return apply(verdict(change, severity, rule));
    }
    Outcome acknowledge(AlarmId id, std::uint64_t revision = 0) {
        Outcome outcome = table_->acknowledge(id, revision, kLi, stamp(++now_), sequence_ + 1);
        sequence_ += outcome.transition ? 1 : 0;
        return outcome;
    }
    Outcome reset(AlarmId id, std::uint64_t revision = 0) {
        Outcome outcome = table_->reset(id, revision, kLi, stamp(++now_), sequence_ + 1);
        sequence_ += outcome.transition ? 1 : 0;
        return outcome;
    }
    /// The daemon ends and starts again, perhaps with another configuration.
    void restart(const config::Site& site, Epoch epoch = Epoch{0x1234}) {
        auto next = std::make_unique<Table>(epoch, site);
        for (const Alarm* alarm : table_->standing()) {
            next->restore(*alarm);
        }
        table_ = std::move(next);
        sequence_ = 0;
    }

    test::SiteBuilder builder_;
    PointId point_;
    std::unique_ptr<Table> table_;
    std::int64_t now_ = 99;
    std::uint64_t sequence_ = 41;
};

TEST_F(TableTest, ARaiseMakesAnAlarmThatSaysItAll) {
    const auto raised = apply(Change::kRaised);
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->kind, TransitionKind::kRaised);
    EXPECT_EQ(raised->sequence, 42U);
    EXPECT_EQ(raised->actor, Actor{});
    const Alarm& alarm = raised->alarm;
    EXPECT_EQ(to_string(alarm.id), "0000000000abcdef-42");
    EXPECT_EQ(alarm.revision, 1U);
    EXPECT_EQ(alarm.raise_revision, 1U);
    EXPECT_EQ(alarm.key, (Key{"panel", "residual_current", "leakage"}));
    EXPECT_TRUE(alarm.active);
    EXPECT_FALSE(alarm.acknowledged || alarm.latched || alarm.uncertain || alarm.removed);
    EXPECT_EQ(alarm.severity, Severity::kModerate);
    EXPECT_EQ(alarm.raised, stamp(100));
    EXPECT_FALSE(alarm.cleared);
    ASSERT_TRUE(alarm.texts);
    EXPECT_EQ(alarm.texts->title.en, "title of leakage");
    EXPECT_EQ(alarm.text.zh, "200 mA,限值 180 mA");
    EXPECT_EQ(alarm.text.en, "200 mA, limit 180 mA");
    EXPECT_EQ(table_->find(alarm.id)->key.rule, "leakage");
}

TEST_F(TableTest, AnAlarmOfADeviceNamesNoPoint) {
    EXPECT_EQ(apply(Change::kRaised, Severity::kMajor, 2)->alarm.key, (Key{"panel", "", "cut"}));
}

TEST_F(TableTest, DoesNotRaiseTwice) {
    apply(Change::kRaised);
    EXPECT_FALSE(apply(Change::kRaised));
    EXPECT_EQ(table_->standing().size(), 1U);
}

TEST_F(TableTest, ClearedAndAcknowledgedInEitherOrderIsOver) {
    const AlarmId first = apply(Change::kRaised)->alarm.id;
    EXPECT_FALSE(apply(Change::kCleared)->alarm.over());
    EXPECT_EQ(table_->find(first)->cleared, stamp(101));
    const Outcome outcome = acknowledge(first);
    ASSERT_EQ(outcome.answer, Answer::kDone);
    EXPECT_TRUE(outcome.transition->alarm.over());
    EXPECT_EQ(outcome.revision, 3U);
    EXPECT_EQ(table_->find(first), nullptr);

    const AlarmId second = apply(Change::kRaised)->alarm.id;
    EXPECT_NE(second, first) << "an alarm that is over never comes back";
    EXPECT_FALSE(acknowledge(second).transition->alarm.over());
    EXPECT_TRUE(apply(Change::kCleared)->alarm.over());
    EXPECT_TRUE(table_->standing().empty());
    EXPECT_EQ(acknowledge(second).answer, Answer::kNotFound);
}

TEST_F(TableTest, AnAcknowledgementKeepsWhoAndWhen) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    const Outcome outcome = acknowledge(id);
    EXPECT_EQ(outcome.transition->kind, TransitionKind::kAcknowledged);
    EXPECT_EQ(outcome.transition->actor, kLi);
    EXPECT_EQ(outcome.transition->alarm.acknowledged_by, kLi);
    EXPECT_EQ(outcome.transition->alarm.acknowledged_at, stamp(101));
    EXPECT_TRUE(table_->find(id)->active);
}

TEST_F(TableTest, ARepeatedAcknowledgementIsHarmless) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    acknowledge(id, 1);
    const Outcome again = acknowledge(id, 1);
    EXPECT_EQ(again.answer, Answer::kAlready);
    EXPECT_FALSE(again.transition);
    EXPECT_EQ(again.revision, 2U);
}

TEST_F(TableTest, ALateAcknowledgementDoesNotAcknowledgeALaterRaise) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;  // revision 1
    apply(Change::kCleared);                              // 2
    const auto again = apply(Change::kRaised);            // 3
    ASSERT_TRUE(again);
    EXPECT_EQ(again->alarm.id, id) << "clear but not over: the same alarm";
    EXPECT_EQ(again->kind, TransitionKind::kRaised);
    EXPECT_EQ(again->alarm.raise_revision, 3U);
    EXPECT_FALSE(again->alarm.cleared);
    for (const std::uint64_t seen : {1U, 2U}) {
        const Outcome late = acknowledge(id, seen);
        EXPECT_EQ(late.answer, Answer::kStale);
        EXPECT_EQ(late.revision, 3U);
    }
    EXPECT_FALSE(table_->find(id)->acknowledged);
    EXPECT_EQ(acknowledge(id, 3).answer, Answer::kDone);
}

TEST_F(TableTest, AnAcknowledgementOfAnyRevisionSinceTheRaiseCounts) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    apply(Change::kUncertain);
    apply(Change::kCertain);
    EXPECT_EQ(acknowledge(id, 2).answer, Answer::kDone);
}

TEST_F(TableTest, AnAcknowledgementOfARevisionThatNeverWasIsStale) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    EXPECT_EQ(acknowledge(id, 2).answer, Answer::kStale);
    EXPECT_FALSE(table_->find(id)->acknowledged);
}

TEST_F(TableTest, ARiseTakesTheAcknowledgementAwayAndAFallDoesNot) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    acknowledge(id);
    const auto rise = apply(Change::kSeverity, Severity::kMajor);
    ASSERT_TRUE(rise);
    EXPECT_EQ(rise->kind, TransitionKind::kSeverityChanged);
    EXPECT_FALSE(rise->alarm.acknowledged);
    EXPECT_FALSE(rise->alarm.acknowledged_at);
    EXPECT_EQ(rise->alarm.acknowledged_by, Actor{});
    EXPECT_EQ(rise->alarm.raise_revision, 3U);
    EXPECT_EQ(rise->alarm.raised, stamp(100)) << "still the same raise";
    acknowledge(id);
    const auto fall = apply(Change::kSeverity, Severity::kModerate);
    ASSERT_TRUE(fall);
    EXPECT_TRUE(fall->alarm.acknowledged);
    EXPECT_EQ(fall->alarm.severity, Severity::kModerate);
    EXPECT_FALSE(apply(Change::kSeverity, Severity::kModerate)) << "nothing changed";
}

TEST_F(TableTest, SilenceMakesUncertainAndNeverClears) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    Verdict silent = verdict(Change::kUncertain);
    silent.value = std::numeric_limits<double>::quiet_NaN();
    silent.sample = test::bad(point_, Reason::kTimeout, Monotonic(std::chrono::seconds(95)));
    const auto uncertain = apply(silent);
    ASSERT_TRUE(uncertain);
    EXPECT_EQ(uncertain->kind, TransitionKind::kUncertain);
    EXPECT_TRUE(uncertain->alarm.active && uncertain->alarm.uncertain);
    EXPECT_EQ(uncertain->alarm.evidence.value, 200) << "the last that was known";
    EXPECT_EQ(uncertain->alarm.evidence.quality, Quality::kBad);
    EXPECT_EQ(uncertain->alarm.evidence.reason, Reason::kTimeout);
    EXPECT_FALSE(apply(silent));
    acknowledge(id);
    EXPECT_TRUE(table_->find(id)->active);
    const auto certain = apply(Change::kCertain);
    ASSERT_TRUE(certain);
    EXPECT_EQ(certain->kind, TransitionKind::kCertain);
    EXPECT_TRUE(certain->alarm.active && certain->alarm.acknowledged && !certain->alarm.uncertain);
    EXPECT_FALSE(apply(Change::kCertain));
}

/// Of a sensor that was silent for a week, the worker must not read the value of last week.
TEST_F(TableTest, WhatIsCertainAgainIsTextOfNow) {
    builder_.site().rules[0].texts = std::make_shared<const config::RuleText>(
        config::RuleText{{"漏电", "Leakage"}, {"电流 {value:.0f}", "{value:.0f} now"}, {}, {}, {}});
    apply(Change::kRaised);
    Verdict silent = verdict(Change::kUncertain);
    silent.value = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(apply(silent)->alarm.text.en, "200 now") << "the last that is known";
    Verdict back = verdict(Change::kCertain);
    back.value = back.sample.value = 233;
    const auto certain = apply(back);
    ASSERT_TRUE(certain);
    EXPECT_EQ(certain->alarm.text.en, "233 now");
    EXPECT_EQ(certain->alarm.text.zh, "电流 233");
    EXPECT_EQ(certain->alarm.evidence.value, 233);
}

TEST_F(TableTest, ClearingEndsTheDoubt) {
    apply(Change::kRaised);
    apply(Change::kUncertain);
    const auto cleared = apply(Change::kCleared);
    ASSERT_TRUE(cleared);
    EXPECT_FALSE(cleared->alarm.active || cleared->alarm.uncertain);
}

TEST_F(TableTest, ALatchedAlarmStaysUntilReset) {
    const AlarmId id = apply(Change::kRaised, Severity::kMajor, 1)->alarm.id;
    const std::string name = "alarm " + to_string(id) + " (leakage-latched at panel/residual_current)";
    Outcome refused = reset(id);
    EXPECT_EQ(refused.answer, Answer::kRefused) << "active";
    EXPECT_EQ(refused.why,
              name + " is still active: it can be reset when its condition is gone and it is acknowledged");
    acknowledge(id);
    refused = reset(id);
    EXPECT_EQ(refused.answer, Answer::kRefused) << "active, though acknowledged";
    EXPECT_EQ(refused.why, name + " is still active: it can be reset when its condition is gone");
    EXPECT_FALSE(apply(Change::kCleared, Severity::kMajor, 1)->alarm.over());
    const Outcome outcome = reset(id);
    ASSERT_EQ(outcome.answer, Answer::kDone);
    EXPECT_EQ(outcome.transition->kind, TransitionKind::kReset);
    EXPECT_EQ(outcome.transition->actor, kLi);
    EXPECT_TRUE(outcome.transition->alarm.over());
    EXPECT_EQ(outcome.transition->alarm.acknowledged_by, kLi);
    EXPECT_EQ(reset(id).answer, Answer::kNotFound);
}

TEST_F(TableTest, AResetWantsTheAcknowledgementFirst) {
    const AlarmId id = apply(Change::kRaised, Severity::kMajor, 1)->alarm.id;
    apply(Change::kCleared, Severity::kMajor, 1);
    const Outcome refused = reset(id);
    EXPECT_EQ(refused.answer, Answer::kRefused);
    EXPECT_NE(refused.why.find("is clear, but nobody has acknowledged it"), std::string::npos) << refused.why;
    const AlarmId plain = apply(Change::kRaised)->alarm.id;
    EXPECT_NE(reset(plain).why.find("is not latched: it is over by itself"), std::string::npos);
    acknowledge(id);
    EXPECT_EQ(reset(id).answer, Answer::kDone);
}

TEST_F(TableTest, KnowsWhatIsOver) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    EXPECT_TRUE(table_->over().empty());
    apply(Change::kCleared);
    acknowledge(id);
    EXPECT_EQ(table_->over(), std::deque<AlarmId>{id});
    Table next(Epoch{2}, builder_.site());
    next.restore_over({table_->over().begin(), table_->over().end()});
    Alarm ended;
    ended.id = {Epoch{1}, 7};
    ended.acknowledged = true;
    next.restore(ended);  // by an event after the last book
    next.restore(ended);
    EXPECT_EQ(next.over(), (std::deque<AlarmId>{id, ended.id}));
    std::vector<AlarmId> many;
    for (std::uint64_t i = 0; i < 2 * kOverKept; ++i) {
        many.push_back({Epoch{3}, i});
    }
    next.restore_over(many);
    EXPECT_EQ(next.over().size(), kOverKept);
    EXPECT_EQ(next.over().back(), many.back());
}

TEST_F(TableTest, AResetOfAnOlderRaiseIsStale) {
    const AlarmId id = apply(Change::kRaised, Severity::kMajor, 1)->alarm.id;
    apply(Change::kCleared, Severity::kMajor, 1);
    acknowledge(id);
    EXPECT_EQ(apply(Change::kRaised, Severity::kMajor, 1)->alarm.id, id) << "latched: the same alarm";
    EXPECT_FALSE(table_->find(id)->acknowledged);
    apply(Change::kCleared, Severity::kMajor, 1);
    acknowledge(id);
    EXPECT_EQ(reset(id, 3).answer, Answer::kStale);
    EXPECT_EQ(reset(id, 6).answer, Answer::kDone);
}

TEST_F(TableTest, AConditionThatIsSaidToHoldIsNeverLost) {
    for (const Change change : {Change::kSeverity, Change::kCertain, Change::kUncertain}) {
        const auto raised = apply(change);
        ASSERT_TRUE(raised);
        EXPECT_EQ(raised->kind, TransitionKind::kRaised);
        EXPECT_TRUE(raised->alarm.active);
        EXPECT_EQ(raised->alarm.uncertain, change == Change::kUncertain);
        acknowledge(raised->alarm.id);
        apply(Change::kCleared);
    }
    EXPECT_FALSE(apply(Change::kCleared)) << "of what does not stand";
}

TEST_F(TableTest, ARaiseOfWhatIsActiveStillCorrectsIt) {
    apply(Change::kRaised);
    apply(Change::kUncertain);
    EXPECT_EQ(apply(Change::kRaised)->kind, TransitionKind::kCertain);
    EXPECT_EQ(apply(Change::kRaised, Severity::kMajor)->kind, TransitionKind::kSeverityChanged);
}

TEST_F(TableTest, IgnoresAVerdictOfARuleThatTheSiteDoesNotHave) {
    EXPECT_FALSE(apply(Change::kRaised, Severity::kMajor, 99));
}

TEST_F(TableTest, UsesASequenceOnlyForATransition) {
    const AlarmId first = apply(Change::kRaised)->alarm.id;
    apply(Change::kRaised);
    const AlarmId second = apply(Change::kRaised, Severity::kMajor, 1)->alarm.id;
    EXPECT_EQ(second.sequence, first.sequence + 1);
}

// -------------------------------------------------------------------------------------- reload and restart

TEST_F(TableTest, TakesUpItsAlarmsAfterARestart) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    restart(builder_.site());
    EXPECT_FALSE(apply(Change::kRaised)) << "not raised twice";
    EXPECT_EQ(apply(Change::kSeverity, Severity::kMajor)->alarm.id, id);
    EXPECT_EQ(apply(Change::kCleared)->alarm.id, id);
    EXPECT_TRUE(acknowledge(id).transition->alarm.over());
    EXPECT_EQ(apply(Change::kRaised)->alarm.id.epoch, Epoch{0x1234}) << "a new one is of the new run";
}

TEST_F(TableTest, TheLaterStateOfAnAlarmWins) {
    const Alarm raised = apply(Change::kRaised)->alarm;
    const Alarm acknowledged = acknowledge(raised.id).transition->alarm;
    const Alarm over = apply(Change::kCleared)->alarm;
    Table table(Epoch{5}, builder_.site());
    table.restore(acknowledged);
    table.restore(raised);
    EXPECT_TRUE(table.find(raised.id)->acknowledged) << "an earlier state is ignored";
    table.restore(over);
    EXPECT_EQ(table.find(raised.id), nullptr);
    EXPECT_TRUE(table.apply(verdict(Change::kRaised), stamp(500), 1)) << "its key is free again";
}

TEST_F(TableTest, ListsTheOldestRaiseFirst) {
    apply(Change::kRaised);
    apply(Change::kRaised, Severity::kMajor, 1);
    restart(builder_.site(), Epoch{0xffffff});
    apply(Change::kRaised, Severity::kMajor, 2);
    restart(builder_.site(), Epoch{1});
    apply(Change::kCleared);
    apply(Change::kRaised);
    std::vector<std::string> rules;
    for (const Alarm* alarm : table_->standing()) {
        rules.push_back(alarm->key.rule);
    }
    EXPECT_EQ(rules, (std::vector<std::string>{"leakage-latched", "cut", "leakage"}));
}

TEST_F(TableTest, ARuleThatIsGoneEndsItsAlarmsByAnAuditedRemoval) {
    const AlarmId id = apply(Change::kRaised, Severity::kMajor, 1)->alarm.id;
    acknowledge(id);
    apply(Change::kUncertain, Severity::kMajor, 1);
    EXPECT_TRUE(table_->orphans().empty());
    EXPECT_FALSE(table_->remove(id, stamp(200), 1)) << "its rule is there";
    config::Site without = builder_.site();
    without.rules.erase(without.rules.begin() + 1);
    restart(without);
    ASSERT_EQ(table_->orphans(), std::vector<AlarmId>{id});
    const auto removed = table_->remove(id, stamp(200), 7);
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->kind, TransitionKind::kRemoved);
    EXPECT_EQ(removed->sequence, 7U);
    const Alarm& alarm = removed->alarm;
    EXPECT_TRUE(alarm.removed);
    EXPECT_FALSE(alarm.active || alarm.acknowledged || alarm.latched || alarm.uncertain || alarm.over());
    EXPECT_EQ(alarm.cleared, stamp(200));
    EXPECT_TRUE(table_->orphans().empty());
    EXPECT_FALSE(table_->remove(id, stamp(200), 8));
    EXPECT_EQ(acknowledge(id, alarm.revision - 1).answer, Answer::kStale) << "it has not seen the removal";
    EXPECT_TRUE(acknowledge(id, alarm.revision).transition->alarm.over());
}

TEST_F(TableTest, ARemovedRuleThatComesBackTakesItsAlarmUpAgain) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    config::Site without = builder_.site();
    without.rules.clear();
    restart(without);
    table_->remove(id, stamp(200), 1);
    restart(builder_.site());
    EXPECT_TRUE(table_->orphans().empty());
    const auto raised = apply(Change::kRaised);
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->alarm.id, id);
    EXPECT_FALSE(raised->alarm.removed);
}

TEST_F(TableTest, ARuleThatIsToRaiseNoAlarmAnyMoreEndsTheOneThatStands) {
    const AlarmId id = apply(Change::kRaised)->alarm.id;
    acknowledge(id);
    config::Site quiet = builder_.site();
    quiet.rules[0].alarm = false;
    restart(quiet);
    ASSERT_EQ(table_->orphans(), std::vector<AlarmId>{id});
    const auto removed = table_->remove(id, stamp(200), 1);
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->alarm.removed && !removed->alarm.active);
    restart(builder_.site());
    const auto raised = apply(Change::kRaised);
    ASSERT_TRUE(raised);
    EXPECT_TRUE(raised->notify) << "the next danger calls";
    Alarm at_the_broker = raised->alarm;
    restart(quiet);
    Table fresh(kEpoch, quiet);
    EXPECT_FALSE(fresh.take_up(std::move(at_the_broker))) << "nothing would clear it";
}

TEST_F(TableTest, ADeviceThatIsGoneOrphansItsAlarms) {
    apply(Change::kRaised);
    apply(Change::kRaised, Severity::kMajor, 2);
    config::Site renamed = builder_.site();
    renamed.devices[0].name = "another";
    restart(renamed);
    EXPECT_EQ(table_->orphans().size(), 2U);
}

TEST_F(TableTest, AnAlarmWhoseKeyAnotherHasTakenCanBeEnded) {
    const Alarm first = apply(Change::kRaised)->alarm;
    Alarm second = first;
    second.id = {Epoch{77}, 3};
    Table table(Epoch{5}, builder_.site());
    table.restore(first);
    table.restore(second);
    ASSERT_EQ(table.orphans(), std::vector<AlarmId>{first.id});
    EXPECT_EQ(table.apply(verdict(Change::kCleared), stamp(300), 1)->alarm.id, second.id);
    EXPECT_TRUE(table.acknowledge(second.id, 0, kLi, stamp(301), 2).transition->alarm.over());
    ASSERT_EQ(table.orphans(), std::vector<AlarmId>{first.id});
    EXPECT_TRUE(table.remove(first.id, stamp(302), 3));
    EXPECT_TRUE(table.acknowledge(first.id, 0, kLi, stamp(303), 4).transition->alarm.over());
    EXPECT_TRUE(table.standing().empty());
}

TEST_F(TableTest, EndingAnAlarmWhoseKeyAnotherHasTakenLeavesTheOtherAlone) {
    const Alarm first = apply(Change::kRaised)->alarm;
    Alarm second = first;
    second.id = {Epoch{77}, 3};
    Table table(Epoch{5}, builder_.site());
    table.restore(first);
    table.restore(second);
    table.remove(first.id, stamp(300), 1);
    EXPECT_TRUE(table.acknowledge(first.id, 0, kLi, stamp(301), 2).transition->alarm.over());
    EXPECT_FALSE(table.apply(verdict(Change::kRaised), stamp(302), 3)) << "the other one stands";
    EXPECT_EQ(table.apply(verdict(Change::kCleared), stamp(303), 3)->alarm.id, second.id);
}

TEST_F(TableTest, AnAlarmThatOnlyTheBrokerKnewIsTakenUp) {
    Alarm lost = apply(Change::kRaised)->alarm;
    lost.texts = std::make_shared<config::RuleText>();  // the wire has no template
    Table table(Epoch{5}, builder_.site());
    ASSERT_TRUE(table.take_up(lost));
    EXPECT_FALSE(table.apply(verdict(Change::kRaised), stamp(300), 1)) << "one alarm, one notification";
    const auto graver = table.apply(verdict(Change::kSeverity, Severity::kMajor), stamp(301), 1);
    ASSERT_TRUE(graver);
    EXPECT_EQ(graver->alarm.id, lost.id);
    EXPECT_EQ(graver->alarm.text.en, "200 mA, limit 180 mA") << "filled in from the site's own template";
    EXPECT_EQ(table.apply(verdict(Change::kCleared), stamp(302), 2)->alarm.id, lost.id);
}

TEST_F(TableTest, WhatTheBrokerSaysOfPeopleIsNotTakenUp) {
    Alarm forged = apply(Change::kRaised)->alarm;
    forged.acknowledged = true;
    forged.shelved =
        Hold{.by = kLi, .since = stamp(1), .expires = stamp(86'400), .seen = Severity::kCritical};
    Table table(Epoch{5}, builder_.site());
    ASSERT_TRUE(table.take_up(forged));
    const Alarm& taken = *table.find(forged.id);
    EXPECT_FALSE(taken.acknowledged || taken.held());
    EXPECT_FALSE(table.apply(verdict(Change::kCleared), stamp(300), 1)->alarm.over());
    const auto raised = table.apply(verdict(Change::kRaised), stamp(301), 2);
    ASSERT_TRUE(raised) << "a danger that comes later is told";
    EXPECT_TRUE(raised->notify);
}

TEST_F(TableTest, WhatCannotStandIsNotTakenUp) {
    const Alarm lost = apply(Change::kRaised)->alarm;
    Alarm over = lost;
    over.active = false;
    over.acknowledged = true;
    Alarm unknown = lost;
    unknown.key.rule = "no-such-rule";
    Table table(Epoch{5}, builder_.site());
    EXPECT_FALSE(table.take_up(over));
    EXPECT_FALSE(table.take_up(unknown));
    EXPECT_TRUE(table.standing().empty());
    const AlarmId ours = table.apply(verdict(Change::kRaised), stamp(300), 1)->alarm.id;
    EXPECT_FALSE(table.take_up(lost)) << "another of its key stands";
    ASSERT_EQ(table.standing().size(), 1U);
    EXPECT_EQ(table.standing().front()->id, ours);
    EXPECT_TRUE(table.orphans().empty());
}

TEST_F(TableTest, ARestoredLaterRaiseIsListedAsTheLatest) {
    const Alarm first = apply(Change::kRaised)->alarm;
    const Alarm other = apply(Change::kRaised, Severity::kMajor, 1)->alarm;
    const Alarm cleared = apply(Change::kCleared)->alarm;
    const Alarm again = apply(Change::kRaised)->alarm;
    Table table(Epoch{5}, builder_.site());
    for (const Alarm& state : {first, other, cleared}) {
        table.restore(state);
    }
    ASSERT_EQ(table.standing().size(), 2U);
    EXPECT_EQ(table.standing().front()->id, first.id) << "clearing is no raise";
    table.restore(again);
    EXPECT_EQ(table.standing().front()->id, other.id);
}

}  // namespace
}  // namespace gengfu::alarms
