#include "daemon/alarms/describe.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using config::RuleKind;
using rules::Change;
using rules::Verdict;

class DescribeTest : public testing::Test {
protected:
    DescribeTest()
        : device_(builder_.device("well-3", {"level", "valve"})), level_(builder_.point(device_, "level")) {
        builder_.spec(level_).unit = "m";
        builder_.site().parties = {{"water", "W1", "水务局", "roster:water"},
                                   {"team-3", "T3", "排水三队", "roster:team-3"}};
    }

    config::Rule& rule(RuleKind kind) { return builder_.rule(level_, "rule", kind); }

    test::SiteBuilder builder_;
    DeviceId device_;
    PointId level_;
};

TEST_F(DescribeTest, GivesTheUnitOfWhatIsCompared) {
    using namespace std::chrono_literals;
    config::Rule& rate = rule(RuleKind::kRate);
    const struct {
        Duration per;
        const char* want;
    } cases[] = {{1min, "m/min"}, {10min, "m/10 min"}, {1h, "m/h"},        {24h, "m/d"},
                 {1s, "m/s"},     {90s, "m/90 s"},     {1500ms, "m/1.5 s"}};
    for (const auto& c : cases) {
        rate.per = c.per;
        EXPECT_EQ(unit_of(builder_.site(), rate), c.want);
    }
    EXPECT_EQ(unit_of(builder_.site(), rule(RuleKind::kAbove)), "m");
    EXPECT_EQ(unit_of(builder_.site(), builder_.silent(device_, "cut", 30s)), "s");
}

TEST_F(DescribeTest, PrintsEnumeratedValuesByTheirWords) {
    builder_.spec(level_).enumeration = {{0, "closed"}, {1, "open"}};
    builder_.spec(level_).unit = "";
    config::Rule& bit = rule(RuleKind::kBit);
    config::RuleText texts;
    texts.text = {"{point}: {value},应为 {limit}", "{device}/{point} is {value:.1f}"};
    bit.texts = std::make_shared<const config::RuleText>(texts);
    Evidence evidence;
    evidence.value = 1;
    evidence.limit = 0;
    const config::Text text = text_of(builder_.site(), bit, evidence);
    EXPECT_EQ(text.zh, "level: open,应为 closed");
    EXPECT_EQ(text.en, "well-3/level is open");
    evidence.value = 2;
    EXPECT_EQ(text_of(builder_.site(), bit, evidence).en, "well-3/level is 2.0");
    evidence.value = 0.5;
    EXPECT_EQ(text_of(builder_.site(), bit, evidence).en, "well-3/level is 0.5");
}

TEST_F(DescribeTest, PrintsARateAsANumberThoughThePointHasWords) {
    builder_.spec(level_).enumeration = {{1, "open"}};
    config::Rule& rate = rule(RuleKind::kRate);
    rate.per = std::chrono::minutes(1);
    Evidence evidence;
    evidence.value = 1;
    evidence.unit = unit_of(builder_.site(), rate);
    EXPECT_EQ(text_of(builder_.site(), rate, evidence).en, "1 m/min, limit 0 m/min");
}

TEST_F(DescribeTest, SaysOfANumberWithinTheLimitThatTheAlarmIsNotClear) {
    const std::string not_clear = "; back within the limit, but not far or long enough to be clear";
    const struct {
        RuleKind kind;
        double value, limit;
        bool within;
    } cases[] = {{RuleKind::kAbove, 180, 180, false},    {RuleKind::kAbove, 170, 180, true},
                 {RuleKind::kBelow, 180, 180, false},    {RuleKind::kBelow, 190, 180, true},
                 {RuleKind::kRate, 5, 4, false},         {RuleKind::kRate, 3, 4, true},
                 {RuleKind::kRate, -5, -4, false},       {RuleKind::kRate, -3, -4, true},
                 {RuleKind::kMoved, 25, 20, false},      {RuleKind::kMoved, 18, 20, true},
                 {RuleKind::kJump, 1, 4, false},         {RuleKind::kBit, 0, 1, false},
                 {RuleKind::kAbove, 0.1 * 6, 0.6, false}};
    for (const auto& c : cases) {
        Evidence evidence;
        evidence.kind = c.kind;
        evidence.value = c.value;
        evidence.limit = c.limit;
        const config::Text text = text_of(builder_.site(), rule(c.kind), evidence);
        EXPECT_EQ(text.en.ends_with(not_clear), c.within) << c.value << " of " << c.limit;
        EXPECT_EQ(text.zh.ends_with(",已回到限值以内,但尚未达到解除条件"), c.within);
    }
}

TEST_F(DescribeTest, GivesATextThatDoesNotFillInAsItStands) {
    config::Rule& above = rule(RuleKind::kAbove);
    config::RuleText texts;
    texts.text = {"{nonsense}", "{value:9999f}"};
    above.texts = std::make_shared<const config::RuleText>(texts);
    EXPECT_EQ(text_of(builder_.site(), above, {}).zh, "{nonsense}");
    EXPECT_EQ(text_of(builder_.site(), above, {}).en, "{value:9999f}");
    above.texts = nullptr;
    EXPECT_EQ(text_of(builder_.site(), above, {}), config::Text{});
}

TEST_F(DescribeTest, ResolvesThePartiesOfTheComponentEachOnce) {
    const config::Component component{.code = "",
                                      .authority = "water",
                                      .owner = "water",
                                      .maintainer = "team-3",
                                      .location = std::nullopt,
                                      .place = {}};
    const auto parties = parties_of(builder_.site(), component);
    ASSERT_EQ(parties.size(), 2U);
    EXPECT_EQ(parties[0].name, "水务局");
    EXPECT_EQ(parties[1].phone_ref, "roster:team-3");
    EXPECT_TRUE(parties_of(builder_.site(), {}).empty());
}

TEST_F(DescribeTest, TakesTheComponentOfThePointsChannel) {
    builder_.site().devices[0].component.code = "device";
    config::Channel channel;
    channel.component.code = "channel";
    builder_.site().devices[0].channels.push_back(channel);
    builder_.site().points[level_.value].channel = 0;
    EXPECT_EQ(component_of(builder_.site(), rule(RuleKind::kAbove)).code, "channel");
    EXPECT_EQ(component_of(builder_.site(), builder_.silent(device_, "cut", std::chrono::seconds(1))).code,
              "device");
}

TEST_F(DescribeTest, EvidenceSaysWhatWasSeenAndWhen) {
    rule(RuleKind::kAbove);
    Verdict verdict;
    verdict.sample = test::uncertain(level_, 3.5, Monotonic(std::chrono::milliseconds(9'500)));
    verdict.value = 3.5;
    verdict.limit = 3;
    const Stamp at{
        .boot = {1}, .monotonic_us = 10'000'000, .wall = Wall{std::chrono::seconds(1'800'000'000)}};
    const Evidence evidence = evidence_of(builder_.site(), verdict, at, {});
    EXPECT_EQ(evidence.value, 3.5);
    EXPECT_EQ(evidence.limit, 3);
    EXPECT_EQ(evidence.unit, "m");
    EXPECT_EQ(evidence.kind, RuleKind::kAbove);
    EXPECT_EQ(evidence.quality, Quality::kUncertain);
    EXPECT_EQ(evidence.reason, Reason::kNotGoodWhen);
    EXPECT_EQ(evidence.taken.boot, at.boot);
    EXPECT_EQ(evidence.taken.monotonic_us, 9'500'000);
    EXPECT_EQ(evidence.taken.wall, *at.wall - std::chrono::milliseconds(500));
    Stamp unknown = at;
    unknown.wall.reset();
    EXPECT_FALSE(evidence_of(builder_.site(), verdict, unknown, {}).taken.wall);
}

TEST_F(DescribeTest, EvidenceTakesTheSamplesValueWhenTheVerdictJudgedNoOther) {
    rule(RuleKind::kAbove);
    Verdict verdict;
    verdict.sample = test::good(level_, 3.5, Monotonic{});
    EXPECT_EQ(evidence_of(builder_.site(), verdict, {}, {}).value, 3.5);
}

}  // namespace
}  // namespace gengfu::alarms
