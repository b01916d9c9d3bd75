#include "daemon/rules/rate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::at;

constexpr Duration kGap = milliseconds(3500);

/// 5 degrees a minute over half a minute; 10 is graver; a degree of deadband.
config::Rule rising() {
    config::Rule rule;
    rule.kind = config::RuleKind::kRate;
    rule.levels = {test::level(5, Severity::kModerate), test::level(10)};
    rule.per = minutes(1);
    rule.window = seconds(30);
    rule.deadband = 1;
    return rule;
}

config::Rule falling() {
    config::Rule rule = rising();
    rule.levels = {test::level(-5, Severity::kModerate), test::level(-10)};
    return rule;
}

struct Ramp {
    std::string name;
    config::Rule rule;
    double per_minute;
    int reached, held;
};

const Ramp kRamps[] = {
    {"RisingFlat", rising(), 0, -1, -1},
    {"RisingTooSlow", rising(), 3.9, -1, -1},
    {"RisingInTheDeadband", rising(), 4.5, -1, 0},
    {"RisingFast", rising(), 5.01, 0, 0},
    {"RisingInTheUpperDeadband", rising(), 9.5, 0, 1},
    {"RisingVeryFast", rising(), 12, 1, 1},
    {"RisingWhileItFalls", rising(), -50, -1, -1},
    {"FallingFast", falling(), -5.01, 0, 0},
    {"FallingInTheDeadband", falling(), -4.5, -1, 0},
    {"FallingVeryFast", falling(), -12, 1, 1},
    {"FallingWhileItRises", falling(), 50, -1, -1},
};

class RateRamp : public testing::TestWithParam<Ramp> {};

TEST_P(RateRamp, IsMeasured) {
    const Ramp& c = GetParam();
    RateWindow window;
    std::optional<Opinion> last;
    for (int i = 0; i <= 60; ++i) {
        last = rate(window, c.rule, {at(i), 20 + c.per_minute * i / 60}, Voice::kFull, Continuity::kUnbroken,
                    kGap);
        EXPECT_EQ(last.has_value(), i >= 24) << "four fifths of 30 s, at " << i;
    }
    ASSERT_TRUE(last);
    EXPECT_NEAR(last->value, c.per_minute, 1e-9);
    EXPECT_EQ(last->reached, c.reached);
    EXPECT_EQ(last->held, c.held);
}

INSTANTIATE_TEST_SUITE_P(Table, RateRamp, testing::ValuesIn(kRamps),
                         [](const auto& test) { return test.param.name; });

/// Feeds a flat line of `count` samples and \returns the time of the next.
double settle(RateWindow& window, const config::Rule& rule, double from, int count) {
    for (int i = 0; i < count; ++i) {
        rate(window, rule, {at(from + i), 20}, Voice::kFull, Continuity::kUnbroken, kGap);
    }
    return from + count;
}

TEST(Rate, LetsGoOfAStepThatIsOlderThanTheWindow) {
    const config::Rule rule = rising();
    RateWindow window;
    const double step = settle(window, rule, 0, 40);
    std::optional<Opinion> last;
    for (int i = 0; i <= 31; ++i) {
        last = rate(window, rule, {at(step + i), 23}, Voice::kFull, Continuity::kUnbroken, kGap);
        ASSERT_TRUE(last);
        EXPECT_EQ(last->reached >= 0, i < 30) << i;
    }
    EXPECT_EQ(last->held, -1);
}

TEST(Rate, StartsAnewAfterAGap) {
    const config::Rule rule = rising();
    RateWindow window;
    const double next = settle(window, rule, 0, 40);
    EXPECT_FALSE(rate(window, rule, {at(next + 100), 90}, Voice::kFull, Continuity::kBroken, kGap));
    EXPECT_EQ(window.size(), 1U);
}

TEST(Rate, StartsAnewAfterALongHoleOfFailedReads) {
    const config::Rule rule = rising();
    RateWindow window;
    double next = settle(window, rule, 0, 40);
    for (int i = 0; i < 15; ++i) {
        EXPECT_FALSE(rate(window, rule, {at(next), std::nan("")}, Voice::kMute, Continuity::kUnbroken, kGap));
        next += 1;
    }
    EXPECT_FALSE(rate(window, rule, {at(next), 90}, Voice::kFull, Continuity::kUnbroken, kGap))
        << "16 s of 30";
}

TEST(Rate, BridgesAShortHoleOfFailedReads) {
    const config::Rule rule = rising();
    RateWindow window;
    const double next = settle(window, rule, 0, 40);
    EXPECT_TRUE(rate(window, rule, {at(next + 10), 90}, Voice::kFull, Continuity::kUnbroken, kGap));
}

/// Seeds 33 and 47 of the simulated days: a hammer upwards, and the answers after it are lost. For longer
/// than the on-delay of 10 s the pressure was compared with it.
TEST(Rate, ASpikeBesideAHoleIsNotComparedWithForLong) {
    for (int lost = 1; lost <= 3; ++lost) {
        config::Rule rule = falling();
        rule.window = minutes(1);
        RateWindow window;
        const Duration gap = milliseconds(15'500);
        double now = 0;
        for (; now < 100; now += 5) {
            rate(window, rule, {at(now), 20}, Voice::kFull, Continuity::kUnbroken, gap);
        }
        rate(window, rule, {at(now), 40}, Voice::kFull, Continuity::kUnbroken, gap);
        int falls = 0;
        for (const double end = now + 120; now < end;) {
            now += falls == 0 && now < end - 115 ? 5.0 * (lost + 1) : 5.1;
            const auto opinion = rate(window, rule, {at(now), 20}, Voice::kFull, Continuity::kUnbroken, gap);
            ASSERT_TRUE(opinion);
            falls += opinion->reached >= 0 ? 1 : 0;
        }
        EXPECT_GE(falls, 1) << "a spike is compared with for an interval: that is what the on-delay is for";
        EXPECT_LE(falls, 2) << lost << " lost: 10 s are three values";
    }
}

/// A step that a hole hides is seen nearly a window long all the same.
TEST(Rate, AStepWithinAHoleIsSeen) {
    config::Rule rule = falling();
    rule.window = minutes(1);
    RateWindow window;
    const Duration gap = milliseconds(15'500);
    double now = 0;
    for (; now < 100; now += 5) {
        rate(window, rule, {at(now), 40}, Voice::kFull, Continuity::kUnbroken, gap);
    }
    const double step = now;
    double last = 0;
    for (now += 15; now < step + 100; now += 5) {
        const auto opinion = rate(window, rule, {at(now), 20}, Voice::kFull, Continuity::kUnbroken, gap);
        ASSERT_TRUE(opinion);
        if (opinion->reached == 1) {
            EXPECT_TRUE(last == 0 || last == now - 5) << "without a break";
            last = now;
        }
    }
    EXPECT_GE(last, step + 55);
}

TEST(Rate, JudgesAnUncertainValueButDoesNotCompareLaterOnesWithIt) {
    const config::Rule rule = rising();
    RateWindow window;
    const double next = settle(window, rule, 0, 40);
    const auto raised = rate(window, rule, {at(next), 90}, Voice::kDangerOnly, Continuity::kUnbroken, kGap);
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->reached, 1);
    for (int i = 1; i < 60; ++i) {
        const auto later = rate(window, rule, {at(next + i), 20}, Voice::kFull, Continuity::kUnbroken, kGap);
        ASSERT_TRUE(later);
        EXPECT_NEAR(later->value, 0, 1e-9);
    }
}

TEST(Rate, DoesNotDivideByNothing) {
    config::Rule rule = rising();
    rule.window = Duration::zero();
    RateWindow window;
    EXPECT_FALSE(rate(window, rule, {at(1), 1}, Voice::kFull, Continuity::kUnbroken, kGap));
    EXPECT_FALSE(rate(window, rule, {at(1), 2}, Voice::kFull, Continuity::kUnbroken, kGap)) << "a duplicate";
}

TEST(Rate, KeepsItsMemoryBoundedAndItsWindowWhole) {
    config::Rule rule = rising();
    rule.window = minutes(10);
    RateWindow window;
    std::optional<Opinion> last;
    for (int i = 0; i < 100'000; ++i) {
        last =
            rate(window, rule, {at(i * 0.05), i * 0.05 / 60 * 7}, Voice::kFull, Continuity::kUnbroken, kGap);
        ASSERT_LE(window.size(), RateWindow::kMaxEntries);
    }
    ASSERT_TRUE(last);
    EXPECT_NEAR(last->value, 7, 1e-9);
    EXPECT_GE(window.size(), static_cast<std::size_t>(RateWindow::kStepsPerWindow));
}

TEST(Rate, WorksWithAWindowOfTwoIntervalsThatCome) {
    config::Rule rule = rising();
    rule.window = seconds(2);
    RateWindow window;
    std::optional<Opinion> last;
    int judged = 0;
    for (int i = 0; i < 100; ++i) {
        const double jitter = i % 3 == 0 ? 0.03 : 0;
        const double now = i + jitter;
        last = rate(window, rule, {at(now), now / 60 * 8}, Voice::kFull, Continuity::kUnbroken, kGap);
        judged += last ? 1 : 0;
    }
    EXPECT_GE(judged, 98);
    ASSERT_TRUE(last);
    EXPECT_NEAR(last->value, 8, 1e-3);
}

}  // namespace
}  // namespace gengfu::rules
