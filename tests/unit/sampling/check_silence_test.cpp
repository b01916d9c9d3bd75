#include "daemon/sampling/check_silence.hpp"

#include <gtest/gtest.h>

#include "daemon/config/values.hpp"
#include "daemon/sampling/turn_cost.hpp"
#include "tests/unit/sampling/line_sim.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void watch(config::Site& site, DeviceId device, Duration silent_for) {
    config::Rule rule;
    rule.name = "silent";
    rule.kind = config::RuleKind::kSilent;
    rule.device = device;
    rule.silent_for = silent_for;
    rule.texts = std::make_shared<config::RuleText>();
    site.rules.push_back(rule);
}

/// Ten units that may take 500 ms each.
LineSite line_of_ten(Duration silent_for) {
    LineSite line;
    for (int i = 0; i < 10; ++i) {
        watch(line.site, line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false), silent_for);
    }
    return line;
}

TEST(CheckSilence, ShorterThanARoundOfTimeOutsIsOneWarningABus) {
    LineSite line = line_of_ten(seconds(5));
    const auto found = check_silence(line.site);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].gravity, config::Gravity::kWarning);
    EXPECT_NE(found[0].message.find("rule \"silent\" calls after 5 s without an answer"), std::string::npos)
        << found[0].message;
    EXPECT_NE(found[0].message.find("each of its 10 units"), std::string::npos) << found[0].message;
    EXPECT_NE(found[0].message.find("9 more rules"), std::string::npos) << found[0].message;
}

TEST(CheckSilence, WhatItAdvisesCanBeWrittenAndIsEnough) {
    for (const int ms : {100, 500, 1000, 3000, 5999}) {
        const auto found = check_silence(line_of_ten(milliseconds(ms)).site);
        ASSERT_EQ(found.size(), 1U) << ms;
        const std::size_t at = found[0].message.find("for = \"") + 7;
        const Result<Duration> advised =
            config::parse_duration(found[0].message.substr(at, found[0].message.find('"', at) - at));
        ASSERT_TRUE(advised) << found[0].message;
        EXPECT_TRUE(check_silence(line_of_ten(*advised).site).empty());
        EXPECT_LT(*advised, seconds(12)) << "no more than is needed";
    }
}

/// The bound is no idle one: in simulated time a living device is unseen for nearly as long when its
/// neighbours are cut off, and never longer.
TEST(CheckSilence, ALivingDeviceIsUnseenNoLonger) {
    LineSite line = line_of_ten(seconds(5));
    LineSim sim(line.site);
    std::optional<Monotonic> last;
    Duration longest{};
    sim.answered = [&](std::size_t device, Monotonic at) {
        if (device == 0) {
            longest = last ? std::max(longest, at - *last) : Duration::zero();
            last = at;
        }
    };
    sim.until(LineSim::kStart + seconds(20));
    EXPECT_LT(longest, milliseconds(1500));
    sim.dead.assign(10, true);
    sim.dead[0] = false;
    sim.until(LineSim::kStart + seconds(120));
    EXPECT_LE(longest, longest_unseen(line.site, DeviceId{0}));
    EXPECT_GE(longest, longest_unseen(line.site, DeviceId{0}) / 2);
}

TEST(CheckSilence, TheDelayCountsAndATranscriptHasNoTimeOuts) {
    LineSite line = line_of_ten(seconds(5));
    for (config::Rule& rule : line.site.rules) {
        rule.on_delay = seconds(5);
    }
    EXPECT_TRUE(check_silence(line.site).empty());
    line = line_of_ten(seconds(1));
    line.site.buses[0].kind = config::BusKind::kReplay;
    EXPECT_TRUE(check_silence(line.site).empty());
}

}  // namespace
}  // namespace gengfu::sampling
