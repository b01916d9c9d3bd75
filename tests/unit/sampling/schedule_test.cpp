#include "daemon/sampling/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "tests/unit/sampling/line_sim.hpp"
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

TEST(Schedule, TimeOutsOnDemandAndInTurnKeepATruce) {
    SiteBuilder builder(one_point());
    builder.device("d", 1, seconds(1));
    const std::vector<DeviceId> devices{DeviceId{0}};
    Schedule schedule(builder.site, devices, kStart);
    EXPECT_LE(schedule.on_demand_from(0), kStart);
    const Monotonic later = kStart + milliseconds(500);
    schedule.finished(*schedule.next(kStart), false, kStart, later);
    EXPECT_EQ(schedule.on_demand_from(0), later + kTruce);
    EXPECT_LT(schedule.next(later)->at, later + kTruce) << "its own turns keep their pace";
    schedule.owes(0, later);
    EXPECT_GE(schedule.next(later)->at, later + kTruce);
    const Monotonic again = later + kTruce;
    schedule.finished(*schedule.next(again), true, again, again + milliseconds(50));
    EXPECT_LE(schedule.on_demand_from(0), again) << "it has answered: nothing is owed";
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

TEST(Schedule, ATurnThatIsPutOffStaysDue) {
    SiteBuilder builder(two_paces());
    const std::vector<DeviceId> devices{builder.device("d", 1, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    EXPECT_TRUE(schedule.answered(*schedule.next(kStart), kStart + milliseconds(50)));
    EXPECT_EQ(schedule.health(0), Health::kOnline);
    schedule.leave_alone(0, kStart + milliseconds(500));
    const Turn again = schedule.next(kStart + milliseconds(50)).value();
    EXPECT_EQ(again.at, kStart + milliseconds(500));
    EXPECT_EQ(again.due, 0b111U) << "what is read once, too";
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

/// After a power cut, or before the rest of the street is wired: what is there must be heard all the same.
TEST(Schedule, ManyThatAreDeadFromTheStartHoldTheLivingUpForOneTimeOutEach) {
    SiteBuilder builder(one_point());
    std::vector<DeviceId> devices;
    for (std::uint8_t unit = 1; unit <= 20; ++unit) {
        devices.push_back(builder.device("d" + std::to_string(unit), unit, seconds(1)));
    }
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    for (std::size_t i = 4; i < devices.size(); ++i) {
        player.dead[i] = true;
    }
    const Duration longest = player.timeout + 4 * player.answer + player.timeout;
    std::vector<Monotonic> last(4, kStart);
    std::vector<int> seen(4, 0);
    while (player.now < kStart + seconds(40)) {
        player.until(player.now + milliseconds(50));
        for (std::size_t living = 0; living < 4; ++living) {
            if (player.turns[living] != seen[living]) {
                EXPECT_LE(player.now - last[living], seconds(1) + longest) << living;
                seen[living] = player.turns[living];
                last[living] = player.now;
            }
        }
    }
    EXPECT_GE(*std::min_element(seen.begin(), seen.end()), 30);
    for (std::size_t i = 4; i < devices.size(); ++i) {
        EXPECT_EQ(schedule.health(i), Health::kOffline) << i;
    }
}

/// Also where the living are read back to back and leave no gap.
TEST(Schedule, ALineWithoutGapsFindsOutWhoIsDead) {
    SiteBuilder builder(one_point());
    std::vector<DeviceId> devices;
    for (std::uint8_t unit = 1; unit <= 10; ++unit) {
        devices.push_back(builder.device("d" + std::to_string(unit), unit, Duration::zero()));
    }
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    for (std::size_t i = 5; i < devices.size(); ++i) {
        player.dead[i] = true;
    }
    player.until(kStart + seconds(10));
    for (std::size_t i = 5; i < devices.size(); ++i) {
        EXPECT_EQ(schedule.health(i), Health::kOffline) << i;
    }
}

TEST(Schedule, OneThatAnswersOutsideOfItsTurnsIsAskedAtOnce) {
    SiteBuilder builder(one_point());
    const std::vector<DeviceId> devices{builder.device("a", 1, seconds(1)),
                                        builder.device("b", 2, seconds(1)),
                                        builder.device("c", 3, seconds(1))};
    Schedule schedule(builder.site, devices, kStart);
    Player player{schedule, kStart};
    player.dead[1] = player.dead[2] = true;
    player.until(kStart + seconds(100));
    ASSERT_EQ(schedule.health(1), Health::kOffline);
    schedule.heard(1, player.now);
    player.dead[1] = false;
    player.turns.clear();
    player.until(player.now + milliseconds(700));
    EXPECT_GE(player.turns[1], 1);
    EXPECT_GE(player.turns[0], 1) << "the living have their turns meanwhile";
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

TEST(Schedule, TheEarliestDeadlineGoesFirst) {
    LineSite line;
    line.device(seconds(10), {{seconds(10), 0}}, milliseconds(20), true);
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false);
    const std::vector<DeviceId> devices{DeviceId{0}, DeviceId{1}};
    Schedule schedule(line.site, devices, kStart);
    EXPECT_EQ(schedule.next(kStart).value().device, 1U) << "both are due; the faster one is wanted sooner";
}

TEST(Schedule, WhenTimeIsShortWhatFeedsAlarmsGoesFirst) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false);
    line.device(seconds(2), {{seconds(2), 0}}, milliseconds(20), true);
    const std::vector<DeviceId> devices{DeviceId{0}, DeviceId{1}};
    Schedule schedule(line.site, devices, kStart);
    EXPECT_EQ(schedule.next(kStart + milliseconds(900)).value().device, 0U);
    EXPECT_EQ(schedule.next(kStart + milliseconds(1100)).value().device, 1U) << "its deadline has passed";
    EXPECT_EQ(schedule.next(kStart + seconds(5)).value().device, 1U);
    // But not for ever: beyond kPatience intervals it stands in line like everybody.
    Turn turn = schedule.next(kStart + seconds(5)).value();
    schedule.finished(turn, true, kStart + seconds(5), kStart + milliseconds(5100));
    EXPECT_EQ(schedule.next(kStart + milliseconds(5100)).value().device, 0U);
}

TEST(Schedule, NobodyStarvesOnALineThatIsAskedForFarTooMuch) {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        LineSite line;
        const int devices = 2 + static_cast<int>(random() % 12);
        for (int i = 0; i < devices; ++i) {
            const Duration fast = milliseconds(random() % 10 == 0 ? 0 : 50 + random() % 1000);
            line.device(fast, {{fast, 0}, {3 * fast + milliseconds(1), 40}}, milliseconds(random() % 60),
                        random() % 2 == 0);
        }
        LineSim sim(line.site);
        sim.commands = true;
        sim.until(kStart + seconds(120));
        Duration everything{};
        for (std::uint32_t i = 0; i < line.site.devices.size(); ++i) {
            everything += turn_cost(line.site, DeviceId{i}, sim.cadences_of(i), 0b11);
        }
        for (std::size_t i = 0; i < line.site.devices.size(); ++i) {
            for (std::size_t c = 0; c < sim.cadences_of(i).size(); ++c) {
                const Duration pace = relative_deadline(sim.cadences_of(i)[c]);
                // Its second deadline, then everybody who was before it, and what they ask for meanwhile.
                const Duration longest = (2 + kPatience) * pace + 4 * everything;
                const Duration seen = sim.longest[{i, c}];
                EXPECT_GT(seen, Duration::zero()) << "never read twice";
                EXPECT_LE(seen, longest);
            }
        }
    }
}

struct Dead {
    std::size_t count;
};

class DeadUnits : public testing::TestWithParam<Dead> {};

/// A line of 32, loaded to three quarters by its living units.
LineSite line_of_32(std::size_t dead, const std::string& feed) {
    LineSite line(19200);
    for (std::size_t i = 0; i < 32; ++i) {
        line.device(seconds(2), {{seconds(2), 0}}, milliseconds(20), i % 2 == 0);
        line.site.devices.back().feed = i < dead ? feed : "mains";
    }
    return line;
}

TEST_P(DeadUnits, TakeThreeHundredthsOfTheLineHoweverMany) {
    const std::size_t count = GetParam().count;
    const LineSite line = line_of_32(count, "");
    LineSim sim(line.site);
    std::fill_n(sim.dead.begin(), count, true);
    sim.until(kStart + seconds(60));  // finding out
    sim.spent_on_dead = {};
    sim.turns.clear();
    sim.until(kStart + seconds(660));
    EXPECT_LE(sim.spent_on_dead, seconds(600) * 31 / 1000);
    EXPECT_GE(sim.spent_on_dead, seconds(600) * 20 / 1000) << "they are looked for less than they may be";
    for (std::size_t i = count; i < 32; ++i) {
        EXPECT_GE(sim.turns[i], 298) << "device " << i << ": the dead cost the living readings";
    }
}

TEST_P(DeadUnits, AreSeenInTimeWhenTheyComeBack) {
    const std::size_t count = GetParam().count;
    const LineSite line = line_of_32(count, "");
    const double probe = std::chrono::duration<double>(silent_cost(line.site, DeviceId{0})).count();
    const double promised = std::max({15.0, 2.0, static_cast<double>(count) * probe / kProbeShare});
    for (unsigned seed = 1; seed <= 8; ++seed) {
        std::mt19937 random(seed);
        LineSim sim(line.site);
        std::fill_n(sim.dead.begin(), count, true);
        sim.until(kStart + seconds(120) + milliseconds(random() % 60000));
        const std::size_t back = random() % count;
        sim.dead[back] = false;
        const Monotonic since = sim.now;
        std::optional<Monotonic> seen;
        sim.answered = [&](std::size_t device, Monotonic at) {
            seen = device == back && !seen ? std::optional(at) : seen;
        };
        sim.until(since + seconds(900));
        ASSERT_TRUE(seen) << "never seen again";
        EXPECT_LE(std::chrono::duration<double>(*seen - since).count(), promised) << "seed " << seed;
    }
}

TEST_P(DeadUnits, BehindOneFeedComeBackTogether) {
    const std::size_t count = GetParam().count;
    const LineSite line = line_of_32(count, "psu-1");
    LineSim sim(line.site);
    std::fill_n(sim.dead.begin(), count, true);
    sim.until(kStart + seconds(300));
    std::fill_n(sim.dead.begin(), count, false);
    std::map<std::size_t, Monotonic> first;
    sim.answered = [&](std::size_t device, Monotonic at) { first.try_emplace(device, at); };
    sim.until(sim.now + seconds(900));
    Monotonic earliest = Monotonic::max(), latest{};
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(first.contains(i));
        earliest = std::min(earliest, first[i]);
        latest = std::max(latest, first[i]);
    }
    EXPECT_LE(latest - earliest, seconds(5)) << "siblings are asked at once";
}

INSTANTIATE_TEST_SUITE_P(Schedule, DeadUnits, testing::Values(Dead{1}, Dead{5}, Dead{30}),
                         [](const auto& of) { return std::to_string(of.param.count) + "Of32"; });

TEST(Schedule, AUnitThatTimedOutIsNotAskedWhileItsAnswerMayStillCome) {
    LineSite line;
    line.device(milliseconds(50), {{milliseconds(50), 0}}, milliseconds(20), true);
    line.device(milliseconds(200), {{milliseconds(200), 0}}, milliseconds(20), true);
    const std::vector<DeviceId> devices{DeviceId{0}, DeviceId{1}};
    Schedule schedule(line.site, devices, kStart);
    const Turn turn = schedule.next(kStart).value();
    ASSERT_EQ(turn.device, 0U);
    schedule.finished(turn, false, kStart, kStart + milliseconds(60));
    Monotonic now = kStart + milliseconds(60);
    while (now < kStart + milliseconds(560)) {  // the bus's time-out of 500 ms after the end
        const Turn next = schedule.next(now).value();
        now = std::max(now, next.at);
        if (now < kStart + milliseconds(560)) {
            EXPECT_EQ(next.device, 1U) << "the line is for the others meanwhile";
        }
        schedule.finished(next, true, now, now + milliseconds(20));
        now += milliseconds(20);
    }
}

TEST(Schedule, AUnitThatWasLeftAloneDoesNotGoBeforeNeighboursThatCameDueMeanwhile) {
    SiteBuilder builder(one_point());
    builder.site.buses[0].kind = config::BusKind::kModbusRtu;
    builder.site.buses[0].timeout = milliseconds(700);
    const std::vector<DeviceId> devices{builder.device("dead", 1, milliseconds(800)),
                                        builder.device("alive", 2, milliseconds(800))};
    Schedule schedule(builder.site, devices, kStart);
    const std::optional<Turn> first = schedule.next(kStart);
    ASSERT_EQ(first->device, 0U);
    const Monotonic timed_out = kStart + milliseconds(700);  // due again at 800, left alone until 1400 ms
    schedule.finished(*first, false, kStart, timed_out);
    const std::optional<Turn> second = schedule.next(timed_out);
    ASSERT_EQ(second->device, 1U);
    schedule.finished(*second, true, timed_out, kStart + milliseconds(820));  // due again at 820 ms
    // The line was lent to somebody until both are ready: 800 comes before 820, but the one is ready for 500
    // ms only and the other for 1080.
    const std::optional<Turn> third = schedule.next(kStart + milliseconds(1900));
    EXPECT_EQ(third->device, 1U);
}

}  // namespace
}  // namespace gengfu::sampling
