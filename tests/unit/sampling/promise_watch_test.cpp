// The promise of `gengfu check` against lines that show to be slower.
#include "daemon/sampling/promise_watch.hpp"

#include <gtest/gtest.h>

#include "daemon/sampling/response_memory.hpp"
#include "tests/support/chinese.hpp"
#include "tests/unit/sampling/line_sim.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PromiseWatchTest : public testing::Test {
protected:
    /// Eight units a second each, of whose response times nothing is stated.
    void SetUp() override {
        for (int i = 0; i < 8; ++i) {
            line_.device(seconds(1), {{seconds(1), 0}, {seconds(1), 1}}, {}, true);
            line_.site.profiles.back().turnaround.reset();
        }
        seen_.open = true;
        seen_.devices.assign(8, Health::kOnline);
        seen_.units.resize(8);
        watch_.emplace(line_.site);
    }

    void takes(std::size_t unit, Duration slowest) {
        seen_.units[unit].slowest = slowest;
        seen_.units[unit].is_slower = true;
    }
    const std::optional<BrokenPromise>& look() { return watch_->look(BusId{0}, seen_); }

    LineSite line_;
    BusSnapshot seen_;
    std::optional<PromiseWatch> watch_;
};

TEST_F(PromiseWatchTest, HoldsWhileNobodyIsSlower) {
    for (UnitTraffic& unit : seen_.units) {
        unit.slowest = milliseconds(300);  // once: no more than a busy moment
    }
    EXPECT_FALSE(look());
}

TEST_F(PromiseWatchTest, SlowUnitsBreakItAndTheWordsSayWhatToWrite) {
    for (std::size_t i = 0; i < 8; ++i) {
        takes(i, milliseconds(300));
    }
    ASSERT_TRUE(look());
    const BrokenPromise broken = *look();
    EXPECT_FALSE(broken.seen);
    EXPECT_LT(broken.promised, milliseconds(2500));
    EXPECT_GT(broken.worst, seconds(3));
    ASSERT_EQ(broken.slow.size(), 8U);
    EXPECT_EQ(broken.slow[0].reckoned, milliseconds(20));
    EXPECT_TRUE(broken.slow[0].assumed);
    const config::Text words = words_of(line_.site, broken);
    EXPECT_NE(words.en.find("d1 answers after up to 300 ms, assumed are 20 ms: write turnaround = \"380ms\""),
              std::string::npos)
        << words.en;
    EXPECT_NE(words.en.find("and 5 more"), std::string::npos) << words.en;
    EXPECT_NE(words.zh.find("turnaround = \"380ms\""), std::string::npos) << words.zh;

    // What it says to write is what mends it.
    for (config::Device& device : line_.site.devices) {
        device.turnaround = milliseconds(380);
    }
    watch_.emplace(line_.site);
    for (UnitTraffic& unit : seen_.units) {
        unit.is_slower = false;
    }
    EXPECT_FALSE(look());
    EXPECT_GT(*watch_->budgets()[0].bounds.at(0).one_dead, broken.promised);
    EXPECT_FALSE(watch_->budgets()[0].devices.at(0).assumed);
}

TEST_F(PromiseWatchTest, ALittleSlowerIsNoNews) {
    takes(3, milliseconds(24));
    EXPECT_FALSE(look());
}

TEST_F(PromiseWatchTest, IsWholeAgainWhenNobodyIsSlowerAnyMore) {
    takes(3, milliseconds(480));
    ASSERT_TRUE(look());
    seen_.units[3].is_slower = false;
    EXPECT_FALSE(look());
}

TEST_F(PromiseWatchTest, EachBreakIsCountedOnce) {
    EXPECT_EQ(watch_->breaks(BusId{0}), 0U);
    for (std::uint64_t time = 1; time <= 3; ++time) {
        takes(3, milliseconds(480));
        for (int i = 0; i < 4; ++i) {
            ASSERT_TRUE(look());
        }
        EXPECT_EQ(watch_->breaks(BusId{0}), time);
        seen_.units[3].is_slower = false;
        ASSERT_FALSE(look());
        EXPECT_EQ(watch_->breaks(BusId{0}), time);
    }
}

TEST_F(PromiseWatchTest, AReadingLaterThanPromisedBreaksItWhileAtMostOneIsSilent) {
    seen_.units[5].worst_of_late = seconds(5);
    seen_.devices[1] = Health::kOffline;
    ASSERT_TRUE(look());
    EXPECT_TRUE(look()->seen);
    EXPECT_EQ(look()->worst, seconds(5));
    EXPECT_EQ(line_.site.point(look()->point).device, DeviceId{5});
    EXPECT_NE(words_of(line_.site, *look()).en.find("was just seen only after 5.00 s"), std::string::npos);
    seen_.devices[2] = Health::kOffline;
    EXPECT_FALSE(look()) << "nothing is promised with two dead";
}

TEST_F(PromiseWatchTest, TwoAtOneAddressAreNamedAsTheCause) {
    const auto says = [&](const char* en) {
        const config::Text words = words_of(line_.site, *look());
        EXPECT_EQ(test::english_in(words.zh, {"d1", "d2", "d3", "d4", "p0", "[[device]]", "ms"}),
                  std::vector<std::string>{})
            << words.zh;
        return words.en.find(en) != std::string::npos ? std::string("said") : words.en;
    };
    constexpr const char* kMachine = "what else this machine does";
    constexpr const char* kTwo =
        "; two answer at the address of d2 (2), and every exchange there is waited out: see `gengfu scan`";
    seen_.units[3].worst_of_late = seconds(5);
    ASSERT_TRUE(look());
    EXPECT_EQ(says(kMachine), "said");

    seen_.units[1].two_answer = true;
    EXPECT_EQ(says(kTwo), "said");
    EXPECT_NE(says(kMachine), "said");
    seen_.units[1].two_answer = false;
    for (unsigned i = 0; i < 3 * kLooksRemembered; ++i) {
        EXPECT_EQ(says(kTwo), "said") << "they did since it broke";
    }
    seen_.units[3].worst_of_late = {};
    EXPECT_FALSE(look());
    for (unsigned i = 0; i < kLooksRemembered; ++i) {
        EXPECT_FALSE(look());
    }
    seen_.units[3].worst_of_late = seconds(5);
    EXPECT_EQ(says(kMachine), "said") << "that was another time";

    // Which of the two at an address is slow is not known; of others it is.
    takes(1, milliseconds(400));
    takes(3, milliseconds(400));
    seen_.units[1].two_answer = true;
    EXPECT_EQ(says(kTwo), "said");
    EXPECT_EQ(says("d4 answers after up to 400 ms"), "said");
    EXPECT_NE(says("d2 answers after"), "said");
    seen_.units[0].two_answer = seen_.units[2].two_answer = seen_.units[3].two_answer = true;
    EXPECT_EQ(says("two answer at the address of d2 (2), d1 (1), d3 (3) and 1 more"), "said");
}

TEST_F(PromiseWatchTest, AnswersThatNobodyAskedForAreACause) {
    seen_.traffic.unasked_frames = 3;
    EXPECT_FALSE(look());
    seen_.units[3].worst_of_late = seconds(5);
    ASSERT_TRUE(look());
    config::Text words = words_of(line_.site, *look());
    EXPECT_NE(words.en.find("two may answer at one address"), std::string::npos) << words.en;
    EXPECT_EQ(words.en.find("what else this machine does"), std::string::npos) << words.en;
    EXPECT_NE(words.zh.find("可能有两台设备同用一个地址"), std::string::npos) << words.zh;

    seen_.units[3].worst_of_late = {};
    for (unsigned i = 0; i <= kLooksRemembered; ++i) {
        EXPECT_FALSE(look());
    }
    seen_.units[3].worst_of_late = seconds(5);
    ASSERT_TRUE(look());
    words = words_of(line_.site, *look());
    EXPECT_NE(words.en.find("what else this machine does"), std::string::npos) << words.en;
}

TEST(ResponseMemory, IsSlowerOnlyTimeAndAgain) {
    ResponseMemory memory(milliseconds(500), milliseconds(20));
    for (int i = 0; i < 200; ++i) {
        memory.answered(i % 5 == 0 ? milliseconds(90) : milliseconds(10));
        EXPECT_FALSE(memory.is_slower());
    }
    for (int i = 0; i < 16; ++i) {
        memory.answered(milliseconds(30));
    }
    EXPECT_TRUE(memory.is_slower());
    for (int i = 0; i < 64; ++i) {
        memory.answered(milliseconds(20));
    }
    EXPECT_FALSE(memory.is_slower());
}

TEST(PeakOfLate, ForgetsWithinTwoWindows) {
    PeakOfLate peak;
    Monotonic now{seconds(1000)};
    peak.add(seconds(3), now);
    for (int second = 0; second < 30; ++second) {
        peak.add(seconds(1), now + seconds(second));
        EXPECT_EQ(peak.of(now + seconds(second)), seconds(3)) << second;
    }
    EXPECT_EQ(peak.of(now + seconds(30)), seconds(1));
    EXPECT_EQ(peak.of(now + seconds(300)), Duration::zero());
}

}  // namespace
}  // namespace gengfu::sampling
