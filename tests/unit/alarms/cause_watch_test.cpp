#include "daemon/alarms/cause_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
    /// What is said of the first line now.
    CauseWatch::Finding line(double second, Patience patience = Patience::kSteady) {
        for (CauseWatch::Finding& finding : watch_->look(test::at(second), patience)) {
            if (builder_.site().spec(finding.point).name == down()) {
                std::sort(finding.behind.begin(), finding.behind.end());
                return finding;
            }
        }
        ADD_FAILURE() << "nothing is said of the line";
        return {};
    }
    /// From one second to another, these answer every second, and the watch looks on.
    void live(std::initializer_list<std::uint32_t> devices, int from, int to) {
        for (int second = from; second <= to; ++second) {
            hear(devices, second);
            watch_->look(test::at(second), Patience::kSteady);
        }
    }
    using Ids = std::vector<DeviceId>;
    std::string down() { return "bus_down." + builder_.site().buses[0].name; }

    using Found = std::map<std::string, std::size_t>;
    test::SiteBuilder builder_;
    std::unique_ptr<CauseWatch> watch_;
};

TEST_F(CauseWatchTest, NoBreakIsFoundOnALineWhoseWorkerBringsNothing) {
    live({0, 1, 2, 3, 4, 5, 6}, 0, 10);
    watch_->set_hung(BusId{0}, true);
    EXPECT_EQ(found(40), Found{}) << "nor a feed of that line alone";
    EXPECT_EQ(watch_->silent_on(BusId{0}, test::at(40), Patience::kSteady).size(), 6U);
    EXPECT_EQ(watch_->devices_on(BusId{0}), 6U);
    EXPECT_FALSE(watch_->stands(BusId{0}));
    watch_->set_hung(BusId{0}, false);
    EXPECT_EQ(found(41), (Found{{down(), 6}})) << "one that works again and still hears nothing is cut";
    EXPECT_TRUE(watch_->stands(BusId{0}));
    watch_->set_hung(BusId{0}, true);
    EXPECT_EQ(found(42), (Found{{down(), 6}})) << "what stood before goes on";
}

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

/// Of two that were cut off one comes back: the other must not be hidden for ever.
TEST_F(CauseWatchTest, HalfOfALineThatStaysBackForAMinuteEndsItsCause) {
    config::Site& site = builder_.site();
    for (std::uint32_t other = 2; other < 6; ++other) {
        site.devices[other].bus = site.devices[6].bus;
    }
    watch_ = std::make_unique<CauseWatch>(site, test::at(0));
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({2, 3, 4, 5, 6}, 11, 30);
    EXPECT_EQ(found(30), (Found{{down(), 2}}));
    live({0, 2, 3, 4, 5, 6}, 31, 60);
    live({2, 3, 4, 5, 6}, 61, 80);
    EXPECT_EQ(found(80), (Found{{down(), 2}})) << "gone again";
    live({0, 2, 3, 4, 5, 6}, 81, 140);
    EXPECT_EQ(found(140), (Found{{down(), 1}}));
    live({0, 2, 3, 4, 5, 6}, 141, 142);
    EXPECT_EQ(found(142), Found{});
    live({0, 2, 3, 4, 5, 6}, 143, 300);
    EXPECT_EQ(found(300), Found{}) << "one that is silent is no line";
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

/// Beside the feed of two lines: whoever is on one of them and not fed by it.
class CauseWatchWithAFeedOfTwoLines : public CauseWatchTest {
protected:
    CauseWatchWithAFeedOfTwoLines() {
        builder_.site().devices[6].feed = "psu";
        watch_ = std::make_unique<CauseWatch>(builder_.site(), test::at(0));
    }
};

TEST_F(CauseWatchWithAFeedOfTwoLines, ADeadLineIsToldWithAllOfItBesideADeadFeed) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    EXPECT_EQ(found(13, Patience::kSuspicion), (Found{{"feed_down.psu", 3}, {down(), 6}}));
    EXPECT_EQ(line(14).behind.size(), 6U);
    EXPECT_FALSE(line(15).anew) << "told once";
    live({4, 5, 6}, 15, 20);
    EXPECT_EQ(found(20), (Found{{down(), 4}})) << "the feed is back";
    live({0, 1, 4, 5, 6}, 21, 26);
    EXPECT_EQ(found(26), Found{}) << "most of the line is";
}

TEST_F(CauseWatchWithAFeedOfTwoLines, TwoAreEnoughForALine) {
    config::Site& site = builder_.site();
    site.devices[2].feed = site.devices[3].feed = "psu";
    watch_ = std::make_unique<CauseWatch>(site, test::at(0));
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    EXPECT_EQ(found(21), (Found{{"feed_down.psu", 5}, {down(), 6}})) << "0 and 1 are not of the feed";
}

TEST_F(CauseWatchWithAFeedOfTwoLines, OneBesideTheFeedSpeaksForItself) {
    config::Site& site = builder_.site();
    site.devices[1].feed = site.devices[2].feed = site.devices[3].feed = "psu";
    watch_ = std::make_unique<CauseWatch>(site, test::at(0));
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    EXPECT_EQ(found(21), (Found{{"feed_down.psu", 6}})) << "one device that is silent is no line";
}

TEST_F(CauseWatchWithAFeedOfTwoLines, WhoWasSilentBeforeTheFeedWentMakesNoDeadLine) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({1, 2, 3, 4, 5, 6}, 11, 30);
    live({2, 3, 4, 5, 6}, 31, 50);
    live({3, 4, 5, 6}, 51, 70);
    live({4, 5, 6}, 71, 90);
    EXPECT_EQ(found(90), Found{}) << "one by one";
    EXPECT_EQ(found(101), (Found{{"feed_down.psu", 3}}));
}

TEST_F(CauseWatchWithAFeedOfTwoLines, WhatIsLeftOfALineMayFailAfterTheFeed) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({0, 1, 2, 3}, 11, 30);
    EXPECT_EQ(found(30), (Found{{"feed_down.psu", 3}}));
    EXPECT_EQ(found(41), (Found{{"feed_down.psu", 3}, {down(), 6}}));
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

TEST_F(CauseWatchTest, ALineThatWorkedAgainFailsAnew) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    hear({6}, 20);
    EXPECT_TRUE(line(20).anew);
    live({0, 1, 2, 3, 4, 5, 6}, 21, 30);
    EXPECT_EQ(line(30).behind, Ids{}) << "all are back";
    live({3, 4, 5, 6}, 31, 32);
    const CauseWatch::Finding second = line(33, Patience::kSuspicion);
    EXPECT_EQ(second.silent, 3U);
    EXPECT_EQ(second.behind, (Ids{DeviceId{0}, DeviceId{1}, DeviceId{2}}));
    EXPECT_TRUE(second.anew);
    EXPECT_FALSE(line(33.5).anew) << "told once";
}

TEST_F(CauseWatchTest, SingleAnswersThroughABadContactAreNoReturn) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({6}, 11, 25);
    live({0, 1, 2, 3, 4, 5, 6}, 26, 27);
    EXPECT_EQ(line(27).silent, 0U);
    EXPECT_EQ(line(27).behind.size(), 6U);
    live({6}, 28, 45);
    EXPECT_EQ(line(45).silent, 6U);
    hear({0, 1, 2, 3, 4, 5}, 46);
    live({6}, 46, 60);
    const CauseWatch::Finding again = line(60);
    EXPECT_EQ(again.silent, 6U);
    EXPECT_FALSE(again.anew) << "the same outage";
}

TEST_F(CauseWatchTest, NoLookCallsTheSameOutageAnew) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    int anew = 0;
    for (int tick = 110; tick < 900; ++tick) {
        hear({6}, tick / 10.0);
        anew += line(tick / 10.0, tick % 10 == 0 ? Patience::kSteady : Patience::kSuspicion).anew ? 1 : 0;
    }
    EXPECT_EQ(anew, 1);
}

TEST_F(CauseWatchTest, WhatGoesAfterAPartOfTheLineIsAFailureOfItsOwn) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({0, 1, 5, 6}, 11, 40);
    EXPECT_EQ(line(40).behind, (Ids{DeviceId{2}, DeviceId{3}, DeviceId{4}}));
    live({6}, 41, 42);
    const CauseWatch::Finding rest = line(51);
    EXPECT_EQ(rest.silent, 6U);
    EXPECT_EQ(rest.behind.size(), 6U);
    EXPECT_TRUE(rest.anew);
}

TEST_F(CauseWatchTest, WhoIsBackIsNotBehindTheCauseWhileItStands) {
    live({0, 1, 2, 3, 4, 5, 6}, 1, 10);
    live({6}, 11, 20);
    live({0, 1, 6}, 21, 30);
    EXPECT_EQ(line(30).silent, 4U);
    EXPECT_EQ(line(30).behind, (Ids{DeviceId{2}, DeviceId{3}, DeviceId{4}, DeviceId{5}}));
    live({0, 6}, 31, 60);
    EXPECT_EQ(line(60).behind.size(), 4U) << "device 1 speaks for itself";
}

TEST_F(CauseWatchTest, ACauseOfAnEarlierRunStandsUntilItsLineIsHeard) {
    for (const std::uint32_t device : {0U, 1U, 2U, 3U, 4U, 5U}) {
        watch_->known_silent(DeviceId{device});
    }
    const config::Site& site = builder_.site();
    watch_->known_cause(*config::own_point(site, down()),
                        {DeviceId{0}, DeviceId{1}, DeviceId{2}, DeviceId{3}, DeviceId{4}, DeviceId{5}});
    for (int second = 0; second < 90; ++second) {
        hear({6}, second);
        const CauseWatch::Finding finding = line(second);
        ASSERT_EQ(finding.silent, 6U) << second;
        ASSERT_FALSE(finding.anew) << second;
    }
    live({0, 1, 2, 3, 4, 5, 6}, 90, 95);
    EXPECT_EQ(line(95).silent, 0U);
    hear({6}, 105);
    const CauseWatch::Finding again = line(106);
    EXPECT_EQ(again.silent, 6U);
    EXPECT_TRUE(again.anew);
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

/// A line "rs485-1" of `devices`, read every 100 ms, with time-outs of 500 ms; as its worker does: one after
/// the other, an answer takes 20 ms.
class FastLine {
public:
    explicit FastLine(std::uint32_t devices) : count_(devices) {
        for (std::uint32_t i = 0; i < devices; ++i) {
            const DeviceId device = builder_.device("d" + std::to_string(i), {"v"});
            builder_.site().devices[device.value].interval = std::chrono::milliseconds(100);
        }
        builder_.site().buses[0].timeout = std::chrono::milliseconds(500);
        config::add_self(builder_.site());
        watch_ = std::make_unique<CauseWatch>(builder_.site(), test::at(0));
    }

    /// Everybody is asked in turn until `end`; `look` is called every 50 ms, also while an answer is awaited.
    template <class Dead, class Look>
    void run(double end, const Dead& is_dead, const Look& look) {
        while (now_ < end) {
            const std::uint32_t device = next_++ % count_;
            const PointId point = builder_.site().devices[device].first_point;
            const double took = is_dead(device) ? 0.5 : 0.02;
            for (now_ += took; looked_ < now_; looked_ += 0.05) {
                look(looked_);
            }
            watch_->observe(is_dead(device) ? test::bad(point, Reason::kTimeout, test::at(now_))
                                            : test::good(point, 1, test::at(now_)));
        }
    }
    std::vector<std::uint32_t> behind(double second, Patience patience) {
        std::vector<std::uint32_t> all;
        for (const CauseWatch::Finding& finding : watch_->look(test::at(second), patience)) {
            for (const DeviceId device : finding.behind) {
                all.push_back(device.value);
            }
        }
        std::sort(all.begin(), all.end());
        return all;
    }
    double now() const { return now_; }

private:
    std::uint32_t count_, next_ = 0;
    double now_ = 0, looked_ = 0;
    test::SiteBuilder builder_;
    std::unique_ptr<CauseWatch> watch_;
};

/// The living wait behind the time-outs of the dead, for much longer than their own patience.
TEST(CauseWatchOnAFastLine, APartThatIsCutOffIsNotTheWholeLine) {
    for (const bool in_a_row : {true, false}) {
        for (const std::uint32_t dead : {3U, 5U, 9U, 25U}) {
            const std::uint32_t devices = dead == 25 ? 30 : 10;
            FastLine line(devices);
            const auto is_dead = [&](std::uint32_t device) {
                return in_a_row ? device < dead : (device * 7) % devices < dead;
            };
            line.run(
                20, [](std::uint32_t) { return false; }, [](double) {});
            const double cut = line.now();
            const double first_round = cut + 0.5 * dead + 0.02 * devices;
            std::vector<std::uint32_t> last;
            line.run(cut + 60, is_dead, [&](double second) {
                if (second < first_round + 0.1) {
                    return;  // before everybody was asked nothing can be told apart
                }
                for (const Patience patience : {Patience::kSteady, Patience::kSuspicion}) {
                    last = line.behind(second, patience);
                    for (const std::uint32_t device : last) {
                        ASSERT_TRUE(is_dead(device)) << device << " lives, told dead at " << second - cut;
                    }
                }
            });
            EXPECT_EQ(last.size(), dead) << "in the end all of them";
        }
    }
}

/// Where nobody is heard there is nothing to wait for: the rest need not be asked first.
TEST(CauseWatchOnAFastLine, AWholeLineIsFoundBeforeEverybodyWasAsked) {
    FastLine line(30);
    line.run(
        20, [](std::uint32_t) { return false; }, [](double) {});
    const double cut = line.now();
    line.run(
        cut + 4, [](std::uint32_t) { return true; }, [](double) {});
    EXPECT_EQ(line.behind(line.now(), Patience::kSuspicion).size(), 30U);
}

/// One that has been dead for long, and now nobody is asked any more.
TEST(CauseWatchOnAFastLine, AWorkerThatHangsIsNoExcuseForEver) {
    FastLine line(10);
    line.run(
        20, [](std::uint32_t device) { return device == 3; }, [](double) {});
    EXPECT_EQ(line.behind(line.now() + 11, Patience::kSteady).size(), 0U);
    EXPECT_EQ(line.behind(line.now() + 16, Patience::kSteady).size(), 10U);
}

}  // namespace
}  // namespace gengfu::alarms
