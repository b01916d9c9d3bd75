#include "daemon/alarms/cause_watch.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using Patience = CauseWatch::Patience;

/// A line "rs485-1" of six devices d0 … d5, polled every second; d4 and d5 are fed by "psu"; a second line of
/// one device, "alone".
class CauseWatchTest : public testing::Test {
protected:
    CauseWatchTest() {
        for (int i = 0; i < 6; ++i) {
            builder_.device("d" + std::to_string(i), {"v"});
        }
        config::Site& site = builder_.site();
        site.feeds = {{"psu"}};
        site.devices[4].feed = site.devices[5].feed = "psu";
        config::Bus second = site.buses[0];
        second.name = "second";
        site.buses.push_back(second);
        const DeviceId alone = builder_.device("alone", {"v"});
        site.devices[alone.value].bus = BusId{1};
        config::add_self(site);
        watch_ = std::make_unique<CauseWatch>(site, test::at(0));
    }

    void hear(std::initializer_list<std::uint32_t> devices, double second) {
        for (const std::uint32_t device : devices) {
            watch_->observe(test::good(builder_.site().devices[device].first_point, 1, test::at(second)));
        }
    }
    /// Silent devices by the name of the gateway's point; those with no cause are left out.
    std::map<std::string, std::size_t> found(double second, Patience patience = Patience::kSteady) {
        std::map<std::string, std::size_t> all;
        for (const CauseWatch::Finding& finding : watch_->look(test::at(second), patience)) {
            if (finding.silent > 0) {
                all[builder_.site().spec(finding.point).name] = finding.silent;
            }
        }
        return all;
    }
    std::string down() { return "bus_down." + builder_.site().buses[0].name; }

    using Found = std::map<std::string, std::size_t>;
    test::SiteBuilder builder_;
    std::unique_ptr<CauseWatch> watch_;
};

TEST_F(CauseWatchTest, AWholeLineIsOneCause) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    EXPECT_EQ(found(19), Found{});
    hear({6}, 20);
    EXPECT_EQ(found(20.5), (Found{{down(), 6}}));
    hear({0, 1, 2}, 30);
    hear({6}, 31);
    EXPECT_EQ(found(31), (Found{{down(), 3}})) << "it comes back device by device";
    hear({3}, 31);
    EXPECT_EQ(found(31.5), Found{});
}

TEST_F(CauseWatchTest, WhoHasJustFoundASilenceNeedNotWait) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    EXPECT_EQ(found(12.6), Found{});
    EXPECT_EQ(found(12.6, Patience::kSuspicion), (Found{{down(), 6}}));
}

TEST_F(CauseWatchTest, OneSilentDeviceIsNoCause) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    hear({1, 2, 3, 4, 5, 6}, 60);
    EXPECT_EQ(found(61), Found{});
    hear({2, 3, 4, 5, 6}, 100);
    EXPECT_EQ(found(101), Found{}) << "two may be chance";
}

TEST_F(CauseWatchTest, AFeedTakesItsDevicesOutOfTheLinesCount) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    hear({0, 1, 2, 6}, 30);
    EXPECT_EQ(found(30), (Found{{"feed_down.psu", 2}})) << "two fed by one supply, one more";
    hear({3, 4, 5}, 31);
    EXPECT_EQ(found(31), Found{});
}

TEST_F(CauseWatchTest, ThreeThatFellSilentTogetherAreBehindOneBreak) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    hear({0, 4, 5, 6}, 40);
    EXPECT_EQ(found(40), (Found{{down(), 3}}));
}

TEST_F(CauseWatchTest, ThreeThatFellSilentOneByOneAreNot) {
    hear({1}, 10);
    hear({2}, 40);
    hear({3}, 70);
    hear({0, 4, 5, 6}, 100);
    EXPECT_EQ(found(100), Found{});
}

TEST_F(CauseWatchTest, AFeedIsTheCauseWhereTheLineGoesOn) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    hear({0, 1, 2, 3, 6}, 40);
    EXPECT_EQ(found(40), (Found{{"feed_down.psu", 2}}));
}

TEST_F(CauseWatchTest, ALineOfOneDeviceIsDownWhenItsPortIs) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    hear({0, 1, 2, 3, 4, 5}, 40);
    EXPECT_EQ(found(40), Found{}) << "the device's own silence says it";
    watch_->set_line(BusId{1}, false);
    EXPECT_EQ(found(40), (Found{{"bus_down.second", 1}}));
}

TEST_F(CauseWatchTest, ALineThatIsLentIsNobodysFault) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    watch_->set_lent(BusId{0}, true);
    hear({6}, 60);
    EXPECT_EQ(found(60), Found{});
}

TEST_F(CauseWatchTest, AtAStartNothingIsSaidOfWhatMayYetBeHeard) {
    EXPECT_TRUE(watch_->look(test::at(5), Patience::kSteady).empty())
        << "an alarm that stands must not clear";
    hear({6}, 6);
    EXPECT_EQ(watch_->look(test::at(6), Patience::kSteady).size(), 1U);
    hear({6}, 11);
    EXPECT_EQ(found(11), (Found{{down(), 6}}));
}

TEST_F(CauseWatchTest, WhatWasSilentBeforeTheStartIsNoNews) {
    for (const std::uint32_t device : {0U, 1U, 2U}) {
        watch_->known_silent(DeviceId{device});
    }
    hear({3, 4, 5, 6}, 10);
    hear({3, 4, 5, 6}, 30);
    EXPECT_EQ(found(30), Found{});
    hear({0, 1, 2, 3, 4, 5, 6}, 31);
    hear({3, 4, 5, 6}, 60);
    EXPECT_EQ(found(60), (Found{{down(), 3}})) << "heard since: it is news";
}

TEST_F(CauseWatchTest, AnExceptionIsASoundAndATimeOutIsNot) {
    hear({0, 1, 2, 3, 4, 5, 6}, 10);
    for (std::uint32_t device = 0; device < 7; ++device) {
        const PointId point = builder_.site().devices[device].first_point;
        watch_->observe(test::bad(point, device == 0 || device == 6 ? Reason::kException : Reason::kTimeout,
                                  test::at(40)));
    }
    EXPECT_EQ(found(40).count(down()), 1U) << "1, 2, 3 together";
    EXPECT_EQ(found(40).at(down()), 3U);
}

}  // namespace
}  // namespace gengfu::alarms
