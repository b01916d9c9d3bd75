#include "daemon/rules/detectors/device_detector.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "tests/unit/rules/detectors/allocations.hpp"

namespace gengfu::rules::detectors {
namespace {

/// Four temperatures of one cabinet.
class Cabinet {
public:
    std::array<double, 4> read() {
        return {30 + noise_(engine_), 31 + noise_(engine_), 40 + noise_(engine_), 22 + noise_(engine_)};
    }

private:
    std::mt19937 engine_{7};
    std::normal_distribution<double> noise_{0, 0.5};
};

TEST(DeviceDetector, TellsTheStateTheDeviceIsInAndWhichPoint) {
    Cabinet cabinet;
    DeviceDetector detector;
    for (int i = 0; i < 1000; ++i) {
        detector.observe(cabinet.read());
    }
    DeviceFinding finding;
    for (int i = 0; i < 300; ++i) {
        std::array<double, 4> values = cabinet.read();
        values[2] += 8;
        finding = detector.observe(values);
        if (i > 20) {
            ASSERT_GE(finding.score, 0.5F) << i << ": not learnt as normal while it lasts";
        }
    }
    EXPECT_EQ(finding.point, 2);
    for (int i = 0; i < 100; ++i) {
        finding = detector.observe(cabinet.read());
    }
    EXPECT_LT(finding.score, 0.5F);
}

TEST(DeviceDetector, AnUnusablePointLeavesTheOthersJudged) {
    Cabinet cabinet;
    DeviceDetector detector;
    DeviceFinding finding;
    for (int i = 0; i < 1100; ++i) {
        std::array<double, 4> values = cabinet.read();
        values[0] = i % 2 == 0 ? std::nan("") : INFINITY;
        values[1] += i >= 1000 ? 8 : 0;
        finding = detector.observe(values);
    }
    EXPECT_GE(finding.score, 0.5F);
    EXPECT_EQ(finding.point, 1);
}

TEST(DeviceDetector, AwkwardNumbersGiveAScore) {
    DeviceDetector detector;
    const std::array<double, 20> many{1e300, -1e300, 5e-324, 0, 1, 2};
    for (int i = 0; i < 2000; ++i) {
        const float score = detector.observe(i % 3 == 0 ? std::span(many) : std::span(many).first(3)).score;
        ASSERT_TRUE(score >= 0 && score < 1);
    }
    EXPECT_EQ(DeviceDetector().observe({}).score, 0);
}

TEST(DeviceDetector, ARestoredStateGoesOnBitForBitAndADamagedOneIsRefused) {
    Cabinet cabinet;
    DeviceDetector detector;
    for (int i = 0; i < 700; ++i) {
        detector.observe(cabinet.read());
    }
    std::vector<std::uint8_t> state(DeviceDetector::state_size());
    detector.save(state);
    std::optional<DeviceDetector> restored = DeviceDetector::restore(state);
    ASSERT_TRUE(restored);
    for (int i = 0; i < 700; ++i) {
        const std::array<double, 4> values = cabinet.read();
        ASSERT_EQ(detector.observe(values).score, restored->observe(values).score);
    }
    state[100] ^= 1U;
    EXPECT_FALSE(DeviceDetector::restore(state));
    EXPECT_FALSE(DeviceDetector::restore({}));
}

TEST(DeviceDetector, AllocatesNothing) {
    const std::size_t before = tests::allocations();
    DeviceDetector detector;
    const std::array<double, 3> values{1, 2, 3};
    for (int i = 0; i < 2000; ++i) {
        detector.observe(values);
    }
    EXPECT_EQ(tests::allocations(), before);
}

}  // namespace
}  // namespace gengfu::rules::detectors
