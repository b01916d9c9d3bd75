#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/rules/above.hpp"
#include "daemon/rules/below.hpp"
#include "daemon/rules/bit.hpp"
#include "daemon/rules/equals.hpp"
#include "daemon/rules/evaluate.hpp"
#include "daemon/rules/outside.hpp"
#include "daemon/rules/silent.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using test::level;

struct Case {
    std::string name;
    config::Rule rule;
    double value;
    int reached;
    int held;
    double limit;  ///< of the level that is held, or of the mildest
};

config::Rule above_300() {
    config::Rule rule;
    rule.kind = RuleKind::kAbove;
    rule.levels = {level(180, Severity::kModerate), level(300)};
    rule.deadband = 10;
    return rule;
}

config::Rule below_3() {
    config::Rule rule;
    rule.kind = RuleKind::kBelow;
    rule.levels = {level(3, Severity::kModerate), level(1.5)};
    rule.deadband = 0.25;
    return rule;
}

config::Rule outside_198_242() {
    config::Rule rule;
    rule.kind = RuleKind::kOutside;
    rule.low = 198;
    rule.high = 242;
    rule.deadband = 2;
    return rule;
}

config::Rule equals_2_or_tenths() {
    config::Rule rule;
    rule.kind = RuleKind::kEquals;
    rule.values = {2, 0.3, -7};
    return rule;
}

config::Rule bit_is(bool active) {
    config::Rule rule;
    rule.kind = RuleKind::kBit;
    rule.active = active;
    return rule;
}

const Case kCases[] = {
    {"AboveFarBelow", above_300(), 0, -1, -1, 180},
    {"AboveInTheDeadbandOfTheMildest", above_300(), 170, -1, 0, 180},
    {"AboveLeftByMoreThanTheDeadband", above_300(), 169.999, -1, -1, 180},
    {"AboveJustUnderTheLimit", above_300(), 179.999, -1, 0, 180},
    {"AboveAtTheLimit", above_300(), 180, 0, 0, 180},
    {"AboveInTheDeadbandOfTheGravest", above_300(), 290, 0, 1, 300},
    {"AboveAtTheGravestLimit", above_300(), 300, 1, 1, 300},
    {"AboveFarAbove", above_300(), 1e9, 1, 1, 300},
    {"BelowFarAbove", below_3(), 100, -1, -1, 3},
    {"BelowInTheDeadband", below_3(), 3.25, -1, 0, 3},
    {"BelowLeftByMoreThanTheDeadband", below_3(), 3.2501, -1, -1, 3},
    {"BelowAtTheLimit", below_3(), 3, 0, 0, 3},
    {"BelowInTheDeadbandOfTheGravest", below_3(), 1.75, 0, 1, 1.5},
    {"BelowAtTheGravestLimit", below_3(), 1.5, 1, 1, 1.5},
    {"BelowFarBelow", below_3(), -1e9, 1, 1, 1.5},
    {"OutsideInTheMiddle", outside_198_242(), 220, -1, -1, 242},
    {"OutsideAtTheLowBound", outside_198_242(), 198, -1, 0, 198},
    {"OutsideUnderTheLowBound", outside_198_242(), 197.999, 0, 0, 198},
    {"OutsideBackFromLowByTheDeadband", outside_198_242(), 200, -1, -1, 198},
    {"OutsideAtTheHighBound", outside_198_242(), 242, -1, 0, 242},
    {"OutsideOverTheHighBound", outside_198_242(), 242.001, 0, 0, 242},
    {"OutsideBackFromHighByTheDeadband", outside_198_242(), 240, -1, -1, 242},
    {"EqualsTheFirst", equals_2_or_tenths(), 2, 0, 0, 2},
    {"EqualsAScaledValue", equals_2_or_tenths(), 0.1 + 0.2, 0, 0, 0.3},
    {"EqualsTheLast", equals_2_or_tenths(), -7, 0, 0, -7},
    {"EqualsNone", equals_2_or_tenths(), 2.001, -1, -1, 2},
    {"BitSet", bit_is(true), 1, 0, 0, 1},
    {"BitSetByAnyOtherNumber", bit_is(true), 64, 0, 0, 1},
    {"BitNotSet", bit_is(true), 0, -1, -1, 1},
    {"BitWatchedForZero", bit_is(false), 0, 0, 0, 0},
    {"BitWatchedForZeroIsSet", bit_is(false), 1, -1, -1, 0},
};

class Kinds : public testing::TestWithParam<Case> {};

TEST_P(Kinds, HaveTheirOpinion) {
    const Case& c = GetParam();
    const Opinion got = evaluate(c.rule, c.value);
    EXPECT_EQ(got.reached, c.reached);
    EXPECT_EQ(got.held, c.held);
    EXPECT_EQ(got.value, c.value);
    EXPECT_EQ(limit_at(c.rule, got.held, got), c.limit);
}

INSTANTIATE_TEST_SUITE_P(Table, Kinds, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(SilentKind, IsReachedAfterItsTime) {
    config::Rule rule;
    rule.kind = RuleKind::kSilent;
    rule.silent_for = std::chrono::seconds(30);
    const Opinion before = silent(rule, std::chrono::milliseconds(29'999));
    EXPECT_EQ(before.reached, -1);
    EXPECT_EQ(before.held, -1);
    const Opinion after = silent(rule, std::chrono::seconds(30));
    EXPECT_EQ(after.reached, 0);
    EXPECT_EQ(after.held, 0);
    EXPECT_DOUBLE_EQ(after.value, 30);
    EXPECT_DOUBLE_EQ(after.limit, 30);
}

TEST(SilentKind, WaitsForItsOnDelayToo) {
    config::Rule rule;
    rule.silent_for = std::chrono::seconds(30);
    rule.on_delay = std::chrono::seconds(5);
    EXPECT_EQ(silent_deadline(rule, test::at(10)), test::at(45));
}

TEST(SilentKind, HearsAllThatADeviceTellsAndOnlyValuesOfAPoint) {
    const PointId point{0};
    const auto refused = [&](Reason reason) { return test::bad(point, reason, test::at(0)); };
    const struct {
        const char* name;
        Sample sample;
        Voice device, of_point;
    } cases[] = {
        {"good", test::good(point, 1, test::at(0)), Voice::kFull, Voice::kFull},
        {"uncertain", test::uncertain(point, 1, test::at(0)), Voice::kFull, Voice::kDangerOnly},
        {"not protecting", refused(Reason::kNotProtecting), Voice::kFull, Voice::kMute},
        {"exception", refused(Reason::kException), Voice::kMute, Voice::kMute},
        {"out of range", refused(Reason::kOutOfRange), Voice::kFull, Voice::kMute},
        {"time-out", refused(Reason::kTimeout), Voice::kMute, Voice::kMute},
        {"crc", refused(Reason::kCrc), Voice::kMute, Voice::kMute},
        {"line", refused(Reason::kLine), Voice::kMute, Voice::kMute},
        {"backed off", refused(Reason::kBackedOff), Voice::kMute, Voice::kMute},
    };
    config::Rule of_device;
    config::Rule of_point;
    of_point.point = point;
    for (const auto& c : cases) {
        EXPECT_EQ(silent_voice(of_device, c.sample), c.device) << c.name;
        EXPECT_EQ(silent_voice(of_point, c.sample), c.of_point) << c.name;
    }
}

}  // namespace
}  // namespace gengfu::rules
