// Rules over recorded samples: what history by exception leaves out is put in again, and no more than that.
#include <gtest/gtest.h>

#include <cmath>

#include "cli/replay_compare.hpp"
#include "cli/replay_run.hpp"
#include "cli/span.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::cli {
namespace {

using config::RuleKind;
using std::chrono::minutes;
using std::chrono::seconds;

Wall after(seconds span) {
    return Wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)) + span;
}

Sample value(double value, Quality quality = Quality::kGood, Reason reason = Reason::kNone) {
    Sample sample;
    sample.value = value;
    sample.quality = quality;
    sample.reason = reason;
    return sample;
}

/// One point that is asked every second, a limit of 100 with 20 s of delay, a watch for a minute's silence.
class ReplayRunTest : public testing::Test {
protected:
    ReplayRunTest() {
        const DeviceId device = builder_.device("well", {"level"});
        point_ = builder_.point(device, "level");
        config::Rule& above = builder_.rule(point_, "above", RuleKind::kAbove);
        above.levels = {test::level(100)};
        above.on_delay = above.off_delay = seconds(20);
        builder_.silent(device, "silent", seconds(60));
    }
    std::vector<Occurrence> of(const std::string& rule, ReplayRun& run) {
        std::vector<Occurrence> all = run.occurrences();
        std::erase_if(all, [&](const Occurrence& one) { return one.key.rule != rule; });
        return all;
    }

    test::SiteBuilder builder_;
    PointId point_;
};

TEST_F(ReplayRunTest, AValueThatStoodStillWasReadAllTheWhile) {
    ReplayRun run(builder_.site(), std::nullopt);
    run.start(after(seconds(0)));
    run.sample(point_, value(50), after(seconds(0)));
    run.sample(point_, value(150), after(seconds(100)));  // one report, and the next one five minutes later
    run.sample(point_, value(150), after(seconds(400)));
    run.sample(point_, value(50), after(seconds(500)));
    run.finish(after(seconds(600)));
    EXPECT_EQ(run.given(), 4U);
    EXPECT_EQ(run.repeated(), 99U + 299U + 99U + 99U);
    const std::vector<Occurrence> found = run.occurrences();
    ASSERT_EQ(found.size(), 1U) << "and nothing was silent";
    EXPECT_EQ(found[0].key.rule, "above");
    EXPECT_EQ(found[0].raised, after(seconds(120)));
    ASSERT_TRUE(found[0].cleared);
    EXPECT_EQ(*found[0].cleared, after(seconds(520)));
}

TEST_F(ReplayRunTest, APointThatWasNotReportedForLongerThanItsMaxIntervalWasSilent) {
    ReplayRun run(builder_.site(), std::nullopt);
    run.start(after(seconds(0)));
    run.sample(point_, value(50), after(seconds(0)));
    run.finish(after(minutes(20)));
    const std::vector<Occurrence> found = of("silent", run);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_GE(found[0].raised, after(minutes(6))) << "max_interval of 5 min, then a minute of silence";
    EXPECT_LE(found[0].raised, after(minutes(6) + seconds(5)));
}

TEST_F(ReplayRunTest, FailedReadsAreRepeatedAsSuch) {
    ReplayRun run(builder_.site(), std::nullopt);
    run.start(after(seconds(0)));
    run.sample(point_, value(50), after(seconds(0)));
    run.sample(point_, value(std::nan(""), Quality::kBad, Reason::kTimeout), after(seconds(10)));
    run.sample(point_, value(50), after(seconds(200)));
    run.finish(after(seconds(230)));
    const std::vector<Occurrence> found = of("silent", run);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(std::chrono::duration<double>(found[0].raised - after(seconds(69))).count(), 0, 2);
    ASSERT_TRUE(found[0].cleared);
}

/// A rule with a schedule, started at any second of a minute: it opens with the minute, and not before the
/// start has told what time it is.
TEST_F(ReplayRunTest, SchedulesOpenAndCloseToTheSecond) {
    config::Rule& at_once = builder_.rule(point_, "scheduled", RuleKind::kAbove);
    at_once.levels = {test::level(100)};
    at_once.schedule = {{4 * 1440 + 10, 4 * 1440 + 12}};  // Friday 20 November 2026, 00:10 to 00:12
    Result<TimeZone> utc = TimeZone::load("UTC");
    ASSERT_TRUE(utc);
    for (const int began : {0, 27, 59}) {
        for (const int restarted : {0, 9 * 60 + 36, 10 * 60 + 40}) {
            ReplayRun run(builder_.site(), *utc);
            run.start(after(seconds(began)));
            run.sample(point_, value(150), after(seconds(began + 1)));
            run.sample(point_, value(150), after(minutes(4)));
            run.sample(point_, value(150), after(minutes(8)));
            if (restarted > 0) {
                run.sample(point_, value(150), after(seconds(restarted - 2)));
                run.start(after(seconds(restarted)));
                run.sample(point_, value(150), after(seconds(restarted)));
            }
            run.sample(point_, value(50), after(minutes(11)));
            run.sample(point_, value(150), after(minutes(12)));  // it has closed
            run.finish(after(minutes(14)));
            const std::vector<Occurrence> found = of("scheduled", run);
            ASSERT_EQ(found.size(), 1U) << began << ", " << restarted;
            EXPECT_GE(found[0].raised, after(minutes(10))) << began << ", " << restarted;
            EXPECT_LE(found[0].raised, after(minutes(10) + seconds(1))) << began << ", " << restarted;
        }
    }
}

TEST_F(ReplayRunTest, AStartForgetsWhatCountsTowardsChattering) {
    builder_.rule(point_, "quick", RuleKind::kAbove).levels = {test::level(100)};
    for (const bool started : {false, true}) {
        ReplayRun run(builder_.site(), std::nullopt);
        run.start(after(seconds(0)));
        const auto alarm_at = [&](int second) {
            run.sample(point_, value(150), after(seconds(second)));
            run.sample(point_, value(50), after(seconds(second + 3)));
        };
        alarm_at(10);
        alarm_at(20);
        if (started) {
            run.start(after(seconds(30)));
        }
        alarm_at(35);
        run.sample(point_, value(50), after(seconds(200)));
        run.finish(after(seconds(201)));
        const std::vector<Occurrence> found = of("quick", run);
        ASSERT_EQ(found.size(), 3U) << started;
        EXPECT_EQ(found[2].cleared.has_value(), started) << "the third in a minute stays for five";
    }
}

/// A chattering alarm stands over the start, and clears when it has been quiet.
TEST_F(ReplayRunTest, WhatChattersAtAStartClearsAfterIt) {
    builder_.rule(point_, "quick", RuleKind::kAbove).levels = {test::level(100)};
    ReplayRun run(builder_.site(), std::nullopt);
    run.start(after(seconds(0)));
    for (const int second : {10, 20, 30}) {
        run.sample(point_, value(150), after(seconds(second)));
        run.sample(point_, value(50), after(seconds(second + 3)));
    }
    run.start(after(seconds(60)));
    run.sample(point_, value(50), after(seconds(61)));
    run.sample(point_, value(50), after(seconds(300)));
    run.finish(after(seconds(500)));
    const std::vector<Occurrence> found = of("quick", run);
    ASSERT_EQ(found.size(), 3U);
    ASSERT_TRUE(found[2].cleared);
    EXPECT_GE(*found[2].cleared, after(seconds(360)));
    EXPECT_LE(*found[2].cleared, after(seconds(364)));
}

TEST_F(ReplayRunTest, TimeInWhichNothingWasObservedDoesNotCount) {
    ReplayRun run(builder_.site(), std::nullopt);
    run.start(after(seconds(0)));
    run.sample(point_, value(150), after(seconds(0)));
    run.sample(point_, value(150.1), after(seconds(15)));
    // The gateway was off for an hour, 15 of 20 seconds into the delay; and an alarm is raised once.
    run.start(after(minutes(60)));
    run.sample(point_, value(150), after(minutes(60)));
    run.sample(point_, value(150.1), after(minutes(60) + seconds(30)));
    run.start(after(minutes(120)));
    run.sample(point_, value(150), after(minutes(120)));
    run.finish(after(minutes(121)));
    const std::vector<Occurrence> found = run.occurrences();
    ASSERT_EQ(found.size(), 1U) << "no silence either";
    EXPECT_GE(found[0].raised, after(minutes(60) + seconds(5)));
    EXPECT_LE(found[0].raised, after(minutes(60) + seconds(6)));
    EXPECT_FALSE(found[0].cleared);
}

Occurrence occurrence(const std::string& rule, int raised, std::optional<int> cleared,
                      Severity severity = Severity::kMajor) {
    Occurrence one;
    one.key = {"well", "level", rule};
    one.raised = after(seconds(raised));
    if (cleared) {
        one.cleared = after(seconds(*cleared));
    }
    one.severity = severity;
    return one;
}

TEST(Compare, MatchesWhatOverlapsOfOneKey) {
    const Comparison found =
        compare({occurrence("a", 0, 100), occurrence("a", 1000, 1100), occurrence("b", 5, 10)},
                {occurrence("a", 40, 90, Severity::kCritical), occurrence("a", 5000, std::nullopt),
                 occurrence("c", 5, 10)});
    ASSERT_EQ(found.kept.size(), 1U);
    EXPECT_EQ(found.kept[0].moved, seconds(40));
    EXPECT_TRUE(found.kept[0].graver);
    EXPECT_FALSE(found.kept[0].milder);
    ASSERT_EQ(found.removed.size(), 2U);
    EXPECT_EQ(found.removed[0].raised, after(seconds(1000)));
    EXPECT_EQ(found.removed[1].key.rule, "b");
    ASSERT_EQ(found.added.size(), 2U);
    EXPECT_EQ(found.added[0].key.rule, "c");
    EXPECT_EQ(found.added[1].raised, after(seconds(5000)));
}

/// The run ended by a kill between 90 and 200: what was raised in the meantime has no samples.
TEST(Compare, WhatTheRecordHasNoSamplesOfIsUnknownAndNotRemoved) {
    std::vector<Occurrence> came{occurrence("a", 0, 50),    occurrence("b", 90, 250),
                                 occurrence("c", 91, 250),  occurrence("d", 95, 400),
                                 occurrence("e", 201, 250), occurrence("gone", 95, 250)};
    std::set<alarms::Key> judged;
    for (const char* const rule : {"a", "b", "c", "d", "e"}) {
        judged.insert(occurrence(rule, 0, 0).key);
    }
    note_unrecorded(came, {{occurrence("", 90, 0).raised, occurrence("", 200, 0).raised}}, judged);
    const Comparison found = compare(came, {occurrence("d", 200, 400)});
    ASSERT_EQ(found.removed.size(), 4U);
    EXPECT_EQ(found.removed[3].key.rule, "gone") << "no rule, no alarm";
    EXPECT_EQ(found.removed[0].key.rule, "a");
    EXPECT_EQ(found.removed[1].key.rule, "b") << "its sample is the last on record";
    EXPECT_EQ(found.removed[2].key.rule, "e");
    ASSERT_EQ(found.unknown.size(), 1U);
    EXPECT_EQ(found.unknown[0].key.rule, "c");
    ASSERT_EQ(found.kept.size(), 1U);
    EXPECT_EQ(found.kept[0].moved, Duration::zero()) << "later only by what is not on record";
}

TEST(Compare, OneIsMatchedOnce) {
    const Comparison found = compare({occurrence("a", 0, std::nullopt)},
                                     {occurrence("a", 3, 10), occurrence("a", 30, std::nullopt)});
    ASSERT_EQ(found.kept.size(), 1U);
    EXPECT_EQ(found.kept[0].moved, Duration::zero()) << "3 s are one moment";
    EXPECT_EQ(found.added.size(), 1U);
}

TEST(Span, IsAPositiveTime) {
    EXPECT_EQ(*span_of("7d"), std::chrono::hours(7 * 24));
    for (const char* wrong : {"", "0s", "-1d", "7", "d", "7 days", "99999999999d"}) {
        EXPECT_FALSE(span_of(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace gengfu::cli
