#include "daemon/alarms/hold.hpp"

#include <gtest/gtest.h>

#include "daemon/alarms/service.hpp"

namespace gengfu::alarms {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::uint8_t kOld = 1;
constexpr std::uint8_t kNew = 2;

/// Minutes of a boot's monotonic clock, and of the wall clock; -1: unknown.
Stamp moment(std::uint8_t boot, std::int64_t running, std::int64_t wall) {
    Stamp stamp{{boot}, running * kMinute, {}};
    if (wall >= 0) {
        stamp.wall = Wall(minutes(30'000'000 + wall));
    }
    return stamp;
}

/// For two hours from minute 100 of the old boot, when the wall clock stood at 0.
Hold hold() {
    const Stamp since = moment(kOld, 100, 0);
    return {.by = {}, .since = since, .expires = later(since, hours(2))};
}

TEST(Hold, EndsByRunningTimeWhateverTheWallClockDoes) {
    for (const std::int64_t wall : {0, 119, 100'000, -1}) {
        EXPECT_FALSE(expired(hold(), moment(kOld, 219, wall)));
        EXPECT_TRUE(expired(hold(), moment(kOld, 220, wall)));
    }
}

TEST(Hold, WithoutAnEndDoesNotEnd) {
    Hold hold;
    EXPECT_FALSE(expired(hold, moment(kNew, 1'000'000, 1'000'000)));
    EXPECT_EQ(carried_over(hold, {}, moment(kNew, 1, 1)), hold);
}

TEST(Hold, WithinOneBootADaemonThatWasDownChangesNothing) {
    EXPECT_EQ(carried_over(hold(), moment(kOld, 130, 30), moment(kOld, 150, -1)), hold());
}

struct Boot {
    const char* name;
    Stamp last, now;
    std::int64_t left;  ///< minutes after the boot; 0: over at once
};

class OverABoot : public testing::TestWithParam<Boot> {};

TEST_P(OverABoot, WhatIsLeftIsWhatDidNotPass) {
    const Hold carried = carried_over(hold(), GetParam().last, GetParam().now);
    ASSERT_TRUE(carried.expires);
    EXPECT_EQ(carried.expires->boot, GetParam().now.boot);
    EXPECT_EQ((carried.expires->monotonic_us - GetParam().now.monotonic_us) / kMinute, GetParam().left);
    EXPECT_EQ(expired(carried, GetParam().now), GetParam().left == 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OverABoot,
    testing::Values(Boot{"RanTenMinutesAndWasDownFive", moment(kOld, 110, 10), moment(kNew, 1, 15), 105},
                    // The wall clock was set on by a day while it ran: the running time is what counts.
                    Boot{"AJumpWhileItRan", moment(kOld, 110, 1450), moment(kNew, 1, 1455), 105},
                    Boot{"DownForLonger", moment(kOld, 110, 10), moment(kNew, 1, 500), 0},
                    Boot{"ClockUnknownNow", moment(kOld, 110, 10), moment(kNew, 1, -1), 0},
                    Boot{"ClockUnknownThen", moment(kOld, 110, -1), moment(kNew, 1, 15), 0},
                    Boot{"ClockWentBack", moment(kOld, 110, 10), moment(kNew, 1, 9), 0},
                    // No checkpoint of that boot: its beginning is the last that is known.
                    Boot{"NoCheckpoint", Stamp{}, moment(kNew, 1, 30), 90}),
    [](const auto& test) { return test.param.name; });

TEST(Service, ADeviceComesBackByItself) {
    Service service;
    service.take_out("a", {ActorKind::kUser, "li", "", "painting"}, moment(kOld, 100, 0), hours(2));
    service.take_out("b", {}, moment(kOld, 100, 0), hours(3));
    EXPECT_EQ(service.find("a")->by.name, "li");
    EXPECT_FALSE(service.expire(moment(kOld, 219, 0)));
    const auto back = service.expire(moment(kOld, 220, 0));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->device, "a");
    EXPECT_FALSE(back->hold);
    EXPECT_EQ(back->actor.reason, "已到时限 / its time is over");
    EXPECT_FALSE(service.expire(moment(kOld, 220, 0)));
    EXPECT_EQ(service.find("a"), nullptr);
    EXPECT_TRUE(service.bring_back("b", {}));
    EXPECT_FALSE(service.bring_back("b", {}));
}

TEST(Service, AnEarlierRunIsTakenUpWithoutDevicesThatAreGone) {
    Service service;
    service.restore("a", hold());
    service.restore("gone", hold());
    service.restore("back", hold());
    service.restore("back", std::nullopt);
    service.carry_over({"a", "back"}, moment(kOld, 110, 10), moment(kNew, 1, 15));
    ASSERT_EQ(service.all().size(), 1U);
    EXPECT_FALSE(service.expire(moment(kNew, 105, 0)));
    EXPECT_TRUE(service.expire(moment(kNew, 106, 0)));
}

}  // namespace
}  // namespace gengfu::alarms
