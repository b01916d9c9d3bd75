#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/rules/jump.hpp"
#include "daemon/rules/stuck.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::seconds;

struct Step {
    double value;
    Voice voice = Voice::kFull;
    int stretch_s = 1;
    std::optional<int> reached;  ///< nothing: no opinion
    int held = -1;
};
struct StuckCase {
    std::string name;
    double deadband;
    std::vector<Step> steps;
};

class Stuck : public testing::TestWithParam<StuckCase> {};

TEST_P(Stuck, CountsHowLongAValueStandsStill) {
    config::Rule rule;
    rule.kind = config::RuleKind::kStuck;
    rule.silent_for = seconds(3);
    rule.deadband = GetParam().deadband;
    StuckState state;
    for (std::size_t i = 0; i < GetParam().steps.size(); ++i) {
        const Step& step = GetParam().steps[i];
        const auto got = stuck(state, rule, step.value, step.voice, seconds(step.stretch_s));
        ASSERT_EQ(got.has_value(), step.reached.has_value()) << i;
        if (got) {
            EXPECT_EQ(got->reached, *step.reached) << i;
            EXPECT_EQ(got->held, step.held) << i;
            EXPECT_EQ(got->limit, 3) << i;
        }
    }
}

constexpr Voice kFull = Voice::kFull;
constexpr Voice kMute = Voice::kMute;
constexpr Voice kDanger = Voice::kDangerOnly;

INSTANTIATE_TEST_SUITE_P(
    Table, Stuck,
    testing::Values(
        StuckCase{"Frozen",
                  0,
                  {{5, kFull, 0, {}}, {5, kFull, 1, -1, 0}, {5, kFull, 1, -1, 0}, {5, kFull, 1, 0, 0}}},
        StuckCase{"MovesAndStandsAgain",
                  0,
                  {{5, kFull, 0, {}},
                   {5, kFull, 3, 0, 0},
                   {6, kFull, 1, -1, -1},
                   {6, kFull, 2, -1, 0},
                   {6, kFull, 1, 0, 0}}},
        StuckCase{"WithinTheBandIsNoMove",
                  0.5,
                  {{5, kFull, 0, {}}, {5.2, kFull, 1, -1, 0}, {4.8, kFull, 1, -1, 0}, {5.3, kFull, 1, 0, 0}}},
        StuckCase{
            "ASlowDriftIsAMove",
            0.5,
            {{5, kFull, 0, {}}, {5.3, kFull, 1, -1, 0}, {5.6, kFull, 2, -1, -1}, {5.6, kFull, 2, -1, 0}}},
        StuckCase{"BadOnesNeitherCountNorMove",
                  0,
                  {{5, kFull, 0, {}},
                   {9, kMute, 1, {}},
                   {9, kMute, 1, {}},
                   {5, kFull, 1, -1, 0},
                   {5, kFull, 2, 0, 0}}},
        StuckCase{"AnUncertainMoveSaysNothing",
                  0,
                  {{5, kFull, 0, {}}, {5, kFull, 2, -1, 0}, {7, kDanger, 1, {}}, {5, kFull, 1, 0, 0}}},
        StuckCase{"AnUncertainStandstillCounts", 0, {{5, kFull, 0, {}}, {5, kDanger, 3, 0, 0}}}),
    [](const auto& test) { return test.param.name; });

struct JumpStep {
    double at_s, value;
    Voice voice = Voice::kFull;
    Continuity continuity = Continuity::kUnbroken;
    int reached = -1;
};

TEST(Jump, IsTheChangeBetweenTwoGoodValues) {
    config::Rule rule;
    rule.levels = {test::level(5, Severity::kMinor), test::level(10, Severity::kMajor)};
    JumpState state;
    const JumpStep steps[] = {
        {0, 100},                                     // nothing to compare with
        {1, 104.9},                                   //
        {2, 110, kFull, Continuity::kUnbroken, 0},    // 5.1
        {3, 100, kFull, Continuity::kUnbroken, 1},    // down counts, too: 10 exactly
        {4, 106, kDanger, Continuity::kUnbroken, 0},  // compared ...
        {5, 100},                                     // ... and not kept
        {6, 200, kFull, Continuity::kBroken},         // after a gap
        {7, 210, kFull, Continuity::kUnbroken, 1},    //
        {20, 300},                                    // 13 s without a good value
        {21, 300},
    };
    for (const JumpStep& step : steps) {
        const Opinion got =
            jump(state, rule, step.value, test::at(step.at_s), step.voice, step.continuity, seconds(4));
        EXPECT_EQ(got.reached, step.reached) << step.at_s;
        EXPECT_EQ(got.held, step.reached) << step.at_s;
    }
}

}  // namespace
}  // namespace gengfu::rules
