#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "daemon/sampling/write_request.hpp"
#include "tests/unit/sampling/fake_bus.hpp"
#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

constexpr config::Register kValve{config::Space::kHolding, 4};
constexpr config::Register kSiren{config::Space::kCoil, 9};

config::Profile valve() {
    config::Profile profile;
    profile.name = "valve";
    profile.points.push_back(SiteBuilder::point("position", 4));
    profile.writable.push_back({.reg = kValve, .low = 0, .high = 100, .function = 16});
    profile.writable.push_back({.reg = kSiren, .low = 0, .high = 1, .function = 5});
    return profile;
}

struct Case {
    std::string name;
    config::Register reg;
    std::int64_t value;
    std::uint8_t function;  ///< 0: refused
};
class WriteRequest : public testing::TestWithParam<Case> {};

TEST_P(WriteRequest, IsMadeOnlyOfWhatTheProfileAllows) {
    SiteBuilder builder(valve());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    const Result<drivers::Request> request =
        write_request(builder.site, device, GetParam().reg, GetParam().value);
    ASSERT_EQ(request.has_value(), GetParam().function != 0);
    if (request) {
        EXPECT_EQ(request->unit, 7);
        EXPECT_EQ(request->function, GetParam().function);
        EXPECT_EQ(request->address, GetParam().reg.address);
        EXPECT_EQ(request->values, std::vector{static_cast<std::uint16_t>(GetParam().value)});
    } else {
        EXPECT_EQ(request.error().code, Errc::kInvalid);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, WriteRequest,
                         testing::Values(Case{"Lowest", kValve, 0, 16}, Case{"Highest", kValve, 100, 16},
                                         Case{"Above", kValve, 101, 0}, Case{"Below", kValve, -1, 0},
                                         Case{"Wraps", kValve, 65536, 0}, Case{"Coil", kSiren, 1, 5},
                                         Case{"CoilTwo", kSiren, 2, 0},
                                         Case{"OtherRegister", {config::Space::kHolding, 5}, 1, 0},
                                         Case{"OtherSpace", {config::Space::kCoil, 4}, 1, 0}),
                         [](const auto& test) { return test.param.name; });

class Writing : public BusWorkerTest {
protected:
    static Result<void> write(BusWorker& worker, DeviceId device, config::Register reg, std::int64_t value) {
        std::promise<Result<void>> outcome;
        const Result<void> queued = worker.write_now(
            device, reg, value, [&outcome](const Result<void>& done) { outcome.set_value(done); });
        if (!queued) {
            return queued;
        }
        return outcome.get_future().get();
    }
};

TEST_F(Writing, ReachesTheUnitAndIsAnswered) {
    SiteBuilder builder(valve());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    line_->units[7][4] = 0;
    const auto polling = worker(builder.site);
    polling->start();
    EXPECT_TRUE(write(*polling, device, kValve, 55));
    EXPECT_TRUE(got_.wait([&] {
        return std::any_of(got_.samples.begin(), got_.samples.end(),
                           [](const Sample& s) { return s.value == 55 && s.quality == Quality::kGood; });
    }));
    const Result<void> forbidden = write(*polling, device, {config::Space::kHolding, 8}, 1);
    ASSERT_FALSE(forbidden);
    EXPECT_EQ(forbidden.error().code, Errc::kInvalid);
    polling->stop();
    EXPECT_FALSE(line_->units[7].contains(8));
}

TEST_F(Writing, SaysWhyTheUnitDidNotTakeIt) {
    SiteBuilder builder(valve());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    line_->units[7][4] = 0;
    line_->read_only.insert(4);
    const auto polling = worker(builder.site);
    polling->start();
    const Result<void> refused = write(*polling, device, kValve, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kRefused);
    polling->stop();
    // A worker that has stopped takes nothing, and leaves nobody waiting.
    const Result<void> late = write(*polling, device, kValve, 1);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::kFull);
}

TEST_F(Writing, IsNotMadeWhenItsLeaveHasEndedWhileItWaited) {
    SiteBuilder builder(valve());
    const DeviceId device = builder.device("d", 7, std::chrono::hours(1));
    line_->units[7][4] = 0;
    const auto polling = worker(builder.site);
    std::promise<Errc> over;
    std::promise<Errc> withdrawn;
    std::promise<bool> good;
    const auto late = std::make_shared<WriteLeave>();
    late->until = std::chrono::steady_clock::now() - seconds(1);
    const auto taken_back = std::make_shared<WriteLeave>();
    taken_back->withdrawn = true;
    const auto in_time = std::make_shared<WriteLeave>();
    in_time->until = std::chrono::steady_clock::now() + std::chrono::hours(1);
    ASSERT_TRUE(polling->write_now(
        device, kValve, 5, [&](const Result<void>& how) { over.set_value(how.error().code); }, late));
    ASSERT_TRUE(polling->write_now(
        device, kValve, 6, [&](const Result<void>& how) { withdrawn.set_value(how.error().code); },
        taken_back));
    polling->start();
    EXPECT_EQ(over.get_future().get(), Errc::kInterrupted);
    EXPECT_EQ(withdrawn.get_future().get(), Errc::kInterrupted);
    {
        const std::lock_guard lock(line_->mutex);
        EXPECT_EQ(line_->units[7][4], 0);
    }
    ASSERT_TRUE(polling->write_now(
        device, kValve, 7, [&](const Result<void>& how) { good.set_value(how.has_value()); }, in_time));
    EXPECT_TRUE(good.get_future().get());
    polling->stop();
    EXPECT_EQ(line_->units[7][4], 7);
}

/// 5 ms of time-out use up the share of 100 ms: a siren beside the dead unit does not wait for it, a second
/// try does.
TEST_F(Writing, OfAnotherUnitDoesNotWaitForTheShareThatADeadOneUsedUp) {
    SiteBuilder builder(valve());
    const DeviceId dead = builder.device("dead", 8, std::chrono::hours(1));
    const DeviceId siren = builder.device("siren", 7, std::chrono::hours(1));
    line_->units[7][4] = 0;
    line_->silent.insert(8);
    const auto polling = worker(builder.site);
    std::vector<int> order;
    std::promise<void> all;
    const auto note = [&](int which) {
        return [&, which](const Result<void>&) {
            order.push_back(which);
            if (order.size() == 3) {
                all.set_value();
            }
        };
    };
    const auto again = std::make_shared<WriteLeave>();
    again->again = true;
    // In the order of the queue: what is put in last goes first.
    ASSERT_TRUE(polling->write_now(siren, kValve, 1, note(3), std::make_shared<WriteLeave>()));
    ASSERT_TRUE(polling->write_now(dead, kValve, 1, note(2), again));
    ASSERT_TRUE(polling->write_now(dead, kValve, 1, note(1), std::make_shared<WriteLeave>()));
    polling->start();
    all.get_future().get();
    polling->stop();
    EXPECT_EQ(order, (std::vector<int>{1, 3, 2}));
}

/// What is written at once is bounded, or the promise of the line would not be: an output that goes to and
/// fro, and further outputs of a unit that is dead, keep to the share.
TEST_F(Writing, AtOnceIsForTheFirstOfAnOutputAndNotForADeadUnitAgain) {
    SiteBuilder builder(valve());
    const DeviceId dead = builder.device("dead", 8, std::chrono::hours(1));
    const DeviceId siren = builder.device("siren", 7, std::chrono::hours(1));
    const DeviceId other = builder.device("other", 9, std::chrono::hours(1));
    line_->units[7][4] = line_->units[9][4] = 0;
    line_->silent.insert(8);
    const auto polling = worker(builder.site);
    std::vector<std::string> order;
    std::promise<void> all;
    const std::vector<std::pair<std::string, DeviceId>> queue{
        {"siren", siren}, {"dead", dead}, {"siren again", siren}, {"dead again", dead}, {"other", other}};
    for (auto each = queue.rbegin(); each != queue.rend(); ++each) {  // what is put in last goes first
        ASSERT_TRUE(polling->write_now(
            each->second, kValve, 1,
            [&, name = each->first](const Result<void>&) {
                order.push_back(name);
                if (order.size() == queue.size()) {
                    all.set_value();
                }
            },
            std::make_shared<WriteLeave>()));
    }
    polling->start();
    all.get_future().get();
    polling->stop();
    EXPECT_EQ(order, (std::vector<std::string>{"siren", "dead", "other", "siren again", "dead again"}));
}

TEST_F(Writing, GoesAheadOfWaitingReads) {
    SiteBuilder builder(valve());
    const DeviceId device = builder.device("d", 7, std::chrono::hours(1));
    line_->units[7][4] = 0;
    const auto polling = worker(builder.site);
    std::atomic<int> reads{0};
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(polling->read_now(device, [&reads](const std::vector<Sample>&) { ++reads; }));
    }
    std::promise<int> read_before;
    ASSERT_TRUE(
        polling->write_now(device, kValve, 5, [&](const Result<void>&) { read_before.set_value(reads); }));
    polling->start();  // only now: all of them wait
    EXPECT_EQ(read_before.get_future().get(), 0);
    polling->stop();
}

config::Profile set_up_first() {
    config::Profile profile = valve();
    profile.setup.push_back({.reg = {config::Space::kHolding, 20}, .value = 3, .function = 6});
    profile.setup.push_back({.reg = {config::Space::kHolding, 21}, .value = 1, .function = 6});
    return profile;
}

TEST_F(Writing, SetupComesBeforeTheFirstReadingOfEachConnection) {
    SiteBuilder builder(set_up_first());
    builder.device("d", 7, milliseconds(10));
    line_->units[7][4] = 42;
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }));
    {
        const std::lock_guard lock(line_->mutex);
        ASSERT_GE(line_->asked.size(), 3U);
        EXPECT_EQ(line_->asked[0].address, 20);
        EXPECT_EQ(line_->asked[1].address, 21);
        EXPECT_EQ(line_->asked[2].function, 3);
        line_->asked.clear();
        line_->units[7].erase(20);
        line_->plugged = false;
    }
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kBad, Reason::kLine); }));
    {
        const std::lock_guard lock(line_->mutex);
        line_->plugged = true;
    }
    ASSERT_TRUE(got_.wait([&] { return got_.samples.back().quality == Quality::kGood; }));
    polling->stop();
    EXPECT_EQ(line_->units[7][20], 3) << "written again after the line was gone";
}

TEST_F(Writing, AUnitThatRefusesItsSetupIsNotBelieved) {
    SiteBuilder builder(set_up_first());
    builder.device("d", 7, milliseconds(10));
    line_->units[7][4] = 42;
    line_->read_only.insert(21);
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.samples.size() >= 5; }));
    {
        const std::lock_guard lock(got_.mutex);
        for (const Sample& sample : got_.samples) {
            EXPECT_EQ(sample.quality, Quality::kBad);
            EXPECT_EQ(sample.reason, Reason::kException);
        }
    }
    {
        const std::lock_guard lock(line_->mutex);
        line_->read_only.clear();
    }
    EXPECT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }))
        << "it is tried again with each turn";
    polling->stop();
}

TEST_F(Writing, SetupIsWrittenAgainWhenAUnitComesBack) {
    SiteBuilder builder(set_up_first());
    const DeviceId device = builder.device("d", 7, milliseconds(10));
    line_->units[7][4] = 42;
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] { return got_.has(PointId{0}, Quality::kGood, Reason::kNone); }));
    {
        const std::lock_guard lock(line_->mutex);
        line_->silent.insert(7);
        line_->units[7].erase(20);  // it loses power
    }
    ASSERT_TRUE(got_.wait([&] {
        return std::any_of(got_.health.begin(), got_.health.end(), [&](const HealthChange& change) {
            return change.device == device && change.health == Health::kOffline;
        });
    }));
    {
        const std::lock_guard lock(line_->mutex);
        line_->silent.clear();
    }
    ASSERT_TRUE(got_.wait([&] { return got_.samples.back().quality == Quality::kGood; }));
    polling->stop();
    EXPECT_EQ(line_->units[7][20], 3);
}

TEST_F(Writing, TrafficIsCountedByUnit) {
    SiteBuilder builder(set_up_first());
    builder.device("good", 7, milliseconds(10));
    builder.device("silent", 8, milliseconds(10));
    line_->units[7][4] = 42;
    line_->silent.insert(8);
    const auto polling = worker(builder.site);
    polling->start();
    ASSERT_TRUE(got_.wait([&] {
        const BusSnapshot seen = polling->snapshot();
        return seen.units.size() == 2 && seen.units[0].answers >= 10 && seen.units[1].timeouts >= 1;
    }));
    polling->stop();
    const BusSnapshot seen = polling->snapshot();
    EXPECT_EQ(seen.units[0].timeouts, 0U);
    EXPECT_EQ(seen.units[1].answers, 0U);
    EXPECT_GT(seen.units[0].responses.count(), 0U);
}

}  // namespace
}  // namespace gengfu::sampling
