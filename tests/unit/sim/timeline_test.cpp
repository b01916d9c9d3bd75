#include "tests/sim/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sim/plant.hpp"

namespace gengfu::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr const char* kHead = R"([scenario]
name = "small"
duration = "60s"
[[line]]
name = "l"
[[device]]
name = "d"
line = "l"
unit = 1
holding = { 0 = "0064 0000 0000 41C8" }
)";

/// A scenario on a plant, and what the timeline did to it.
class Play {
public:
    explicit Play(const std::string& steps, std::uint64_t seed = 1) {
        Diagnostics diagnostics;
        auto loaded = load_scenario(kHead + steps, diagnostics);
        EXPECT_TRUE(loaded) << print_diagnostics("s", diagnostics);
        scenario = std::move(loaded).value_or(Scenario{});
        plant.emplace(scenario, seed);
        TimelineHands hands;
        hands.write = [this](const std::string& device, const RegisterWrite& write) {
            plant->write(device, write);
        };
        hands.read = [this](const std::string& device, Space space, std::uint16_t first, int words) {
            return *plant->read(device, space, first, static_cast<std::size_t>(words));
        };
        hands.add_fault = [this](const std::string& target, const Fault& fault) {
            log.push_back("fault " + target);
            return plant->add_fault(target, fault);
        };
        hands.remove_fault = [this](std::uint64_t id) {
            log.push_back("clear");
            plant->remove_fault(id);
        };
        hands.plug = [this](const std::string& endpoint, Plug plug) {
            log.push_back((plug == Plug::kIn ? "plug " : "unplug ") + endpoint);
        };
        hands.tell = [this](const Happening& happening) { log.push_back(happening.kind); };
        timeline.emplace(scenario, seed, std::move(hands));
    }
    std::uint16_t word(std::uint16_t address) const {
        return plant->read("d", Space::kHolding, address, 1)->front();
    }

    Scenario scenario;
    std::optional<Plant> plant;
    std::vector<std::string> log;
    std::optional<Timeline> timeline;
};

TEST(Timeline, WritesAtItsTimeAndNotBefore) {
    Play play("[[step]]\nat = \"5s\"\ndevice = \"d\"\nholding = { 0 = \"1234\" }\n");
    play.timeline->run_until(4999ms);
    EXPECT_EQ(play.word(0), 0x64);
    EXPECT_EQ(play.timeline->next(), 5s);
    play.timeline->run_until(5s);
    EXPECT_EQ(play.word(0), 0x1234);
    EXPECT_THAT(play.log, ElementsAre("step"));
}

TEST(Timeline, ARampIsLinearAndEndsExactly) {
    Play play(
        "[[step]]\nat = \"10s\"\ndevice = \"d\"\n"
        "ramp = { space = \"holding\", address = 0, from = \"0064\", to = \"00C8\", over = \"10s\", every = "
        "\"3s\" }\n");
    play.timeline->run_until(16s);
    EXPECT_EQ(play.word(0), 100 + 60);
    play.timeline->run_until(19999ms);
    EXPECT_EQ(play.word(0), 100 + 90);
    play.timeline->run_until(20s);
    EXPECT_EQ(play.word(0), 200);
}

TEST(Timeline, ARampGoesThroughZeroWhenSigned) {
    Motion motion;
    motion.signedness = Signedness::kSigned;
    motion.from = 100;
    motion.to = -100;
    motion.lasts = 10s;
    EXPECT_EQ(ramp_at(motion, 0s), 100);
    EXPECT_EQ(ramp_at(motion, 5s), 0);
    EXPECT_EQ(ramp_at(motion, 99s), -100);
    EXPECT_THAT(motion_words(motion, -100), ElementsAre(0xFF9C));
}

TEST(Timeline, TwoWordsStandInTheirOrder) {
    Motion motion;
    motion.words = 2;
    EXPECT_THAT(motion_words(motion, 0x41C80001), ElementsAre(0x41C8, 0x0001));
    motion.order = WordOrder::kLowFirst;
    EXPECT_THAT(motion_words(motion, 0x41C80001), ElementsAre(0x0001, 0x41C8));
}

TEST(Timeline, AToggleTurnsItsBitsOverUntilItsEnd) {
    Play play(
        "[[step]]\nat = \"1s\"\ndevice = \"d\"\n"
        "toggle = { space = \"holding\", address = 1, mask = \"0800\", every = \"2s\", for = \"4s\" }\n");
    std::vector<std::uint16_t> seen;
    for (int second = 0; second <= 8; ++second) {
        play.timeline->run_until(std::chrono::seconds(second));
        seen.push_back(play.word(1));
    }
    EXPECT_THAT(seen, ElementsAre(0, 0x800, 0x800, 0, 0, 0x800, 0x800, 0x800, 0x800));
}

TEST(Timeline, AWalkStaysWithinAndRepeatsWithItsSeed) {
    const std::string walk =
        "[[step]]\nat = \"0s\"\ndevice = \"d\"\n"
        "walk = { space = \"holding\", address = 0, low = \"0060\", high = \"0068\", step = 2, every = "
        "\"100ms\" }\n";
    const auto path = [&walk](std::uint64_t seed) {
        Play play(walk, seed);
        std::vector<std::uint16_t> seen;
        for (int i = 0; i < 300; ++i) {
            play.timeline->run_until(i * 100ms);
            seen.push_back(play.word(0));
        }
        return seen;
    };
    const auto first = path(1);
    EXPECT_EQ(first, path(1));
    EXPECT_NE(first, path(2));
    EXPECT_THAT(first, testing::Each(testing::AllOf(testing::Ge(0x60), testing::Le(0x68))));
}

TEST(Timeline, FaultsAndOutagesBeginAndEndInOrder) {
    Play play(
        "[[fault]]\ndevice = \"d\"\nkind = \"silence\"\nfrom = \"2s\"\nto = \"6s\"\n"
        "[[fault]]\nline = \"l\"\nkind = \"unplug\"\nfrom = \"3s\"\nto = \"5s\"\n"
        "[[outage]]\nwhat = \"daemon\"\nat = \"4s\"\nfor = \"10s\"\n");
    play.timeline->run_until(60s);
    EXPECT_THAT(play.log, ElementsAre("fault d", "fault-begin", "unplug l", "fault-begin", "outage-begin",
                                      "plug l", "fault-end", "clear", "fault-end", "outage-end", "done"));
    EXPECT_EQ(play.timeline->next(), std::nullopt);
}

}  // namespace
}  // namespace gengfu::sim
