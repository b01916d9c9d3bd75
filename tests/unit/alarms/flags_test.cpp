// Shelves, causes, devices out of service, chattering: what the closure test does not say in words.
#include <gtest/gtest.h>

#include "daemon/alarms/hold.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using rules::Change;

const Actor kLi{ActorKind::kUser, "li", "", "known"};

/// A panel with its current ("leakage", rule 0), its silence ("cut", 1) and that of its point ("mute", 2); a
/// second panel with its silence (3); one line, one feed.
class FlagsTest : public testing::Test {
protected:
    FlagsTest() {
        const DeviceId panel = builder_.device("panel", {"current"});
        builder_.rule(builder_.point(panel, "current"), "leakage", config::RuleKind::kAbove).levels = {
            test::level(180, Severity::kModerate), test::level(300)};
        builder_.silent(panel, "cut", std::chrono::seconds(30));
        builder_.rule(builder_.point(panel, "current"), "mute", config::RuleKind::kSilent).silent_for =
            std::chrono::seconds(30);
        builder_.silent(builder_.device("other", {"current"}), "cut", std::chrono::seconds(30));
        builder_.site().feeds = {{"psu-1"}};
        builder_.site().devices[0].feed = builder_.site().devices[1].feed = "psu-1";
        config::add_self(builder_.site());
        table_ = std::make_unique<Table>(Epoch{1}, builder_.site());
    }

    RuleId rule(const std::string& name) const {
        const config::Site& site = builder_.site();
        for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
            if (site.rules[i].name == name) {
                return RuleId{i};
            }
        }
        ADD_FAILURE() << name;
        return {};
    }

    std::vector<Transition> apply(RuleId rule, Change change, Severity severity = Severity::kModerate) {
        rules::Verdict verdict;
        verdict.rule = rule;
        verdict.change = change;
        verdict.severity = severity;
        verdict.value = 5;
        std::vector<Transition> all;
        if (auto first = table_->apply(verdict, now_, sequence_ + 1)) {
            ++sequence_;
            all.push_back(std::move(*first));
        }
        for (Transition& more : settle()) {
            all.push_back(std::move(more));
        }
        return all;
    }
    std::vector<Transition> settle() {
        std::vector<Transition> all = table_->settle(now_, sequence_ + 1);
        sequence_ += all.size();
        return all;
    }
    std::optional<Transition> fail_anew() {
        rules::Verdict verdict;
        verdict.rule = rule("bus-down");
        verdict.severity = Severity::kMajor;
        verdict.value = 1;
        return table_->raise_anew(verdict, now_, ++sequence_);
    }
    void wait(Duration time) { now_ = later(now_, time); }

    mutable test::SiteBuilder builder_;
    std::unique_ptr<Table> table_;
    Stamp now_{{9}, 5'000'000, Wall{std::chrono::seconds(1'800'000'000)}};
    std::uint64_t sequence_ = 0;
};

TEST_F(FlagsTest, AShelvedAlarmLivesOnInSilence) {
    const AlarmId id = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    const Outcome shelved = table_->shelve(id, 1, kLi, now_, std::chrono::hours(2), ++sequence_);
    ASSERT_EQ(shelved.answer, Answer::kDone);
    EXPECT_EQ(shelved.transition->kind, TransitionKind::kShelved);
    EXPECT_EQ(shelved.transition->alarm.shelved->by, kLi);
    table_->acknowledge(id, 0, kLi, now_, ++sequence_);
    EXPECT_FALSE(apply(RuleId{0}, Change::kCleared).at(0).alarm.over()) << "the shelf covers the next raise";
    const Transition again = apply(RuleId{0}, Change::kRaised).at(0);
    EXPECT_EQ(again.alarm.id, id);
    EXPECT_FALSE(again.notify);
    wait(std::chrono::hours(2));
    const std::vector<Transition> ended = settle();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, TransitionKind::kUnshelved);
    EXPECT_EQ(ended[0].actor.reason, "已到时限 / its time is over");
    EXPECT_TRUE(ended[0].notify) << "it stands, and nobody took note";
}

TEST_F(FlagsTest, WhatIsGraverThanWhatWasShelvedCalls) {
    const AlarmId id = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    table_->shelve(id, 0, kLi, now_, std::chrono::hours(2), ++sequence_);
    const Transition rise = apply(RuleId{0}, Change::kSeverity, Severity::kMajor).at(0);
    EXPECT_FALSE(rise.alarm.shelved);
    EXPECT_TRUE(rise.notify);
}

TEST_F(FlagsTest, ALineThatIsDownExplainsTheSilenceOfItsDevices) {
    const Transition danger = apply(RuleId{0}, Change::kRaised).at(0);
    const Transition early = apply(RuleId{1}, Change::kRaised).at(0);
    EXPECT_TRUE(danger.notify && early.notify);
    table_->set_behind(rule("bus-down"), {"panel", "other"});
    const std::vector<Transition> down = apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    ASSERT_EQ(down.size(), 2U);
    EXPECT_TRUE(down[0].notify);
    EXPECT_EQ(down[0].alarm.behind, (std::vector<std::string>{"panel", "other"}));
    EXPECT_EQ(down[1].kind, TransitionKind::kSuppressed);
    EXPECT_EQ(down[1].alarm.id, early.alarm.id);
    EXPECT_EQ(down[1].alarm.suppressed->cause, down[0].alarm.id);
    const Transition child = apply(RuleId{3}, Change::kRaised).at(0);
    EXPECT_EQ(child.kind, TransitionKind::kRaised) << "it is in the record";
    EXPECT_FALSE(child.notify);
    EXPECT_EQ(child.alarm.suppressed->cause, down[0].alarm.id);
    EXPECT_FALSE(table_->find(danger.alarm.id)->held()) << "a danger that was seen is no silence";
}

TEST_F(FlagsTest, AWorkerThatHangsExplainsTheSilenceOfItsLine) {
    table_->set_behind(rule("bus-stuck"), {"panel"});
    const Transition stuck = apply(rule("bus-stuck"), Change::kRaised, Severity::kMajor).at(0);
    const Transition child = apply(RuleId{1}, Change::kRaised).at(0);
    EXPECT_TRUE(stuck.notify);
    EXPECT_FALSE(child.notify);
    EXPECT_EQ(child.alarm.suppressed->cause, stuck.alarm.id);
    const std::vector<Transition> over = apply(rule("bus-stuck"), Change::kCleared, Severity::kMajor);
    ASSERT_EQ(over.size(), 2U);
    EXPECT_EQ(over[1].kind, TransitionKind::kReleased) << "who is silent still speaks for himself";
    EXPECT_TRUE(over[1].notify);
}

TEST_F(FlagsTest, ChildrenThatCameBackAreOverAndTheOthersSpeakForThemselves) {
    apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    apply(RuleId{1}, Change::kRaised);
    const AlarmId dead = apply(RuleId{3}, Change::kRaised).at(0).alarm.id;
    const Transition back = apply(RuleId{1}, Change::kCleared).at(0);
    EXPECT_TRUE(back.alarm.over()) << "nobody was called for it";
    EXPECT_EQ(back.alarm.acknowledged_by.kind, ActorKind::kGateway);
    const std::vector<Transition> up = apply(rule("bus-down"), Change::kCleared);
    ASSERT_EQ(up.size(), 2U);
    EXPECT_EQ(up[1].kind, TransitionKind::kReleased);
    EXPECT_EQ(up[1].alarm.id, dead);
    EXPECT_TRUE(up[1].notify);
}

TEST_F(FlagsTest, AChildThatHadCalledBeforeItsCauseDoesNotCallTwice) {
    const AlarmId id = apply(RuleId{1}, Change::kRaised).at(0).alarm.id;
    apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    const std::vector<Transition> up = apply(rule("bus-down"), Change::kCleared);
    EXPECT_EQ(up.at(1).kind, TransitionKind::kReleased);
    EXPECT_FALSE(up[1].notify);
    EXPECT_FALSE(apply(RuleId{1}, Change::kCleared).at(0).alarm.over()) << "whoever was called takes note";
    EXPECT_NE(table_->find(id), nullptr);
}

TEST_F(FlagsTest, ACallThatNobodyAnsweredIsNotAnsweredByTheGateway) {
    const AlarmId id = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    apply(RuleId{0}, Change::kCleared);
    table_->service().take_out("panel", kLi, now_, std::chrono::hours(1));
    settle();
    EXPECT_FALSE(apply(RuleId{0}, Change::kRaised).at(0).notify);
    const Transition back = apply(RuleId{0}, Change::kCleared).at(0);
    EXPECT_FALSE(back.alarm.acknowledged) << "the call of the first raise is still unanswered";
    ASSERT_NE(table_->find(id), nullptr);
    table_->acknowledge(id, 0, kLi, now_, ++sequence_);
    EXPECT_EQ(table_->find(id), nullptr);
    // A raise that called nobody, after that: its device's time explains it.
    wait(std::chrono::minutes(2));
    apply(RuleId{0}, Change::kRaised);
    EXPECT_TRUE(apply(RuleId{0}, Change::kCleared).at(0).alarm.over());
}

TEST_F(FlagsTest, AnAnsweredCallIsNoLongerOwed) {
    const AlarmId id = apply(RuleId{1}, Change::kRaised).at(0).alarm.id;
    table_->acknowledge(id, 0, kLi, now_, ++sequence_);
    table_->shelve(id, 0, kLi, now_, std::chrono::hours(2), ++sequence_);
    apply(RuleId{1}, Change::kCleared);
    apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    apply(RuleId{1}, Change::kRaised);
    EXPECT_TRUE(apply(RuleId{1}, Change::kCleared).at(0).alarm.acknowledged) << "its cause explains it";
}

TEST_F(FlagsTest, ALineThatFailsAnewCallsAlthoughItsFirstFailureWasAcknowledged) {
    table_->set_behind(rule("bus-down"), {"panel", "other"});
    const AlarmId id = apply(rule("bus-down"), Change::kRaised, Severity::kMajor).at(0).alarm.id;
    table_->acknowledge(id, 0, kLi, now_, ++sequence_);
    table_->set_behind(rule("bus-down"), {});
    wait(std::chrono::seconds(10));
    const Transition alone = apply(RuleId{1}, Change::kRaised).at(0);
    EXPECT_TRUE(alone.notify) << "it had come back: the line is no reason any more";
    table_->set_behind(rule("bus-down"), {"panel"});
    const auto anew = fail_anew();
    ASSERT_TRUE(anew);
    EXPECT_EQ(anew->kind, TransitionKind::kRaised);
    EXPECT_EQ(anew->alarm.id, id);
    EXPECT_FALSE(anew->alarm.acknowledged);
    EXPECT_TRUE(anew->notify);
    EXPECT_EQ(anew->alarm.behind, std::vector<std::string>{"panel"});
    EXPECT_EQ(settle().at(0).kind, TransitionKind::kSuppressed);
    EXPECT_TRUE(apply(RuleId{3}, Change::kRaised).at(0).notify) << "not behind it";
}

TEST_F(FlagsTest, ALineThatFailsAgainAndAgainCallsOnceUntilSomebodyTakesNote) {
    const AlarmId id = apply(rule("bus-down"), Change::kRaised, Severity::kMajor).at(0).alarm.id;
    for (int i = 0; i < 20; ++i) {
        wait(std::chrono::seconds(35));
        EXPECT_FALSE(fail_anew()->notify) << "it is in the record; the call waits for an answer";
    }
    table_->acknowledge(id, 0, kLi, now_, ++sequence_);
    wait(std::chrono::seconds(35));
    EXPECT_TRUE(fail_anew()->notify);
    wait(kChatterQuiet);
    EXPECT_TRUE(fail_anew()->notify) << "long after";
}

TEST_F(FlagsTest, ALineThatFailsAnewAgainAndAgainChatters) {
    apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    EXPECT_FALSE(fail_anew()->notify);
    EXPECT_TRUE(fail_anew()->alarm.chattering);
    EXPECT_FALSE(fail_anew());
}

TEST_F(FlagsTest, NothingIsRaisedAnewThatDoesNotStand) {
    EXPECT_FALSE(fail_anew());
}

TEST_F(FlagsTest, AChildWhoseDeviceIsJustComingBackStaysQuietWithItsCause) {
    table_->set_behind(rule("bus-down"), {"panel", "other"});
    apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    EXPECT_FALSE(apply(RuleId{1}, Change::kRaised).at(0).notify);
    table_->set_behind(rule("bus-down"), {"other"});
    EXPECT_TRUE(settle().empty());
}

TEST_F(FlagsTest, ADeviceExplainsItsPointAndALineTheDevice) {
    apply(RuleId{1}, Change::kRaised);
    const Transition point = apply(RuleId{2}, Change::kRaised).at(0);
    EXPECT_TRUE(point.alarm.suppressed) << "by the device's own silence";
    const std::vector<Transition> down = apply(rule("feed-down"), Change::kRaised, Severity::kMajor);
    ASSERT_EQ(down.size(), 2U);
    EXPECT_EQ(down[1].alarm.key.rule, "cut") << "the point keeps its nearer cause";
    const std::vector<Transition> cleared = apply(RuleId{1}, Change::kCleared);
    ASSERT_EQ(cleared.size(), 2U);
    EXPECT_EQ(cleared[1].kind, TransitionKind::kSuppressed) << "now by the feed";
    EXPECT_EQ(cleared[1].alarm.suppressed->cause, down[0].alarm.id);
}

/// With a group over the silences of both panels (rule "both") and the leakage of the first.
class GroupFlags : public FlagsTest {
protected:
    GroupFlags() {
        config::Site& site = builder_.site();
        config::Rule both;
        both.name = "both";
        both.kind = config::RuleKind::kAny;
        both.texts = site.rules[0].texts;
        both.members = {{{RuleId{1}}, false}, {{RuleId{3}}, false}, {{RuleId{0}}, false}};
        site.rules.push_back(both);
        group_ = RuleId{static_cast<std::uint32_t>(site.rules.size() - 1)};
        table_ = std::make_unique<Table>(Epoch{1}, site);
    }
    void cut(std::vector<std::string> behind) {
        table_->set_behind(rule("bus-down"), std::move(behind));
        apply(rule("bus-down"), Change::kRaised, Severity::kMajor);
    }
    std::vector<Transition> mend() { return apply(rule("bus-down"), Change::kCleared); }
    const Alarm& group_alarm() const {
        for (const Alarm* alarm : table_->standing()) {
            if (alarm->key.rule == "both") {
                return *alarm;
            }
        }
        ADD_FAILURE();
        return *table_->standing().front();
    }
    using Rules = std::vector<RuleId>;
    RuleId group_;
};

TEST_F(GroupFlags, OnlyGroupsOverSilencesCanBeExplained) {
    EXPECT_EQ(table_->groups(), Rules{group_});
    builder_.site().rules[group_.value].members = {{{RuleId{0}}, false}, {{RuleId{1}}, true}};
    EXPECT_EQ(Table(Epoch{1}, builder_.site()).groups(), Rules{});
}

TEST_F(GroupFlags, WhatExplainsAllThatAGroupHoldsByExplainsIt) {
    cut({"panel", "other"});
    table_->set_grounds(group_, Rules{RuleId{1}});
    const Transition raised = apply(group_, Change::kRaised).at(0);
    EXPECT_FALSE(raised.notify);
    EXPECT_TRUE(raised.alarm.suppressed) << "although its member has not been told yet";
    apply(RuleId{1}, Change::kRaised);
    apply(RuleId{3}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}, RuleId{3}});
    EXPECT_TRUE(settle().empty());
    apply(RuleId{1}, Change::kCleared);
    apply(RuleId{3}, Change::kCleared);
    table_->set_grounds(group_, std::nullopt);
    EXPECT_TRUE(settle().empty()) << "it is about to clear";
    EXPECT_TRUE(apply(group_, Change::kCleared).at(0).alarm.over()) << "nobody was called";
}

TEST_F(GroupFlags, AGroupThatCalledBeforeItsCauseIsQuietFromThenOn) {
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}});
    EXPECT_TRUE(apply(group_, Change::kRaised).at(0).notify);
    cut({"panel", "other"});
    EXPECT_TRUE(group_alarm().suppressed);
    for (const Transition& change : mend()) {
        EXPECT_FALSE(change.notify) << "it has called";
    }
}

TEST_F(GroupFlags, AMemberThatNothingExplainsCalls) {
    cut({"panel"});
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}});
    EXPECT_FALSE(apply(group_, Change::kRaised).at(0).notify);
    table_->set_grounds(group_, Rules{RuleId{1}, RuleId{3}});
    const std::vector<Transition> released = settle();
    ASSERT_EQ(released.size(), 1U);
    EXPECT_EQ(released[0].kind, TransitionKind::kReleased);
    EXPECT_TRUE(released[0].notify) << "the other panel is not behind the cut";
}

TEST_F(GroupFlags, ADangerAmongItsMembersCallsWhateverElseIsExplained) {
    cut({"panel", "other"});
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}, RuleId{0}});
    EXPECT_TRUE(apply(group_, Change::kRaised).at(0).notify);
    EXPECT_FALSE(group_alarm().suppressed);
}

TEST_F(GroupFlags, WhatHoldsByTheContraryIsExplainedByNothing) {
    cut({"panel", "other"});
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{});
    EXPECT_TRUE(apply(group_, Change::kRaised).at(0).notify);
}

TEST_F(GroupFlags, WhoStaysSilentAfterTheCutCallsWithHisGroup) {
    cut({"panel", "other"});
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}});
    apply(group_, Change::kRaised);
    int calls = 0;
    for (const Transition& change : mend()) {
        calls += change.kind == TransitionKind::kReleased && change.notify ? 1 : 0;
    }
    EXPECT_EQ(calls, 2);
    EXPECT_FALSE(group_alarm().suppressed);
}

TEST_F(GroupFlags, AStartKeepsAGroupsCauseUntilItIsKnownWhatItHoldsBy) {
    cut({"panel", "other"});
    apply(RuleId{1}, Change::kRaised);
    table_->set_grounds(group_, Rules{RuleId{1}});
    apply(group_, Change::kRaised);
    std::vector<Alarm> kept;
    for (const Alarm* alarm : table_->standing()) {
        kept.push_back(*alarm);
    }
    table_ = std::make_unique<Table>(Epoch{2}, builder_.site());
    for (Alarm& alarm : kept) {
        table_->restore(std::move(alarm));
    }
    EXPECT_TRUE(settle().empty());
    table_->set_grounds(group_, std::nullopt);
    EXPECT_TRUE(settle().empty());
    table_->set_grounds(group_, Rules{RuleId{1}});
    EXPECT_TRUE(settle().empty());
    EXPECT_TRUE(group_alarm().suppressed);
}

TEST_F(FlagsTest, ADeviceThatIsWorkedOnCallsNobodyUntilItIsBack) {
    const AlarmId before = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    table_->service().take_out("panel", kLi, now_, std::chrono::hours(4));
    const std::vector<Transition> out = settle();
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].kind, TransitionKind::kOutOfService);
    EXPECT_EQ(out[0].actor, kLi);
    const Transition during = apply(RuleId{1}, Change::kRaised).at(0);
    EXPECT_FALSE(during.notify);
    EXPECT_TRUE(apply(RuleId{1}, Change::kCleared).at(0).alarm.over());
    wait(std::chrono::hours(4));
    ASSERT_TRUE(table_->service().expire(now_));
    const std::vector<Transition> back = settle();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].kind, TransitionKind::kReturned);
    EXPECT_EQ(back[0].alarm.id, before);
    EXPECT_EQ(back[0].actor.kind, ActorKind::kGateway);
    EXPECT_EQ(back[0].actor.reason, "已到时限 / its time is over");
    EXPECT_TRUE(back[0].notify) << "it stands still";
}

TEST_F(FlagsTest, WhoBringsADeviceBackIsWhoReturnsItsAlarms) {
    const Actor zhao{ActorKind::kPlatform, "platform", "Zhao", "mended"};
    apply(RuleId{0}, Change::kRaised);
    table_->service().take_out("panel", kLi, now_, std::chrono::hours(4));
    settle();
    ASSERT_TRUE(table_->service().bring_back("panel", zhao));
    std::vector<Transition> back = settle();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].kind, TransitionKind::kReturned);
    EXPECT_EQ(back[0].actor, zhao);
    // The daemon ended between the two: it says that it was itself, not that it was nobody.
    Alarm alarm = back[0].alarm;
    ++alarm.revision;
    alarm.out_of_service = Hold{.by = kLi, .since = now_, .expires = now_};
    table_ = std::make_unique<Table>(Epoch{2}, builder_.site());
    table_->restore(alarm);
    back = settle();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].kind, TransitionKind::kReturned);
    EXPECT_EQ(back[0].actor.kind, ActorKind::kGateway);
    EXPECT_FALSE(back[0].actor.reason.empty());
}

/// What docs/alarms.md says of a start while an alarm chatters: the quiet time begins anew, and ends.
TEST_F(FlagsTest, AStartBeginsTheQuietTimeAnewAndNoMoreThanThat) {
    const RuleId leak{0};
    for (int raise = 0; raise < kChatterRaises; ++raise) {
        apply(leak, Change::kRaised);
        apply(leak, Change::kCleared);
        wait(std::chrono::seconds(5));
    }
    ASSERT_TRUE(table_->standing().at(0)->chattering);
    wait(kChatterQuiet - std::chrono::seconds(10));
    ASSERT_TRUE(settle().empty());
    const Alarm kept = *table_->standing().at(0);
    table_ = std::make_unique<Table>(Epoch{2}, builder_.site());
    table_->restore(kept);
    wait(std::chrono::seconds(20));
    EXPECT_TRUE(settle().empty()) << "nobody knows yet whether it is quiet";
    EXPECT_TRUE(apply(leak, Change::kCleared).empty()) << "the first good reading after the start";
    wait(kChatterQuiet - std::chrono::seconds(1));
    EXPECT_TRUE(settle().empty());
    wait(std::chrono::seconds(1));
    const std::vector<Transition> cleared = settle();
    ASSERT_EQ(cleared.size(), 1U);
    EXPECT_EQ(cleared[0].kind, TransitionKind::kCleared);
}

TEST_F(FlagsTest, ThreeRaisesInAMinuteStayUntilFiveMinutesQuiet) {
    const RuleId leak{0};
    for (int raise = 0; raise < 2; ++raise) {
        EXPECT_FALSE(apply(leak, Change::kRaised).at(0).alarm.chattering);
        wait(std::chrono::seconds(10));
        EXPECT_EQ(apply(leak, Change::kCleared).at(0).kind, TransitionKind::kCleared);
        wait(std::chrono::seconds(10));
    }
    const Transition third = apply(leak, Change::kRaised).at(0);
    EXPECT_TRUE(third.alarm.chattering && third.notify);
    EXPECT_TRUE(apply(leak, Change::kCleared).empty()) << "it stays active";
    wait(std::chrono::minutes(4));
    EXPECT_TRUE(apply(leak, Change::kRaised).empty()) << "it is active already";
    EXPECT_TRUE(apply(leak, Change::kCleared).empty());
    wait(std::chrono::minutes(4));
    EXPECT_TRUE(settle().empty()) << "quiet counts from the last time";
    wait(std::chrono::minutes(1));
    const std::vector<Transition> quiet = settle();
    ASSERT_EQ(quiet.size(), 1U);
    EXPECT_EQ(quiet[0].kind, TransitionKind::kCleared);
    EXPECT_FALSE(quiet[0].alarm.chattering);
    EXPECT_EQ(quiet[0].alarm.raises, 4U) << "the one that made no event is counted";
    EXPECT_FALSE(apply(leak, Change::kRaised).at(0).alarm.chattering);
}

/// Who was called for a broken wire knows why the value is wanting.
TEST_F(FlagsTest, WhatADeviceTellsOfItsSensorExplainsThatAValueIsWanting) {
    for (const char* const role : {"sensor_fault", "battery_low"}) {
        test::SiteBuilder builder;
        const DeviceId panel = builder.device("panel", {"current", "state"});
        builder.rule(builder.point(panel, "current"), "no-current", config::RuleKind::kSilent).silent_for =
            std::chrono::seconds(90);
        builder.spec(builder.point(panel, "state")).role = role;
        builder.rule(builder.point(panel, "state"), "fault", config::RuleKind::kBit);
        config::add_self(builder.site());
        table_ = std::make_unique<Table>(Epoch{1}, builder.site());
        const RuleId no_current{0}, fault{1};
        EXPECT_TRUE(apply(fault, Change::kRaised).at(0).notify);
        const Transition wanting = apply(no_current, Change::kRaised).at(0);
        EXPECT_EQ(wanting.notify, std::string(role) == "battery_low") << role;
        const std::vector<Transition> repaired = apply(fault, Change::kCleared);
        EXPECT_EQ(repaired.size(), std::string(role) == "battery_low" ? 1U : 2U)
            << "released: it is wanting still";
        table_.reset();
    }
}

TEST_F(FlagsTest, ACriticalOneThatSomebodyAcknowledgedCallsWhenItComesBackAfterTenSeconds) {
    const RuleId leak{0};
    for (const Severity severity : {Severity::kMajor, Severity::kCritical}) {
        for (const bool acknowledged : {false, true}) {
            for (const int away_s : {9, 10, 200}) {
                table_ = std::make_unique<Table>(Epoch{1}, builder_.site());
                Transition last;
                for (int raise = 0; raise < kChatterRaises; ++raise) {
                    last = apply(leak, Change::kRaised, severity).at(0);
                    apply(leak, Change::kCleared);
                }
                ASSERT_TRUE(last.alarm.chattering);
                if (acknowledged) {
                    table_->acknowledge(last.alarm.id, 0, kLi, now_, ++sequence_);
                }
                wait(std::chrono::seconds(away_s));
                const std::vector<Transition> back = apply(leak, Change::kRaised, severity);
                const bool calls = severity == Severity::kCritical && acknowledged && away_s >= 10;
                SCOPED_TRACE(std::string(to_string(severity)) + (acknowledged ? " acknowledged " : " ") +
                             std::to_string(away_s));
                ASSERT_EQ(back.size(), calls ? 1U : 0U);
                if (calls) {
                    EXPECT_EQ(back[0].kind, TransitionKind::kRaised);
                    EXPECT_EQ(back[0].alarm.id, last.alarm.id);
                    EXPECT_TRUE(back[0].notify && back[0].alarm.active && !back[0].alarm.acknowledged);
                    EXPECT_EQ(back[0].alarm.raises, 4U);
                }
            }
        }
    }
}

TEST_F(FlagsTest, ComingAndGoingBetweenTwoSeveritiesCallsThreeTimesAndThenNoMore) {
    const RuleId leak{0};
    EXPECT_TRUE(apply(leak, Change::kRaised).at(0).notify);
    int calls = 0;
    for (int i = 0; i < 20; ++i) {
        wait(std::chrono::milliseconds(4400));
        const std::vector<Transition> rise = apply(leak, Change::kSeverity, Severity::kMajor);
        ASSERT_EQ(rise.size(), 1U) << "each is in the record";
        EXPECT_FALSE(rise[0].alarm.acknowledged);
        EXPECT_EQ(rise[0].notify, i < 3) << i;
        calls += rise[0].notify ? 1 : 0;
        EXPECT_FALSE(rise[0].alarm.chattering) << "it has not come and gone";
        wait(std::chrono::milliseconds(4400));
        const std::vector<Transition> fall = apply(leak, Change::kSeverity, Severity::kModerate);
        ASSERT_EQ(fall.size(), 1U);
        EXPECT_FALSE(fall[0].notify);
    }
    EXPECT_EQ(calls, 3);
    EXPECT_TRUE(apply(leak, Change::kSeverity, Severity::kCritical).at(0).notify) << "never called for yet";
    apply(leak, Change::kSeverity, Severity::kMajor);
    EXPECT_TRUE(apply(leak, Change::kSeverity, Severity::kCritical).at(0).notify) << "never held";
    apply(leak, Change::kSeverity, Severity::kModerate);
    wait(kChatterQuiet);
    EXPECT_TRUE(apply(leak, Change::kSeverity, Severity::kMajor).at(0).notify) << "it was quiet for long";
}

TEST_F(FlagsTest, ALevelNeverCalledForCallsHoweverRestlessItIs) {
    const RuleId leak{0};
    apply(leak, Change::kRaised, Severity::kMinor);
    for (int i = 0; i < 5; ++i) {
        apply(leak, Change::kSeverity, Severity::kModerate);
        apply(leak, Change::kSeverity, Severity::kMinor);
    }
    EXPECT_FALSE(apply(leak, Change::kSeverity, Severity::kModerate).at(0).notify);
    EXPECT_TRUE(apply(leak, Change::kSeverity, Severity::kMajor).at(0).notify);
}

TEST_F(FlagsTest, ARiseThatNobodyWasCalledForBehindAShelfIsNoCall) {
    const RuleId leak{0};
    const AlarmId id = apply(leak, Change::kRaised).at(0).alarm.id;
    apply(leak, Change::kSeverity, Severity::kMajor);
    table_->shelve(id, 0, kLi, now_, std::chrono::hours(1), ++sequence_);
    for (int i = 0; i < 5; ++i) {
        apply(leak, Change::kSeverity, Severity::kModerate);
        EXPECT_FALSE(apply(leak, Change::kSeverity, Severity::kMajor).at(0).notify);
    }
    EXPECT_TRUE(table_->unshelve(id, 0, kLi, now_, ++sequence_).transition->notify);
}

TEST_F(FlagsTest, RisesThatAreFarApartAllCall) {
    const RuleId leak{0};
    apply(leak, Change::kRaised);
    for (int i = 0; i < 6; ++i) {
        wait(std::chrono::seconds(31));
        EXPECT_TRUE(apply(leak, Change::kSeverity, Severity::kMajor).at(0).notify);
        apply(leak, Change::kSeverity, Severity::kModerate);
    }
}

TEST_F(FlagsTest, SlowComingAndGoingIsNoChattering) {
    for (int raise = 0; raise < 6; ++raise) {
        EXPECT_FALSE(apply(RuleId{0}, Change::kRaised).at(0).alarm.chattering);
        wait(std::chrono::seconds(20));
        apply(RuleId{0}, Change::kCleared);
        wait(std::chrono::seconds(11));
    }
}

TEST_F(FlagsTest, AChatteringAlarmThatFallsSilentDoesNotClear) {
    for (int raise = 0; raise < 3; ++raise) {
        apply(RuleId{0}, Change::kRaised);
        apply(RuleId{0}, Change::kCleared);
    }
    EXPECT_EQ(apply(RuleId{0}, Change::kUncertain).at(0).kind, TransitionKind::kUncertain);
    wait(std::chrono::hours(1));
    EXPECT_TRUE(settle().empty());
}

TEST_F(FlagsTest, AHandlingNoteIsOfOneRaise) {
    const AlarmId id = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    const Outcome noted = table_->handle(id, 1, kLi, now_, std::chrono::hours(1), ++sequence_);
    EXPECT_EQ(noted.transition->alarm.handling->by, kLi);
    EXPECT_EQ(noted.transition->alarm.handling->until, later(now_, std::chrono::hours(1)));
    EXPECT_FALSE(noted.transition->alarm.acknowledged);
    apply(RuleId{0}, Change::kCleared);
    EXPECT_FALSE(apply(RuleId{0}, Change::kRaised).at(0).alarm.handling);
    EXPECT_EQ(table_->handle(id, 2, kLi, now_, {}, ++sequence_).answer, Answer::kStale);
}

TEST_F(FlagsTest, ShelvesAreBoundedAndWantAClock) {
    const AlarmId id = apply(RuleId{0}, Change::kRaised).at(0).alarm.id;
    for (const Duration wrong : {Duration(std::chrono::seconds(9)), Duration(std::chrono::hours(25))}) {
        EXPECT_EQ(table_->shelve(id, 0, kLi, now_, wrong, 9).answer, Answer::kRefused);
    }
    Stamp unknown = now_;
    unknown.wall.reset();
    EXPECT_EQ(table_->shelve(id, 0, kLi, unknown, std::chrono::hours(1), 9).answer, Answer::kRefused);
    EXPECT_EQ(table_->shelve(AlarmId{Epoch{7}, 7}, 0, kLi, now_, std::chrono::hours(1), 9).answer,
              Answer::kNotFound);
    EXPECT_EQ(table_->unshelve(id, 0, kLi, now_, 9).answer, Answer::kAlready);
}

}  // namespace
}  // namespace gengfu::alarms
