#include "daemon/core/clock_trust.hpp"

#include <gtest/gtest.h>

namespace gengfu {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kOffset = 1'795'000'000'000'000;
constexpr std::int64_t kHour = 3'600'000'000;

struct Trusted {
    std::string name;
    ClockTrust trust;
    ClockSigns signs;
    bool known;
};

class Trust : public testing::TestWithParam<Trusted> {};

TEST_P(Trust, FollowsTheSystemsWord) {
    ClockTracker tracker(GetParam().trust, false);
    EXPECT_EQ(tracker.look(Monotonic{}, kOffset, GetParam().signs).known, GetParam().known);
}

constexpr ClockSigns kSynced{.plausible = true, .synchronised = true, .service = true, .error_us = 400};
constexpr ClockSigns kWaiting{.plausible = true, .synchronised = false, .service = true};
constexpr ClockSigns kAlone{.plausible = true, .synchronised = false, .service = false};
constexpr ClockSigns k1970{.plausible = false, .synchronised = true, .service = true};
const Trusted kCases[] = {{"AutoSynced", ClockTrust::kAuto, kSynced, true},
                          {"AutoWaiting", ClockTrust::kAuto, kWaiting, false},
                          {"AutoContainer", ClockTrust::kAuto, kAlone, true},
                          {"Auto1970", ClockTrust::kAuto, k1970, false},
                          {"SynchronisedContainer", ClockTrust::kSynchronised, kAlone, false},
                          {"SynchronisedSynced", ClockTrust::kSynchronised, kSynced, true},
                          {"PlausibleWaiting", ClockTrust::kPlausible, kWaiting, true},
                          {"Plausible1970", ClockTrust::kPlausible, k1970, false}};
INSTANTIATE_TEST_SUITE_P(Table, Trust, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(ClockTracker, AClockThatBecomesKnownDatesItsBootOnce) {
    ClockTracker tracker(ClockTrust::kAuto, false);
    Monotonic now{};
    ClockTracker::Seen seen = tracker.look(now, kOffset - kHour, kWaiting);
    EXPECT_FALSE(seen.known);
    EXPECT_FALSE(seen.fix_us);
    seen = tracker.look(now += seconds(1), kOffset, kSynced);
    EXPECT_TRUE(seen.known);
    EXPECT_EQ(seen.jump_us, kHour);
    EXPECT_EQ(seen.fix_us, kOffset);
    EXPECT_EQ(seen.error_us, 400U);
    seen = tracker.look(now += seconds(1), kOffset + 300, kSynced);
    EXPECT_FALSE(seen.fix_us || seen.jump_us);
}

TEST(ClockTracker, AKnownClockNeedsNoFixUnlessAnEarlierRunOfTheBootDid) {
    ClockTracker known(ClockTrust::kAuto, false);
    EXPECT_FALSE(known.look(Monotonic{}, kOffset, kSynced).fix_us);
    ClockTracker undated(ClockTrust::kAuto, true);
    EXPECT_EQ(undated.look(Monotonic{}, kOffset, kSynced).fix_us, kOffset);
}

TEST(ClockTracker, WhatWasSynchronisedIsKeptUntilSomebodySetsIt) {
    ClockTracker tracker(ClockTrust::kSynchronised, false);
    Monotonic now{};
    EXPECT_TRUE(tracker.look(now, kOffset, kSynced).known);
    // The time server is gone for days: the kernel calls the clock unsynchronised after hours.
    EXPECT_TRUE(tracker.look(now += std::chrono::hours(50), kOffset + 4000, kWaiting).known);
    const ClockTracker::Seen set = tracker.look(now += seconds(1), kOffset - 24 * kHour, kWaiting);
    EXPECT_FALSE(set.known) << "a day back, and nobody vouches for it";
    EXPECT_EQ(set.jump_us, -24 * kHour - 4000);
    EXPECT_EQ(tracker.look(now += seconds(1), kOffset, kSynced).fix_us, kOffset);
}

TEST(ClockTracker, AClockThatIsSetDatesItsBootAnewButNotEndlessly) {
    ClockTracker tracker(ClockTrust::kPlausible, false);
    Monotonic now{};
    tracker.look(now, kOffset, kAlone);
    EXPECT_EQ(tracker.look(now += seconds(1), kOffset + kHour, kAlone).fix_us, kOffset + kHour);
    int fixes = 0;
    for (int i = 1; i <= 120; ++i) {
        const auto seen = tracker.look(now += seconds(1), kOffset + (i % 2 == 0 ? kHour : 0), kAlone);
        EXPECT_TRUE(seen.jump_us);
        fixes += seen.fix_us ? 1 : 0;
    }
    EXPECT_EQ(fixes, 1);
    // What it came to rest at is told in the end.
    EXPECT_EQ(tracker.look(now += seconds(60), kOffset + 7 * kHour, kAlone).fix_us, kOffset + 7 * kHour);
}

TEST(ClockTracker, ALeapSecondIsAJumpAndAFix) {
    ClockTracker tracker(ClockTrust::kAuto, false);
    Monotonic now{};
    tracker.look(now, kOffset, kSynced);
    const auto seen = tracker.look(now += seconds(1), kOffset - 1'000'000, kSynced);
    EXPECT_EQ(seen.jump_us, -1'000'000);
    EXPECT_EQ(seen.fix_us, kOffset - 1'000'000);
    EXPECT_TRUE(seen.known);
}

TEST(ClockTracker, SlewingIsNoJumpAndAFixOnlyWhenItHasGatheredUp) {
    ClockTracker tracker(ClockTrust::kAuto, false);
    Monotonic now{};
    int fixes = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto seen = tracker.look(now += seconds(1), kOffset + 500 * i, kSynced);
        EXPECT_FALSE(seen.jump_us);
        fixes += seen.fix_us ? 1 : 0;
    }
    EXPECT_EQ(fixes, 1);
}

TEST(ClockTrust, HasThreeWords) {
    EXPECT_EQ(parse_clock_trust("auto"), ClockTrust::kAuto);
    EXPECT_EQ(parse_clock_trust("synchronised"), ClockTrust::kSynchronised);
    EXPECT_EQ(parse_clock_trust("plausible"), ClockTrust::kPlausible);
    EXPECT_FALSE(parse_clock_trust(""));
    EXPECT_FALSE(parse_clock_trust("Auto"));
}

TEST(ClockSigns, CanBeReadHere) {
    const std::int64_t offset = clock_offset_us();
    EXPECT_TRUE(read_clock_signs().plausible);
    EXPECT_NEAR(static_cast<double>(clock_offset_us() - offset), 0, 100'000);
}

}  // namespace
}  // namespace gengfu
