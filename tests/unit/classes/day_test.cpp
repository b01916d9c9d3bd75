#include "tests/unit/classes/day.hpp"

#include <gtest/gtest.h>

/// The quick form of the quiet day: every kind of device once or twice, 24 hours. The whole one is day_main.
namespace gengfu::test {
namespace {

// A tenth of the community: about a million samples.
constexpr double kScale = 0.1;

TEST(QuietDay, RaisesNoAlarm) {
    const DayReport report = play_day(1, kScale, Dangers::kNone);
    EXPECT_TRUE(report.unexpected.empty()) << report.table();
    EXPECT_GT(report.samples, 500'000U);
}

TEST(DayWithEveryDanger, FindsEachInTimeAndNothingElse) {
    // Not so few that two dangers would want the same device at the same time.
    const DayReport report = play_day(2, 4 * kScale, Dangers::kAll);
    EXPECT_EQ(report.missed(), 0U) << report.table();
    EXPECT_TRUE(report.unexpected.empty()) << report.table();
    EXPECT_GT(report.dangers.size(), 28U);
}

/// The test must be able to fail.
TEST(DayWithEveryDanger, SaysSoWhenOneIsMissed) {
    DayReport report;
    report.dangers = {{.what = "w", .device = "d", .rule = "r", .promised = 10, .also = {}, .crossed = 5}};
    EXPECT_EQ(report.missed(), 1U);
    report.dangers[0].found = 16;
    EXPECT_EQ(report.missed(), 1U) << "too late";
    report.dangers[0].found = 15;
    EXPECT_EQ(report.missed(), 0U);
}

}  // namespace
}  // namespace gengfu::test
