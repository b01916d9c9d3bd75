#include "daemon/sampling/schedule.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Monotonic kStart{seconds(1000)};

config::Profile two_paces() {
    config::Profile profile;
    profile.points = {SiteBuilder::point("fast", 0), SiteBuilder::point("slow", 1),
                      SiteBuilder::point("once", 2)};
    profile.points[1].interval = seconds(10);
    profile.points[2].read_on_connect = true;
    return profile;
}

config::Profile one_point() {
    config::Profile profile;
    profile.points = {SiteBuilder::point("value", 0)};
    return profile;
}

/// Plays the schedule with answers that take `answer` and time-outs that take `timeout`; counts the turns.
struct Player {
    Schedule& schedule;
    Monotonic now;
    std::map<std::size_t, bool> dead{};
    Duration answer = milliseconds(50);
    Duration timeout = milliseconds(500);
    std::map<std::size_t, int> turns{};
    std::map<std::size_t, int> turns_of_dead{};
    Duration spent_on_dead{};

    void until(Monotonic end) {
        while (now < end) {
            const std::optional<Turn> turn = schedule.next(now);
            ASSERT_TRUE(turn);
            now = std::max(now, turn->at);
            if (now >= end) {
                return;
            }
            const Monotonic began = now;
            now += dead[turn->device] ? timeout : answer;
            ++(dead[turn->device] ? turns_of_dead : turns)[turn->device];
            spent_on_dead += dead[turn->device] ? timeout : Duration::zero();
            schedule.finished(*turn, !dead[turn->device], began, now);
        }
    }
};

TEST(Cadences, PointsOfOnePaceTravelTogether) {
    SiteBuilder builder(two_paces());
    builder.device("d", 1, seconds(1));
    const std::vector<Cadence> got = cadences(builder.site.devices[0], builder.site.profiles[0]);
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(got[0].points, (std::vector<config::PointRef>{0}));
    EXPECT_EQ(got[1].points, (std::vector<config::PointRef>{2}));
    EXPECT_TRUE(got[1].on_connect);
    EXPECT_EQ(got[2].points, (std::vector<config::PointRef>{1}));
}

TEST(Schedule, EverythingIsDueAtTheStartAndThenAtItsPace) {
    SiteBuilder builder(two_paces());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    Turn turn = schedule.next(kStart).value();
    EXPECT_EQ(turn.at, kStart);
    EXPECT_EQ(turn.due, 0b111U);
    schedule.finished(turn, true, kStart, kStart + milliseconds(50));
    turn = schedule.next(kStart + milliseconds(50)).value();
    EXPECT_EQ(turn.at, kStart + seconds(1));
    EXPECT_EQ(turn.due, 0b001U);  // the point that is read once has been
    Player player{schedule, kStart + milliseconds(50)};
    player.until(kStart + seconds(10) - milliseconds(1));
    EXPECT_EQ(player.turns[0], 9);
    EXPECT_EQ(schedule.next(player.now).value().due, 0b101U);
}

TEST(Schedule, APointReadAtConnectIsReadAgainAfterReopening) {
    SiteBuilder builder(two_paces());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    const Turn turn = schedule.next(kStart).value();
    schedule.finished(turn, true, kStart, kStart);
    schedule.connected(kStart + seconds(5));
    EXPECT_EQ(schedule.next(kStart + seconds(5)).value().due, 0b111U);
}

TEST(Schedule, AStallIsNotMadeUpForByABurst) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    const Turn turn = schedule.next(kStart).value();
    schedule.finished(turn, true, kStart, kStart + seconds(30));
    EXPECT_EQ(schedule.next(kStart + seconds(30)).value().at, kStart + seconds(30));
    schedule.finished(schedule.next(kStart + seconds(30)).value(), true, kStart + seconds(30),
                      kStart + seconds(30));
    EXPECT_EQ(schedule.next(kStart + seconds(30)).value().at, kStart + seconds(31));
}

TEST(Schedule, TheDeadTakeTheirShareOfTheLineAndNoMore) {
    SiteBuilder builder(one_point());
    std::vector<DeviceId> devices;
    for (std::uint8_t unit = 1; unit <= 10; ++unit) {
        devices.push_back(builder.device("d" + std::to_string(unit), unit, milliseconds(500)));
    }
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    player.dead[3] = player.dead[7] = true;
    player.until(kStart + seconds(10));  // finding out
    player.turns.clear();
    player.spent_on_dead = {};
    player.until(kStart + seconds(310));
    EXPECT_LE(player.spent_on_dead, seconds(300) * 4 / 100);
    EXPECT_GT(player.spent_on_dead, Duration::zero()) << "the dead are never asked";
    for (const std::size_t living : {0U, 1U, 2U, 4U, 5U, 6U, 8U, 9U}) {
        EXPECT_GE(player.turns[living], 580) << living;  // of 600
    }
}

TEST(Schedule, ALineOnWhichNobodyLivesIsProbedWithoutPausing) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    player.dead[0] = true;
    player.until(kStart + seconds(120));
    EXPECT_GE(player.turns_of_dead[0], 8);
}

TEST(Schedule, WhenOneComesBackItsSiblingsAreAskedAtOnce) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("a", 1, seconds(1), "psu-1"),
                                        builder.device("b", 2, seconds(1), "psu-1"),
                                        builder.device("c", 3, seconds(1), "psu-2")};
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    player.dead[0] = player.dead[1] = true;
    player.until(kStart + seconds(200));
    ASSERT_EQ(schedule.health(0), Health::kOffline);
    ASSERT_EQ(schedule.health(1), Health::kOffline);
    player.dead[0] = player.dead[1] = false;
    player.turns.clear();
    while (player.turns[0] + player.turns[1] == 0) {
        player.until(player.now + milliseconds(100));
    }
    player.until(player.now + milliseconds(200));
    EXPECT_GE(player.turns[0], 1);
    EXPECT_GE(player.turns[1], 1);
}

TEST(Schedule, WithoutALineDevicesAreReportedOnceASecondAtMost) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("d", 1, milliseconds(10))};
    Schedule schedule(builder.site, devices, kStart);
    Turn turn = schedule.next(kStart).value();
    schedule.skipped(turn, NoLine::kReopening, kStart);
    EXPECT_EQ(schedule.next(kStart).value().at, kStart + kPaceWithoutLine);
    EXPECT_EQ(schedule.health(0), Health::kUnknown) << "the device is not to blame";
    schedule.connected(kStart + milliseconds(300));
    EXPECT_EQ(schedule.next(kStart).value().at, kStart + milliseconds(300));
}

TEST(Schedule, OnALineThatCannotBeOpenedUnitsGoOfflineAsSilentOnesDo) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    Monotonic now = kStart;
    std::vector<bool> changed;
    for (int i = 0; i < kOfflineAfter + 2; ++i) {
        const Turn turn = schedule.next(now).value();
        EXPECT_EQ(turn.at, kStart + i * kPaceWithoutLine) << "its pace does not slow down: " << i;
        now = turn.at;
        changed.push_back(schedule.skipped(turn, NoLine::kCannotOpen, now));
    }
    EXPECT_EQ(changed, (std::vector<bool>{true, false, true, false, false}));
    EXPECT_EQ(schedule.health(0), Health::kOffline);
    // It is asked the moment the line can be opened, and what was no fault of its own has cost it no pause.
    schedule.connected(now);
    const Turn turn = schedule.next(now).value();
    EXPECT_EQ(turn.at, now);
    schedule.finished(turn, false, now, now);
    EXPECT_EQ(schedule.next(now).value().at, now + std::max<Duration>(kFirstPause, seconds(1)));
}

TEST(Schedule, AUnitThatBreaksTheLineWaitsForItsProbeWhenTheLineIsBack) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("breaks", 1, milliseconds(100)),
                                        builder.device("alive", 2, milliseconds(100))};
    Schedule schedule(builder.site, devices, kStart);
    Monotonic now = kStart;
    for (int i = 0; i < kOfflineAfter; ++i) {
        const Turn turn{.device = 0, .due = 1, .at = now, .probe = false};
        schedule.broke_line(turn, now, now + milliseconds(1));
        now += milliseconds(250);
        schedule.connected(now);
    }
    EXPECT_EQ(schedule.health(0), Health::kOffline);
    const Turn next = schedule.next(now).value();
    EXPECT_EQ(next.device, 1U);
    schedule.finished(next, true, now, now);
    EXPECT_EQ(schedule.next(now).value().device, 1U) << "again, before the other's pause is over";
    // A line that only comes back, without a break of its own doing, lets it be asked at once.
    const Turn probe{.device = 0, .due = 1, .at = now, .probe = true};
    schedule.finished(probe, false, now, now);
    schedule.connected(now);
    EXPECT_LE(schedule.next(now).value().at, now);
}

}  // namespace
}  // namespace gengfu::sampling
