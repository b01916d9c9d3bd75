#include "daemon/sampling/bus_worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <set>

#include "daemon/sampling/schedule.hpp"
#include "tests/unit/sampling/fake_bus.hpp"
#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

config::Profile ten_registers() {
    config::Profile profile;
    for (std::uint16_t i = 0; i < 10; ++i) {
        profile.points.push_back(SiteBuilder::point("r" + std::to_string(i), i));
    }
    return profile;
}

TEST_F(BusWorkerTest, ReadsAllPointsOfADeviceInOneRequest) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = static_cast<std::uint16_t>(100 + i);
    }
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 30; }));
    polling->stop();
    for (const Sample& sample : got_.samples) {
        EXPECT_EQ(sample.quality, Quality::kGood);
        EXPECT_EQ(sample.value, 100 + sample.point.value);
    }
    for (const drivers::Request& request : line_->asked) {
        EXPECT_EQ(request.count, 10);
    }
    ASSERT_FALSE(got_.health.empty());
    EXPECT_EQ(got_.health[0].health, Health::kOnline);
}

TEST_F(BusWorkerTest, ARegisterThatTheDeviceLacksCostsOnlyItself) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    line_->units[7].erase(6);
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 50; }));
    polling->stop();
    for (const Sample& sample : got_.samples) {
        const bool missing = sample.point == PointId{6};
        EXPECT_EQ(sample.quality, missing ? Quality::kBad : Quality::kGood) << sample.point.value;
        EXPECT_EQ(sample.reason, missing ? Reason::kException : Reason::kNone);
    }
    // Found by bisection in the first turn, left out afterwards.
    std::size_t over_it = 0;
    for (const drivers::Request& request : line_->asked) {
        over_it += request.address <= 6 && request.address + request.count > 6 ? 1U : 0U;
    }
    EXPECT_LE(over_it, 5U);
}

/// A unit that has just been met is left alone for its longest turnaround (two may have its address). Ten of
/// them held the line for five seconds after each start.
TEST_F(BusWorkerTest, WhoIsLeftAloneAfterItsFirstAnswerHoldsUpNobody) {
    config::Profile profile = ten_registers();
    profile.points.push_back(SiteBuilder::point("far", 1000));  // a second request
    SiteBuilder builder(profile);
    constexpr std::uint8_t kUnits = 4;
    for (std::uint8_t unit = 1; unit <= kUnits; ++unit) {
        builder.device("d" + std::to_string(unit), unit, milliseconds(50));
        for (std::uint16_t i = 0; i < 10; ++i) {
            line_->units[unit][i] = i;
        }
        line_->units[unit][1000] = 1;
    }
    line_->leaves_alone = milliseconds(400);
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= std::size_t{11} * kUnits * 3; }));
    polling->stop();
    std::set<std::uint8_t> first;
    for (std::size_t i = 0; i < kUnits; ++i) {
        first.insert(line_->asked[i].unit);
    }
    EXPECT_EQ(first.size(), kUnits) << "each is met before anybody is asked again";
    EXPECT_NE(line_->asked[kUnits].address, 1000) << "and then read from the beginning";
    for (const Sample& sample : got_.samples) {
        EXPECT_EQ(sample.quality, Quality::kGood) << "what was put off is no failed read";
    }
}

TEST_F(BusWorkerTest, ASilentUnitDoesNotStarveItsNeighbour) {
    SiteBuilder builder(ten_registers());
    const DeviceId dead = builder.device("dead", 1, milliseconds(10));
    builder.device("alive", 2, milliseconds(10));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[2][i] = i;
    }
    line_->silent.insert(1);
    const auto polling = worker(builder.site);
    polling->start();
    const PointId of_living{10};
    ASSERT_TRUE(got_.wait([&] {
        return std::count_if(got_.samples.begin(), got_.samples.end(),
                             [&](const Sample& s) { return s.point == of_living; }) >= 20;
    }));
    EXPECT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kBad, Reason::kTimeout); }));
    EXPECT_TRUE(got_.wait([&] {
        return std::any_of(got_.health.begin(), got_.health.end(), [&](const HealthChange& change) {
            return change.device == dead && change.health == Health::kOffline;
        });
    }));
    polling->stop();
}

TEST_F(BusWorkerTest, AUnitThatBreaksTheLineDoesNotStarveItsNeighbour) {
    SiteBuilder builder(ten_registers());
    const DeviceId broken = builder.device("broken", 1, milliseconds(10));
    builder.device("alive", 2, milliseconds(10));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[2][i] = i;
    }
    line_->breaking.insert(1);
    const auto polling = worker(builder.site);
    polling->start();
    const PointId of_living{10};
    ASSERT_TRUE(got_.wait([&] {
        return std::count_if(got_.samples.begin(), got_.samples.end(), [&](const Sample& s) {
                   return s.point == of_living && s.quality == Quality::kGood;
               }) >= 50;
    }));
    EXPECT_TRUE(got_.has(PointId{0}, Quality::kBad, Reason::kLine));
    EXPECT_TRUE(std::any_of(got_.health.begin(), got_.health.end(), [&](const HealthChange& change) {
        return change.device == broken && change.health == Health::kOffline;
    }));
    polling->stop();
}

TEST_F(BusWorkerTest, ALineIsOpenedAgainBeforeAnythingIsDue) {
    SiteBuilder builder(ten_registers());
    builder.device("slow", 7, std::chrono::hours(1));
    line_->plugged = false;
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kBad, Reason::kLine); }));
    {
        const std::lock_guard lock(line_->mutex);
        line_->plugged = true;
    }
    EXPECT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }))
        << "not only in an hour";
    EXPECT_TRUE(polling->snapshot().open);
    polling->stop();
}

TEST_F(BusWorkerTest, AnUnpluggedLineGivesBadSamplesAndComesBack) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }));
    {
        const std::lock_guard lock(line_->mutex);
        line_->plugged = false;
    }
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kBad, Reason::kLine); }));
    EXPECT_FALSE(polling->snapshot().open);
    EXPECT_FALSE(polling->snapshot().trouble.empty());
    {
        const std::lock_guard lock(line_->mutex);
        line_->plugged = true;
    }
    ASSERT_TRUE(got_.wait([&] { return got_.samples.back().quality == Quality::kGood; }));
    polling->stop();
}

TEST_F(BusWorkerTest, DevicesOfALineThatCannotBeOpenedAreOffline) {
    SiteBuilder builder(ten_registers());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    line_->plugged = false;
    const auto polling = worker(builder.site);
    polling->start();
    const auto went = [&](Health health) {
        return std::any_of(got_.health.begin(), got_.health.end(), [&](const HealthChange& change) {
            return change.device == device && change.health == health;
        });
    };
    ASSERT_TRUE(got_.wait([&] { return went(Health::kOffline); }));
    BusSnapshot seen = polling->snapshot();
    EXPECT_EQ(seen.devices, std::vector{Health::kOffline});
    EXPECT_EQ(seen.kind, LineTrouble::kCannotOpen);
    EXPECT_EQ(seen.trouble, "/dev/ttyUSB0 is not there") << "the bus is named where it is shown";
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    {
        const std::lock_guard lock(line_->mutex);
        line_->plugged = true;
    }
    ASSERT_TRUE(got_.wait([&] { return went(Health::kOnline); }));
    seen = polling->snapshot();
    EXPECT_EQ(seen.kind, LineTrouble::kNone);
    EXPECT_EQ(seen.trouble, "");
    polling->stop();
}

TEST_F(BusWorkerTest, AWorkerSaysUntilWhenItRestsAndThatItDoesNot) {
    SiteBuilder builder(ten_registers());
    builder.device("slow", 7, std::chrono::hours(1));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    const auto polling = worker(builder.site);
    polling->start();
    const auto now = [] { return SystemClock().now(); };
    ASSERT_TRUE(got_.wait([&] { return polling->rests_until() > now() + std::chrono::minutes(30); }));
    std::promise<void> begun, let_go;
    ASSERT_TRUE(polling->on_line([&](drivers::Bus*) {
        begun.set_value();
        let_go.get_future().wait();
    }));
    begun.get_future().wait();
    EXPECT_LE(polling->rests_until(), now()) << "it has work since then";
    let_go.set_value();
    EXPECT_TRUE(got_.wait([&] { return polling->rests_until() > now() + std::chrono::minutes(30); }));
    polling->stop();
}

TEST_F(BusWorkerTest, ABurstOfReadsIsCountedInTheSnapshotSoonAfterIt) {
    SiteBuilder builder(ten_registers());
    builder.device("a", 1, std::chrono::hours(1));
    builder.device("b", 2, std::chrono::hours(1));
    builder.device("c", 3, std::chrono::hours(1));
    for (std::uint8_t unit = 1; unit <= 3; ++unit) {
        for (std::uint16_t i = 0; i < 10; ++i) {
            line_->units[unit][i] = i;
        }
    }
    const auto polling = worker(builder.site);
    polling->start();
    const Monotonic end = clock_.now() + seconds(20);
    while (polling->snapshot().traffic.requests < 3 && clock_.now() < end) {
        std::this_thread::yield();
    }
    EXPECT_EQ(polling->snapshot().traffic.requests, 3U) << "not only with the next read, in an hour";
    polling->stop();
}

TEST_F(BusWorkerTest, ReadsOnDemandAheadOfTheSchedule) {
    SiteBuilder builder(ten_registers());
    const DeviceId device = builder.device("d", 7, std::chrono::hours(1));
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = i;
    }
    const auto polling = worker(builder.site);
    polling->start();
    std::promise<std::vector<Sample>> promise;
    ASSERT_TRUE(polling->read_now(
        device, [&](std::vector<Sample> samples) { promise.set_value(std::move(samples)); }));
    const std::vector<Sample> samples = promise.get_future().get();
    ASSERT_EQ(samples.size(), 10U);
    EXPECT_EQ(samples[9].value, 9);
    polling->stop();
    EXPECT_FALSE(polling->read_now(device, [](std::vector<Sample>) {}));
}

/// Of two at one address the quicker one's first answer cleared a true alarm: no value is handed over before
/// the bus believes the unit.
TEST_F(BusWorkerTest, WhatIsNotProvenYetIsNobodysSample) {
    SiteBuilder builder(ten_registers());
    const DeviceId device = builder.device("d", 7, std::chrono::hours(1));
    constexpr std::uint16_t kFirst = 500, kLater = 600;
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[7][i] = kFirst;
    }
    line_->unproven = 2;
    line_->on_answer = [&] { line_->units[7][0] = line_->answers > line_->unproven ? kLater : kFirst; };
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 10; }));
    EXPECT_EQ(got_.samples.front().value, kLater);
    EXPECT_EQ(line_->asked.size(), 3U) << "twice in vain, without waiting for the next turn";
    {
        const std::lock_guard lock(line_->mutex);
        line_->unproven = line_->answers + 2;
    }
    std::promise<std::vector<Sample>> promise;
    ASSERT_TRUE(polling->read_now(
        device, [&](std::vector<Sample> samples) { promise.set_value(std::move(samples)); }));
    EXPECT_EQ(promise.get_future().get().front().value, kLater) << "nor to whoever waits for it";
    polling->stop();
    EXPECT_EQ(line_->asked.size(), 6U);
}

TEST_F(BusWorkerTest, ReadsOnDemandKeepToTheirShareOfTheLine) {
    SiteBuilder builder(ten_registers());
    const DeviceId device = builder.device("d", 7, std::chrono::hours(1));
    const DeviceId other = builder.device("e", 8, std::chrono::hours(1));
    line_->silent.insert(7);  // 5 ms of the line
    for (std::uint16_t i = 0; i < 10; ++i) {
        line_->units[8][i] = i;
    }
    const auto polling = worker(builder.site);
    std::promise<Monotonic> first, second, third;
    ASSERT_TRUE(polling->read_now(device, [&](std::vector<Sample>) { first.set_value(clock_.now()); }));
    ASSERT_TRUE(polling->read_now(device, [&](std::vector<Sample>) { third.set_value(clock_.now()); }));
    ASSERT_TRUE(polling->read_now(other, [&](std::vector<Sample>) { second.set_value(clock_.now()); }));
    polling->start();
    const Monotonic one = first.get_future().get();
    const Monotonic two = second.get_future().get();
    EXPECT_GE(two - one, milliseconds(95)) << "5 ms are a twentieth of 100 ms";
    EXPECT_LT(two - one, kTruce) << "whoever asks for another unit need not wait for the one that is silent";
    EXPECT_GE(third.get_future().get() - one, kTruce);
    polling->stop();
}

TEST_F(BusWorkerTest, ALentLineIsClosedAndComesBackWithItsTime) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    const PointId point{0};
    fill(7);
    const auto running = worker(builder.site);
    running->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(point, Quality::kGood, Reason::kNone); }));
    std::promise<void> lent;
    ASSERT_TRUE(running->lend(milliseconds(300), "li", [&] { lent.set_value(); }));
    lent.get_future().get();
    EXPECT_FALSE(running->snapshot().open);
    EXPECT_EQ(running->snapshot().trouble, "lent to li");
    {
        const std::lock_guard lock(got_.mutex);
        got_.samples.clear();
    }
    ASSERT_TRUE(got_.wait([&] { return got_.has(point, Quality::kBad, Reason::kLine); }));
    ASSERT_TRUE(got_.wait([&] { return got_.has(point, Quality::kGood, Reason::kNone); }))
        << "nobody gave it back";
    EXPECT_TRUE(running->snapshot().open);
}

TEST_F(BusWorkerTest, ALineThatIsUnpluggedWhileItIsLentSaysSoWhenTheLoanIsOver) {
    for (const bool given_back : {false, true}) {
        SiteBuilder builder(ten_registers());
        builder.device("d", 7, milliseconds(50));
        fill(7);
        {
            const std::lock_guard lock(line_->mutex);
            line_->plugged = true;
            line_->interrupted = false;
        }
        const auto running = worker(builder.site);
        running->start();
        ASSERT_TRUE(got_.wait([&] { return running->snapshot().open; }));
        ASSERT_TRUE(
            running->lend(given_back ? Duration(seconds(600)) : Duration(milliseconds(200)), "li", [&] {
                const std::lock_guard lock(line_->mutex);
                line_->plugged = false;
            }));
        if (given_back) {
            ASSERT_TRUE(running->lend(Duration::zero(), "li", [] {}));
        }
        EXPECT_TRUE(got_.wait([&] {
            const BusSnapshot seen = running->snapshot();
            return !seen.lent && seen.trouble.find("is not there") != std::string::npos;
        })) << running->snapshot().trouble;
    }
}

TEST_F(BusWorkerTest, WhatALoanMadeLateIsNotTheSchedulesAndToldApart) {
    SiteBuilder builder(ten_registers());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    config::Rule rule;
    rule.device = device;
    rule.point = builder.site.device(device).first_point;
    builder.site.rules.push_back(rule);
    fill(7);
    const auto running = worker(builder.site);
    running->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 50; }));
    ASSERT_TRUE(running->lend(milliseconds(1500), "li", [] {}));
    ASSERT_TRUE(
        got_.wait([&] { return running->snapshot().units.at(0).worst_with_tool >= milliseconds(1500); }));
    EXPECT_LT(running->snapshot().units.at(0).worst_reading, milliseconds(1500));
    EXPECT_GT(running->snapshot().units.at(0).worst_reading, Duration::zero());
}

TEST_F(BusWorkerTest, ATraceBeginsWithEverythingAlsoWhatWasSetAside) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    fill(7);
    line_->units[7].erase(6);
    const auto running = worker(builder.site);
    running->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 50; }));
    const auto asked = [&] {
        const std::lock_guard lock(line_->mutex);
        return line_->asked;
    };
    // It asks for what it had set aside by itself, too, but a second apart at least.
    const std::size_t before = asked().size();
    ASSERT_TRUE(
        running->tap([](drivers::Direction, std::span<const std::uint8_t>, Monotonic) { return true; }));
    ASSERT_TRUE(got_.wait([&] { return asked().size() > before + 60; }));
    const std::vector<drivers::Request> all = asked();
    EXPECT_TRUE(std::any_of(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                            [](const drivers::Request& request) { return request.count == 10; }));
}

TEST_F(BusWorkerTest, ALineGivenBackIsOpenedAtOnce) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    fill(7);
    const auto running = worker(builder.site);
    running->start();
    ASSERT_TRUE(running->lend(std::chrono::hours(1), "li", [] {}));
    std::promise<bool> while_lent;
    ASSERT_TRUE(running->on_line([&](drivers::Bus* line) { while_lent.set_value(line != nullptr); }));
    EXPECT_FALSE(while_lent.get_future().get());
    ASSERT_TRUE(running->lend(Duration::zero(), "li", [] {}));
    std::promise<std::vector<std::uint16_t>> read;
    ASSERT_TRUE(running->on_line([&](drivers::Bus* line) {
        const auto answer =
            line == nullptr
                ? fail(Errc::kIo, "not open")
                : line->transact({.unit = 7, .function = 3, .address = 3, .count = 1, .values = {}});
        read.set_value(answer ? answer->values : std::vector<std::uint16_t>{});
    }));
    EXPECT_EQ(read.get_future().get(), std::vector<std::uint16_t>{3});
    EXPECT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }));
}

TEST_F(BusWorkerTest, WhatWaitsForTheLineIsCalledWhenTheWorkerStops) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 7, milliseconds(10));
    line_->silent.insert(7);
    const auto running = worker(builder.site);
    running->start();
    std::atomic<int> called{0};
    for (std::size_t i = 0; i < BusWorker::kMostRequests / 2; ++i) {
        ASSERT_TRUE(running->on_line([&](drivers::Bus*) { ++called; }));
    }
    running->stop();
    EXPECT_EQ(called, static_cast<int>(BusWorker::kMostRequests / 2));
    EXPECT_EQ(running->on_line([](drivers::Bus*) {}).error().code, Errc::kFull);
}

TEST_F(BusWorkerTest, StopsWhileAUnitIsSilent) {
    SiteBuilder builder(ten_registers());
    builder.device("d", 1, milliseconds(1));
    line_->silent.insert(1);
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kBad, Reason::kTimeout); }));
    polling->stop();
    SUCCEED();
}

}  // namespace
}  // namespace gengfu::sampling
