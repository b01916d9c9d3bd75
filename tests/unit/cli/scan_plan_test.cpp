#include "cli/scan_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gengfu::cli {
namespace {

config::Serial serial(std::uint32_t baud, config::Parity parity, std::uint8_t stop_bits) {
    config::Serial made;
    made.port = "/dev/ttyS1";
    made.baud = baud;
    made.parity = parity;
    made.stop_bits = stop_bits;
    return made;
}

std::vector<config::KnownProfile> one_that_ships_with(std::uint8_t unit, config::Space space) {
    config::KnownProfile known;
    known.profile.unit = unit;
    config::PointSpec spec;
    spec.reg.space = space;
    known.profile.points.push_back(spec);
    return {known};
}

bool asks(const ScanPlan& plan, const Ask& ask) {
    return std::ranges::find(plan.asks, ask) != plan.asks.end();
}

TEST(ScanPlan, BeginsWithEveryUnitAtTheConfiguredSettings) {
    const auto configured = serial(19200, config::Parity::kEven, 1);
    const ScanPlan plan = plan_scan(configured, {}, {}, Depth::kAll);
    EXPECT_EQ(plan.settings.front(), configured);
    std::set<unsigned> units;
    for (const Ask& ask : plan.asks) {
        if (ask.settings != 0) {
            break;
        }
        units.insert(ask.unit);
    }
    EXPECT_EQ(units.size(), 247U);
}

TEST(ScanPlan, AsksEachUnitOfEachSettingsExactlyOnceByTheUsualFunction) {
    const ScanPlan plan = plan_scan(serial(9600, config::Parity::kNone, 1), {}, {}, Depth::kAll);
    std::set<std::pair<std::size_t, unsigned>> seen;
    for (const Ask& ask : plan.asks) {
        if (ask.function == 3) {
            EXPECT_TRUE(seen.insert({ask.settings, ask.unit}).second);
        }
    }
    EXPECT_EQ(seen.size(), plan.settings.size() * 247);
    std::set<std::string> settings;
    for (const config::Serial& each : plan.settings) {
        EXPECT_EQ(each.port, "/dev/ttyS1");
        settings.insert(std::to_string(each.baud) + "/" + std::to_string(static_cast<int>(each.parity)) +
                        "/" + std::to_string(each.stop_bits));
    }
    EXPECT_EQ(settings.size(), plan.settings.size()) << "the same settings twice";
    EXPECT_EQ(plan.settings.size(), 8U * 4U);
}

TEST(ScanPlan, AsksWhatSensorsShipWithAtAllCommonSettingsBeforeTheRest) {
    const ScanPlan plan = plan_scan(serial(9600, config::Parity::kNone, 1), {}, {}, Depth::kCommon);
    const auto first = [&](std::size_t settings, std::uint8_t unit) {
        return std::ranges::find(plan.asks, Ask{settings, unit, 3}) - plan.asks.begin();
    };
    const std::size_t last = plan.settings.size() - 1;
    EXPECT_LT(first(last, 1), first(1, 200));
    EXPECT_LT(first(0, 200), first(1, 1)) << "the configured settings are looked at whole first";
}

TEST(ScanPlan, AsksASensorByTheFunctionThatItKnows) {
    const auto profiles = one_that_ships_with(255, config::Space::kDiscrete);
    const ScanPlan plan = plan_scan(serial(9600, config::Parity::kNone, 1), profiles, {}, Depth::kConfigured);
    EXPECT_TRUE(asks(plan, {0, 255, 2}));
    const ScanPlan few =
        plan_scan(serial(9600, config::Parity::kNone, 1), profiles, {1, 32}, Depth::kConfigured);
    EXPECT_FALSE(asks(few, {0, 255, 2})) << "units that were not asked for";
}

TEST(ScanPlan, NeverWritesAndNeverBroadcasts) {
    for (const Ask& ask : plan_scan(serial(9600, config::Parity::kNone, 1),
                                    one_that_ships_with(1, config::Space::kCoil), {1, 255}, Depth::kAll)
                              .asks) {
        EXPECT_LE(ask.function, 4);
        EXPECT_GE(ask.unit, 1);
    }
}

TEST(ScanPlan, TellsTheLongestThatItCanTake) {
    ScanPlan plan;
    plan.settings.push_back(serial(9600, config::Parity::kNone, 1));
    plan.asks = {{0, 1, 3}, {0, 2, 3}};
    // 8 characters of 10 bits, t3.5 of 3.5 characters, 300 ms and what the computer adds.
    const double each = 80e3 / 9600 + 35e3 / 9600 + 300 + 20;
    EXPECT_NEAR(std::chrono::duration<double>(bound(plan, 0, std::chrono::milliseconds(300))).count() * 1e3,
                2 * each, 0.1);
    EXPECT_NEAR(std::chrono::duration<double>(bound(plan, 1, std::chrono::milliseconds(300))).count() * 1e3,
                each, 0.1);
    EXPECT_EQ(bound(plan, 2, std::chrono::milliseconds(300)), Duration::zero());
}

}  // namespace
}  // namespace gengfu::cli
