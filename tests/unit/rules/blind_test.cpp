// Which rules say of themselves that they can raise nothing.
#include "daemon/rules/blind.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/rules/blind_words.hpp"
#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using test::at;
using test::bad;
using test::good;
using test::level;
using test::uncertain;

class BlindTest : public testing::Test {
protected:
    BlindTest() {
        panel_ = builder_.device("panel", {"current", "rated", "axis_x", "axis_y", "axis_z"});
        other_ = builder_.device("other", {"level"});
    }

    PointId point(const std::string& name) { return builder_.point(panel_, name); }

    config::Rule& above(PointId point, const std::string& name) {
        config::Rule& rule = builder_.rule(point, name, RuleKind::kAbove);
        rule.levels = {level(300)};
        return rule;
    }

    void hear(const Sample& sample) {
        std::vector<Verdict> out;
        judge().observe(sample, out);
    }

    Judge& judge() {
        if (!judge_) {
            judge_ = std::make_unique<Judge>(builder_.site());
            judge_->restore({}, at(0));
        }
        return *judge_;
    }

    /// "rule name: what it lacks" each.
    std::vector<std::string> blind(double now) {
        std::vector<std::string> all;
        for (const Blind& one : judge().blind(at(now))) {
            std::string text = builder_.site().rules[one.rule.value].name;
            text += ": ";
            text += to_string(one.by);
            if (one.point) {
                text +=
                    " " + builder_.site().spec(*one.point).name + " " + std::string(to_string(one.reason));
            }
            if (one.member) {
                text += " " + builder_.site().rules[one.member->value].name;
            }
            all.push_back(text);
        }
        return all;
    }

    using Names = std::vector<std::string>;

    test::SiteBuilder builder_;
    DeviceId panel_, other_;
    std::unique_ptr<Judge> judge_;
};

TEST_F(BlindTest, ARuleWithAValueAndALimitJudges) {
    above(point("current"), "high");
    EXPECT_EQ(blind(0.5), Names{"high: value current none"});
    hear(good(point("current"), 10, at(1)));
    EXPECT_EQ(blind(1), Names{});
    EXPECT_EQ(blind(10.9), Names{}) << "a sensor may be quiet for ten seconds";
    EXPECT_EQ(blind(11.1), Names{"high: value current none"});
    hear(bad(point("current"), Reason::kException, at(12)));
    EXPECT_EQ(blind(12), Names{"high: value current exception"});
    hear(good(point("current"), 10, at(13)));
    EXPECT_EQ(blind(13), Names{});
}

TEST_F(BlindTest, AnUncertainValueIsEnoughToRaise) {
    above(point("current"), "high");
    hear(uncertain(point("current"), 10, at(1)));
    EXPECT_EQ(blind(1), Names{});
}

/// The sensor is broken and answers well: nothing else would tell where the profile has no point of the sum.
TEST_F(BlindTest, AVectorThatPointsNowhereIsNamedAndMakesAnAlarmUncertain) {
    config::Rule& rule = builder_.rule(point("axis_z"), "cover", RuleKind::kMoved);
    rule.levels = {level(15)};
    rule.axes = {point("axis_x"), point("axis_y"), point("axis_z")};
    std::vector<Verdict> out;
    const auto see = [&](double x, double z, double now) {
        judge().observe(good(point("axis_x"), x, at(now)), out);
        judge().observe(good(point("axis_y"), 0, at(now)), out);
        judge().observe(good(point("axis_z"), z, at(now)), out);
        judge().tick(at(now), out);
    };
    double now = 1;
    see(0, 0, now);
    EXPECT_EQ(blind(now), Names{"cover: direction"}) << "never yet";
    for (; now < 20; ++now) {
        see(0, 1, now);
    }
    EXPECT_EQ(blind(now), Names{});
    const double from = now;
    for (; now < from + 8; ++now) {
        see(0, 0.05, now);
        EXPECT_EQ(blind(now), Names{}) << "a kick takes a moment";
    }
    for (; now < from + 12; ++now) {
        see(0, 0.05, now);
    }
    EXPECT_EQ(blind(now), Names{"cover: direction"});
    EXPECT_TRUE(out.empty());
    for (const double end = now + 5; now < end; ++now) {
        see(1, 0, now);
    }
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].change, Change::kRaised);
    for (const double end = now + 15; now < end; ++now) {
        see(0, 0, now);
    }
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[1].change, Change::kUncertain);
    see(1, 0, now);
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[2].change, Change::kCertain);
}

TEST_F(BlindTest, AnAlarmThatStandsIsNotNamed) {
    above(point("current"), "high");
    hear(good(point("current"), 400, at(1)));
    EXPECT_EQ(blind(100), Names{}) << "it is uncertain, which the alarm says itself";
}

TEST_F(BlindTest, ALimitThatNeverCameIsNamed) {
    config::Rule& rule = above(point("current"), "high");
    rule.limit_point = point("rated");
    rule.levels.front().times = 0.6;
    hear(good(point("current"), 10, at(1)));
    EXPECT_EQ(blind(1), Names{"high: limit rated none"});
    hear(bad(point("rated"), Reason::kException, at(1)));
    EXPECT_EQ(blind(1), Names{"high: limit rated exception"});
    hear(good(point("rated"), 0, at(2)));
    hear(good(point("current"), 1000, at(2)));
    EXPECT_EQ(blind(2), Names{"high: limit rated none"}) << "a limit of 0 is none";
    hear(good(point("rated"), 100, at(3)));
    hear(good(point("current"), 10, at(3)));
    EXPECT_EQ(blind(3), Names{});
    hear(good(point("current"), 10, at(60)));
    EXPECT_EQ(blind(60), Names{}) << "the last one counts, however old";
}

TEST_F(BlindTest, OfThreeAxesTheMissingOneIsNamed) {
    config::Rule& rule = builder_.rule(point("axis_z"), "moved", RuleKind::kMoved);
    rule.levels = {level(10)};
    rule.axes = {point("axis_x"), point("axis_y"), point("axis_z")};
    hear(good(point("axis_x"), 0, at(1)));
    hear(bad(point("axis_y"), Reason::kException, at(1)));
    hear(good(point("axis_z"), 1, at(1)));
    EXPECT_EQ(blind(1), Names{"moved: value axis_y exception"});
    hear(good(point("axis_y"), 0, at(2)));
    EXPECT_EQ(blind(2), Names{"moved: learning"});
    hear(good(point("axis_z"), 1, at(2)));
    EXPECT_EQ(blind(2), Names{});
}

TEST_F(BlindTest, OfAFormulaTheInputThatIsMissingIsNamed) {
    config::PointSpec& sum = builder_.spec(point("axis_z"));
    sum.expression = "current + rated";
    sum.inputs = {0, 1};
    above(point("axis_z"), "sum-high");
    hear(good(point("current"), 1, at(1)));
    hear(bad(point("rated"), Reason::kSentinel, at(1)));
    hear(bad(point("axis_z"), Reason::kSentinel, at(1)));
    EXPECT_EQ(blind(1), Names{"sum-high: value rated sentinel"});
    hear(good(point("rated"), 2, at(2)));
    hear(bad(point("axis_z"), Reason::kNotANumber, at(2)));
    EXPECT_EQ(blind(2), Names{"sum-high: value axis_z not-a-number"}) << "a division by zero, say";
}

TEST_F(BlindTest, WhatHasValuesAndNoOpinionYetIsLearning) {
    config::Rule& rule = builder_.rule(point("current"), "growing", RuleKind::kGrowth);
    rule.levels = {level(2)};
    for (int i = 1; i < 100; ++i) {
        hear(good(point("current"), 10, at(i)));
    }
    EXPECT_EQ(blind(99), Names{"growing: learning"});
}

TEST_F(BlindTest, AGroupNamesTheMemberThatDecidesAndIsNotKnown) {
    above(point("current"), "high");
    above(builder_.point(other_, "level"), "level-high");
    config::Rule& both = builder_.rule(point("current"), "both", RuleKind::kAll);
    both.point.reset();
    both.members = {{{RuleId{0}}, false}, {{RuleId{1}}, true}};
    hear(good(point("current"), 10, at(1)));
    EXPECT_EQ(blind(1), Names{"level-high: value level none"}) << "high does not hold: nothing else matters";
    hear(good(point("current"), 400, at(2)));
    EXPECT_EQ(blind(2), (Names{"level-high: value level none", "both: member level-high"}));
    hear(good(builder_.point(other_, "level"), 1, at(3)));
    EXPECT_EQ(blind(3), Names{}) << "it is given its time, which is no blindness";
}

TEST_F(BlindTest, ASilentRuleNeedsNoValue) {
    builder_.silent(panel_, "silent", std::chrono::seconds(30));
    EXPECT_EQ(blind(5), Names{});
}

TEST_F(BlindTest, WordsNameTheRulesThePointAndTheReason) {
    for (const char* const name : {"high", "higher"}) {
        config::Rule& rule = above(point("current"), name);
        rule.limit_point = point("rated");
        rule.levels.front().times = 0.6;
    }
    hear(good(point("current"), 10, at(1)));
    hear(bad(point("rated"), Reason::kException, at(1)));
    const auto groups = gathered(builder_.site(), judge().blind(at(1)));
    ASSERT_EQ(groups.size(), 1U);
    const config::Text words = words_of(builder_.site(), groups[0]);
    EXPECT_EQ(
        words.en,
        "rules high, higher judge nothing: the limit is taken from rated, which has never given a value "
        "above 0 (exception): is the point right? a limit can be written as a number, too");
    EXPECT_EQ(words.zh,
              "规则 high、higher 不作判断:限值取自 rated,而该点从未给出大于 0 的值(exception):请核对该点,"
              "或在规则中写明限值");
}

}  // namespace
}  // namespace gengfu::rules
