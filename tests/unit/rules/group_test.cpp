#include "daemon/rules/group.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/schedule.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::minutes;
using std::chrono::seconds;
using test::at;

constexpr Truth F = Truth::kFalse;
constexpr Truth U = Truth::kUnknown;
constexpr Truth T = Truth::kTrue;

struct TruthCase {
    RuleKind kind;
    std::size_t at_least;
    std::vector<Truth> members;
    Truth want;
};

TEST(Group, FollowsKleenesLogic) {
    const TruthCase cases[] = {
        {RuleKind::kAll, 0, {T, T}, T},      {RuleKind::kAll, 0, {T, F}, F},
        {RuleKind::kAll, 0, {T, U}, U},      {RuleKind::kAll, 0, {U, F}, F},
        {RuleKind::kAll, 0, {U, U}, U},      {RuleKind::kAny, 0, {F, F}, F},
        {RuleKind::kAny, 0, {T, U}, T},      {RuleKind::kAny, 0, {F, U}, U},
        {RuleKind::kCount, 2, {T, T, F}, T}, {RuleKind::kCount, 2, {T, U, F}, U},
        {RuleKind::kCount, 2, {T, F, F}, F}, {RuleKind::kCount, 2, {U, U, F}, U},
        {RuleKind::kCount, 2, {U, F, F}, F},
    };
    for (const TruthCase& c : cases) {
        config::Rule rule;
        rule.kind = c.kind;
        rule.at_least = c.at_least;
        EXPECT_EQ(group(rule, c.members), c.want) << static_cast<int>(c.kind) << " of " << c.members.size();
    }
    EXPECT_EQ(!T, F);
    EXPECT_EQ(!F, T);
    EXPECT_EQ(!U, U) << "what is not known is not the contrary either";
}

/// Two wells, and a rule over their rules.
class GroupOfTwo : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"up", "down"}) {
            const DeviceId device = builder_.device(name, {"level"});
            points_.push_back(builder_.point(device, "level"));
            builder_.rule(points_.back(), "high", RuleKind::kAbove).levels = {test::level(2)};
        }
    }

    config::Rule& group(RuleKind kind, bool negate_second) {
        config::Rule& rule = builder_.rule(points_[0], "both", kind);
        rule.point.reset();
        rule.members = {{{RuleId{0}}, false}, {{RuleId{1}}, negate_second}};
        return rule;
    }
    void begin() {
        judge_ = std::make_unique<Judge>(builder_.site());
        judge_->restore(memory_, at(now_));
    }
    /// A second of both wells; NaN: no answer. What the group says: + raised, - cleared.
    std::string second(double up, double down) {
        now_ += 1;
        std::vector<Verdict> out;
        tick(out);
        for (std::size_t i = 0; i < 2; ++i) {
            const double value = i == 0 ? up : down;
            judge_->observe(std::isnan(value) ? test::bad(points_[i], Reason::kTimeout, at(now_))
                                              : test::good(points_[i], value, at(now_)),
                            out);
        }
        return said(out);
    }
    std::string seconds_of(double up, double down, int many) {
        std::string all;
        for (int i = 0; i < many; ++i) {
            all += second(up, down);
        }
        return all;
    }
    void tick(std::vector<Verdict>& out) {
        while (judge_->next_deadline() && *judge_->next_deadline() <= at(now_)) {
            judge_->tick(at(now_), out);
        }
    }
    static std::string said(const std::vector<Verdict>& out) {
        std::string text;
        for (const Verdict& verdict : out) {
            if (verdict.rule == RuleId{2}) {
                text += verdict.change == Change::kRaised ? "+" : "-";
            }
        }
        return text;
    }

    test::SiteBuilder builder_;
    std::vector<PointId> points_;
    std::vector<RuleMemory> memory_;
    std::unique_ptr<Judge> judge_;
    double now_ = 0;
    const double gone_ = std::nan("");
};

TEST_F(GroupOfTwo, AllHoldsWhileBothDo) {
    group(RuleKind::kAll, false).on_delay = seconds(3);
    begin();
    EXPECT_EQ(seconds_of(1, 1, 5), "");
    EXPECT_EQ(seconds_of(3, 1, 5), "");
    EXPECT_EQ(seconds_of(3, 3, 3), "");
    EXPECT_EQ(second(3, 3), "+") << "three seconds, told by time alone";
    EXPECT_EQ(seconds_of(3, 3, 10), "");
    EXPECT_EQ(second(1, 3), "-");
}

TEST_F(GroupOfTwo, AnyHoldsWhileOneDoes) {
    group(RuleKind::kAny, false);
    begin();
    EXPECT_EQ(seconds_of(1, 1, 3), "");
    EXPECT_EQ(second(1, 3), "+");
    EXPECT_EQ(second(3, 1), "") << "one takes over from the other within the same second";
    EXPECT_EQ(second(1, 1), "-");
}

TEST_F(GroupOfTwo, NamesWhatItHoldsBy) {
    config::Rule& rule = group(RuleKind::kAny, false);
    rule.within = seconds(3);
    begin();
    const auto grounds = [&] { return judge_->grounds(RuleId{2}, at(now_)); };
    second(1, 1);
    EXPECT_EQ(grounds(), std::nullopt);
    second(3, 1);
    EXPECT_EQ(grounds(), std::vector<RuleId>{RuleId{0}});
    second(3, 3);
    EXPECT_EQ(grounds(), (std::vector<RuleId>{RuleId{0}, RuleId{1}}));
    second(1, 3);
    EXPECT_EQ(grounds(), (std::vector<RuleId>{RuleId{0}, RuleId{1}})) << "the first held a moment ago";
    seconds_of(1, 3, 4);
    EXPECT_EQ(grounds(), std::vector<RuleId>{RuleId{1}});
}

TEST_F(GroupOfTwo, NamesNothingWhereNothingIsKnown) {
    group(RuleKind::kAny, false);
    begin();
    second(3, 1);
    EXPECT_EQ(judge_->grounds(RuleId{2}, at(now_)), std::vector<RuleId>{RuleId{0}});
    seconds_of(gone_, gone_, 30);
    EXPECT_EQ(judge_->grounds(RuleId{2}, at(now_)), std::nullopt);
}

TEST_F(GroupOfTwo, WhatHoldsByTheContraryNamesNothing) {
    group(RuleKind::kAll, true);
    begin();
    second(3, 1);
    EXPECT_EQ(judge_->grounds(RuleId{2}, at(now_)), std::vector<RuleId>{});
    second(3, 3);
    EXPECT_EQ(judge_->grounds(RuleId{2}, at(now_)), std::nullopt);
}

TEST_F(GroupOfTwo, WithinLetsThemComeApart) {
    group(RuleKind::kAll, false).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    seconds_of(3, 1, 2);
    seconds_of(1, 1, 5);
    EXPECT_EQ(second(1, 3), "+") << "the first cleared five seconds ago";
    EXPECT_EQ(seconds_of(1, 3, 20), "-");
}

TEST_F(GroupOfTwo, WhatMustNotHoldIsGivenTimeToCome) {
    group(RuleKind::kAll, true).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    EXPECT_EQ(seconds_of(3, 1, 5), "");
    EXPECT_EQ(seconds_of(3, 3, 30), "") << "the lower well rises, too: rain";
    EXPECT_EQ(seconds_of(1, 1, 30), "");
    EXPECT_EQ(seconds_of(3, 1, 10), "");
    EXPECT_EQ(seconds_of(3, 1, 2), "+") << "it did not: blocked";
    EXPECT_EQ(second(3, 3), "-");
}

TEST_F(GroupOfTwo, WhatIsOverBeforeTheContraryWasAwaitedRaisesNothing) {
    group(RuleKind::kAll, true).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    EXPECT_EQ(seconds_of(3, 1, 8), "");
    EXPECT_EQ(seconds_of(1, 1, 30), "") << "the upper well has fallen again";
    EXPECT_EQ(seconds_of(3, 1, 10), "") << "and ten seconds are counted anew";
    EXPECT_EQ(seconds_of(3, 1, 2), "+");
}

TEST_F(GroupOfTwo, WhatHasJustClearedIsAwaitedOnce) {
    group(RuleKind::kAll, true).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    EXPECT_EQ(seconds_of(3, 3, 20), "");
    EXPECT_EQ(seconds_of(3, 1, 10), "");
    EXPECT_EQ(seconds_of(3, 1, 2), "+") << "ten seconds after the lower well fell, not twenty";
}

TEST_F(GroupOfTwo, ASilentSensorIsNotTheContrary) {
    group(RuleKind::kAll, true).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    seconds_of(1, gone_, 20);
    EXPECT_EQ(seconds_of(3, gone_, 60), "") << "nobody knows of the lower well";
    EXPECT_EQ(seconds_of(3, 1, 30), "+");
    EXPECT_EQ(seconds_of(3, gone_, 60), "") << "and silence clears nothing";
    EXPECT_EQ(seconds_of(gone_, gone_, 60), "");
    EXPECT_EQ(seconds_of(1, 1, 9), "") << "a rule counts for `within` after it has cleared";
    EXPECT_EQ(seconds_of(1, 1, 4), "-");
}

TEST_F(GroupOfTwo, ADeviceOutOfServiceDoesNotSpeak) {
    group(RuleKind::kAny, false).within = seconds(10);
    begin();
    seconds_of(1, 1, 3);
    const DeviceId upper = builder_.site().point(points_[0]).device;
    judge_->set_out_of_service(upper, true);
    EXPECT_EQ(seconds_of(3, 1, 20), "") << "whoever works on it tries it";
    EXPECT_EQ(second(3, 3), "+") << "the other one is there still";
    EXPECT_EQ(seconds_of(1, 1, 20), "") << "nobody knows of the first: it stands";
    judge_->set_out_of_service(upper, false);
    EXPECT_EQ(second(1, 1), "-");
    EXPECT_EQ(second(3, 1), "+");
    judge_->set_out_of_service(upper, true);
    EXPECT_EQ(seconds_of(1, 1, 20), "");
    judge_->set_out_of_service(upper, false);
    EXPECT_EQ(seconds_of(1, 1, 2), "-");
}

TEST_F(GroupOfTwo, WhatIsStillWrongAtTheReturnSpeaksThen) {
    group(RuleKind::kAny, false);
    begin();
    const DeviceId upper = builder_.site().point(points_[0]).device;
    judge_->set_out_of_service(upper, true);
    EXPECT_EQ(seconds_of(3, 1, 5), "");
    judge_->set_out_of_service(upper, false);
    EXPECT_EQ(second(3, 1), "+");
}

TEST_F(GroupOfTwo, TheContraryOfADeviceOutOfServiceIsNotKnownEither) {
    group(RuleKind::kAll, true);
    begin();
    seconds_of(1, 1, 3);
    judge_->set_out_of_service(builder_.site().point(points_[1]).device, true);
    EXPECT_EQ(seconds_of(3, 1, 20), "");
}

TEST_F(GroupOfTwo, AStartKnowsNothingUntilItsRulesHaveJudged) {
    group(RuleKind::kAll, true).within = seconds(2);
    begin();
    EXPECT_EQ(seconds_of(3, gone_, 8), "");
    seconds_of(3, 1, 5);
    memory_ = judge_->memory();
    begin();
    EXPECT_EQ(seconds_of(gone_, gone_, 3), "") << "it stood before and stands";
    EXPECT_EQ(seconds_of(3, 1, 5), "") << "and is not raised twice";
    EXPECT_EQ(seconds_of(1, 1, 4), "-");
}

/// Two wells at a start, the alarm of the second standing by chattering alone.
class GroupWithAChatteringMember : public GroupOfTwo {
protected:
    void found(bool group_raised, bool held_at_last) {
        const auto add = [&](const char* device, const char* point, const char* rule, bool active) {
            RuleMemory memory;
            memory.device = device;
            memory.point = point;
            memory.rule = rule;
            memory.active = active;
            memory.level = memory.pending_level = active ? 0 : -1;
            memory_.push_back(memory);
        };
        add("up", "level", "high", true);
        add("down", "level", "high", held_at_last);
        memory_.back().in_doubt = true;
        if (group_raised) {
            add("up", "", "both", true);
        }
        begin();
    }
};

TEST_F(GroupWithAChatteringMember, RaisesNothingByWhatIsGone) {
    for (const bool held_at_last : {false, true}) {
        SCOPED_TRACE(held_at_last);
        group(RuleKind::kAll, false).within = seconds(4);
        builder_.site().rules[1].off_delay = seconds(5);
        memory_.clear();
        found(false, held_at_last);
        EXPECT_EQ(seconds_of(gone_, gone_, 3), "") << "before the first sample";
        EXPECT_EQ(seconds_of(3, 1, 20), "") << "nor in the off-delay, nor within";
        EXPECT_EQ(second(3, 3), "+") << "and knows when it comes";
        builder_.site().rules.pop_back();
    }
}

TEST_F(GroupWithAChatteringMember, KeepsWhatStandsByTheContrary) {
    for (const bool held_at_last : {false, true}) {
        SCOPED_TRACE(held_at_last);
        group(RuleKind::kAll, true).within = seconds(3);
        builder_.site().rules[1].off_delay = seconds(5);
        memory_.clear();
        found(true, held_at_last);
        EXPECT_EQ(seconds_of(gone_, gone_, 3) + seconds_of(3, 1, 20), "");
        EXPECT_EQ(seconds_of(3, 3, 2), "-");
        builder_.site().rules.pop_back();
    }
}

TEST_F(GroupWithAChatteringMember, RaisesByWhatHolds) {
    for (const bool held_at_last : {false, true}) {
        SCOPED_TRACE(held_at_last);
        group(RuleKind::kAll, false);
        memory_.clear();
        found(false, held_at_last);
        EXPECT_EQ(second(3, 3), "+");
        builder_.site().rules.pop_back();
    }
}

/// The quiet time of a chattering alarm begins with a clear: a start owes one, and only for a good value.
TEST_F(GroupWithAChatteringMember, TellsTheClearOnceAgain) {
    group(RuleKind::kAll, false);
    found(false, false);
    std::vector<Verdict> out;
    judge_->observe(test::bad(points_[1], Reason::kTimeout, at(1)), out);
    EXPECT_TRUE(out.empty());
    judge_->observe(test::good(points_[1], 1, at(2)), out);
    judge_->observe(test::good(points_[1], 1, at(3)), out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].rule, RuleId{1});
    EXPECT_EQ(out[0].change, Change::kCleared);
}

TEST_F(GroupOfTwo, AConditionAloneRaisesNothingItself) {
    group(RuleKind::kAny, false);
    builder_.site().rules[0].alarm = false;
    begin();
    now_ = 1;
    std::vector<Verdict> out;
    judge_->observe(test::good(points_[0], 3, at(now_)), out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].rule, RuleId{2});
    EXPECT_EQ(out[0].value, 1);
    EXPECT_EQ(out[0].sample.point, points_[0]);
}

TEST(Schedule, IsAListOfSpansOfAWeek) {
    const std::vector<config::WeekSpan> nights{{120, 240}, {1560, 1680}};
    EXPECT_TRUE(in_schedule({}, 5000));
    EXPECT_TRUE(in_schedule(nights, 120));
    EXPECT_FALSE(in_schedule(nights, 240));
    EXPECT_TRUE(in_schedule(nights, 1600));
    EXPECT_TRUE(in_schedule(nights, std::nullopt)) << "with the clock unknown it may raise";
}

/// As the daemon does: the clock is told every second, and deadlines are kept.
TEST(Schedule, AGroupThatHoldsAlreadyIsRaisedWithinASecondOfItsOpening) {
    for (const double told : {0.0, 0.4, 0.999}) {
        test::SiteBuilder builder;
        const DeviceId device = builder.device("meter", {"flow"});
        const PointId point = builder.point(device, "flow");
        builder.rule(point, "high", RuleKind::kAbove).levels = {test::level(5)};
        config::Rule& group = builder.rule(point, "night", RuleKind::kAny);
        group.point.reset();
        group.members = {{.rules = {RuleId{0}}, .negated = false}};
        group.schedule = {{120, 121}};
        Judge judge(builder.site());
        judge.restore({}, at(0));
        std::vector<Verdict> out;
        std::optional<double> raised;
        for (double second = told; second < 130 && !raised; second += 1) {
            const int minute = 119 + static_cast<int>(second / 60);
            judge.local_time(minute, at(static_cast<int>(second / 60) * 60));
            judge.observe(test::good(point, 9, at(second)), out);
            for (double now = second; now < second + 1 && !raised; now += 0.1) {
                if (judge.next_deadline() && *judge.next_deadline() <= at(now)) {
                    judge.tick(at(now), out);
                }
                std::erase_if(out, [](const Verdict& verdict) { return verdict.rule != RuleId{1}; });
                raised = out.empty() ? raised : std::optional(now);
            }
        }
        ASSERT_TRUE(raised) << told;
        EXPECT_GE(*raised, 60);
        EXPECT_LE(*raised, 61.2);
    }
}

TEST(Schedule, OutsideOfItNothingIsRaisedAndAnAlarmClearsAsEver) {
    test::SiteBuilder builder;
    const PointId point = builder.point(builder.device("meter", {"flow"}), "flow");
    config::Rule& rule = builder.rule(point, "night", RuleKind::kAbove);
    rule.levels = {test::level(5)};
    rule.schedule = {{120, 240}};
    Judge judge(builder.site());
    judge.restore({}, at(0));
    judge.local_time(118, at(0));
    std::vector<Verdict> out;
    const auto see = [&](double second, double value) {
        out.clear();
        judge.observe(test::good(point, value, at(second)), out);
        return out.empty() ? std::string() : std::string(out[0].change == Change::kRaised ? "+" : "-");
    };
    EXPECT_EQ(see(1, 9), "");
    EXPECT_EQ(see(119, 9), "");
    EXPECT_EQ(see(121, 9), "+") << "two o'clock, by the samples' time";
    EXPECT_EQ(see(7300, 9), "") << "four o'clock: it stands";
    EXPECT_EQ(see(7400, 1), "-");
    EXPECT_EQ(see(7401, 9), "");
    judge.local_time(130, at(7402));
    EXPECT_EQ(see(7403, 9), "+");
}

}  // namespace
}  // namespace gengfu::rules
