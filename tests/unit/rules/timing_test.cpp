#include "daemon/rules/timing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gengfu::rules {
namespace {

using std::chrono::seconds;

constexpr Delays kDelays{seconds(5), seconds(3)};

/// A value between levels: "-" none, "0" reaches level 0, "h" has reached none but holds level 0, and so on.
struct Step {
    int reached = -1;
    int held = -1;
    Voice voice = Voice::kFull;
    int want = -1;  ///< level in force after it
    long stretch_s = 1;
};

Step reaches(int level, int want) {
    return {level, level, Voice::kFull, want};
}
Step holds(int level, int want) {
    return {-1, level, Voice::kFull, want};
}
Step clear(int want) {
    return {-1, -1, Voice::kFull, want};
}
Step mute(int want) {
    return {-1, -1, Voice::kMute, want};
}
Step uncertain(int reached, int want) {
    return {reached, reached, Voice::kDangerOnly, want};
}
Step after_a_gap(Step step) {
    step.stretch_s = 0;
    return step;
}

struct Case {
    std::string name;
    std::vector<Step> steps;
};

const Case kCases[] = {
    {"RaisesWhenTheDelayIsOver",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0)}},
    {"AGoodSampleWithoutTheConditionBeginsAnew",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), clear(-1),
      reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0)}},
    {"TheDeadbandDoesNotRaise",
     {holds(0, -1), holds(0, -1), holds(0, -1), holds(0, -1), holds(0, -1), holds(0, -1)}},
    {"TheTimeUpToABadSampleCountsAndTheTimeFromItDoesNot",
     {reaches(0, -1), mute(-1), reaches(0, -1), mute(-1), reaches(0, -1), mute(-1), reaches(0, -1), mute(-1),
      reaches(0, -1), mute(-1), reaches(0, 0)}},
    {"BadSamplesAloneNeverRaise",
     {reaches(0, -1), mute(-1), mute(-1), mute(-1), mute(-1), mute(-1), mute(-1), mute(-1)}},
    {"TheTimeUpToABadSampleDoesNotCountWhenTheConditionIsGoneAfterIt",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), mute(-1), clear(-1),
      reaches(0, -1), reaches(0, -1)}},
    {"AGapDoesNotCountButKeeps",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1),
      after_a_gap(reaches(0, -1)), reaches(0, 0)}},
    {"AnUncertainSampleRaisesLikeAGoodOne",
     {uncertain(0, -1), uncertain(0, -1), uncertain(0, -1), uncertain(0, -1), uncertain(0, -1),
      uncertain(0, 0)}},
    {"AnUncertainSampleWithoutTheConditionBeginsNothingAnew",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), uncertain(-1, -1),
      reaches(0, 0)}},
    {"ClearsWhenTheOffDelayIsOver",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0), clear(0),
      clear(0), clear(0), clear(-1)}},
    {"StaysWithinTheDeadband",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0), clear(0),
      clear(0), clear(0), holds(0, 0), clear(0), clear(0), clear(0), clear(-1)}},
    {"UncertainSamplesNeverClear",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0),
      uncertain(-1, 0), uncertain(-1, 0), uncertain(-1, 0), uncertain(-1, 0), uncertain(-1, 0),
      uncertain(-1, 0)}},
    {"AnUncertainSampleWithTheConditionBeginsTheOffDelayAnew",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0), clear(0),
      clear(0), clear(0), uncertain(0, 0), clear(0), clear(0), clear(0), clear(-1)}},
    {"BadSamplesNeverClear",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(0, 0), clear(0),
      mute(0), mute(0), mute(0), mute(0), mute(0), mute(0)}},
    {"TimeAboveTheLowerLevelIsNotLostWhenTheUpperIsReached",
     {reaches(0, -1), reaches(0, -1), reaches(0, -1), reaches(1, -1), reaches(1, -1), reaches(1, 0),
      reaches(1, 0), reaches(1, 0), reaches(1, 1)}},
    {"FallsToTheMilderLevelAfterTheOffDelay",
     {reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, 1),
      reaches(0, 1), reaches(0, 1), reaches(0, 1), reaches(0, 0), reaches(0, 0)}},
    {"FallsByTheTimeOfEachLevel",
     {reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, 1),
      reaches(0, 1), reaches(0, 1), clear(1), clear(0), clear(0), clear(-1)}},
    {"ClearsFromTheGravestAtOnce",
     {reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, 1), clear(1),
      clear(1), clear(1), clear(-1)}},
    {"RisesAgainFromTheMilderLevelByTheFullDelay",
     {reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, -1), reaches(1, 1),
      reaches(0, 1), reaches(0, 1), reaches(0, 1), reaches(0, 0), reaches(1, 0), reaches(1, 0), reaches(1, 0),
      reaches(1, 0), reaches(1, 0), reaches(1, 1)}},
};

class TimingSteps : public testing::TestWithParam<Case> {};

TEST_P(TimingSteps, EndAsTheyShould) {
    Timing timing;
    int number = 0;
    for (const Step& step : GetParam().steps) {
        advance(timing, 2, kDelays, {step.reached, step.held, 0, 0}, step.voice, seconds(step.stretch_s));
        EXPECT_EQ(timing.level, step.want) << "step " << number;
        ++number;
    }
}

INSTANTIATE_TEST_SUITE_P(Table, TimingSteps, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Timing, WithoutDelaysChangesAtTheFirstSample) {
    Timing timing;
    advance(timing, 1, {}, {0, 0, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, 0);
    advance(timing, 1, {}, {-1, -1, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, -1);
}

TEST(Timing, WithoutDelaysGoesStraightToTheGravestLevelReached) {
    Timing timing;
    advance(timing, 4, {}, {3, 3, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, 3);
    advance(timing, 4, {}, {0, 1, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, 1);
}

TEST(Timing, LeavesALevelOnlyAfterTheTimeOfThatLevel) {
    Timing timing;
    timing.level = 1;
    timing.timers[0].elapsed = seconds(60);  // as a damaged memory could have it
    advance(timing, 2, kDelays, {-1, -1, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, 1);
}

TEST(Timing, TakesUpPendingTimeButChangesOnlyWhenASampleSaysSo) {
    Timing timing;
    timing.timers[0].elapsed = seconds(5);
    advance(timing, 1, kDelays, {}, Voice::kMute, seconds(10));
    EXPECT_EQ(timing.level, -1);
    advance(timing, 1, kDelays, {0, 0, 0, 0}, Voice::kFull, Duration::zero());
    EXPECT_EQ(timing.level, 0);
}

}  // namespace
}  // namespace gengfu::rules
