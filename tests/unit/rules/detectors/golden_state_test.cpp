// States written by earlier versions (tests/golden/anomaly/states) are read for as long as their version is.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"
#include "daemon/rules/detectors/sensitivity.hpp"

namespace gengfu::rules::detectors {
namespace {

std::vector<std::uint8_t> read(const std::string& name) {
    std::ifstream in(std::string(GENGFU_SOURCE_DIR) + "/tests/golden/anomaly/states/" + name,
                     std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The state knows a week of 20 by night and 30 by day, a little noise, one sample in five minutes.
TEST(GoldenState, APointOfVersion1GoesOnWithWhatItHadLearnt) {
    const std::vector<std::uint8_t> bytes = read("point-v1.state");
    std::optional<PointDetector> detector = PointDetector::restore(bytes);
    ASSERT_TRUE(detector);
    EXPECT_EQ(detector->samples(), 2000U);
    EXPECT_NE(bytes.size(), PointDetector::state_size());
    constexpr std::int64_t kNext = 300LL * 2000;
    EXPECT_LT(detector->observe(std::chrono::seconds(kNext), 30.1).score, threshold(10));
    EXPECT_GE(detector->observe(std::chrono::seconds(kNext + 300), 90).score, threshold(9));
}

/// The state knows two weeks of the same, and what the mean of a day is: the last rose by a third of a unit.
TEST(GoldenState, APointOfVersion2GoesOnWithWhatItHadLearnt) {
    const std::vector<std::uint8_t> bytes = read("point-v2.state");
    std::optional<PointDetector> detector = PointDetector::restore(bytes);
    ASSERT_TRUE(detector);
    EXPECT_EQ(detector->samples(), 4032U);
    std::vector<std::uint8_t> again(PointDetector::state_size());
    detector->save(again);
    EXPECT_EQ(again, bytes);
    const Finding drifted = detector->observe(std::chrono::days(14), 20.4);
    EXPECT_GE(drifted.score, threshold(kDefaultSensitivity));
    EXPECT_EQ(drifted.aspect, Aspect::kLevel);
}

/// The state knows one point from 0 to 6 and one from 50 to 51.
TEST(GoldenState, ADeviceOfVersion1GoesOnWithWhatItHadLearnt) {
    const std::vector<std::uint8_t> bytes = read("device-v1.state");
    std::optional<DeviceDetector> detector = DeviceDetector::restore(bytes);
    ASSERT_TRUE(detector);
    std::vector<std::uint8_t> again(DeviceDetector::state_size());
    detector->save(again);
    EXPECT_EQ(again, bytes);
    DeviceFinding finding;
    for (int i = 0; i < 20; ++i) {
        const double values[] = {3, 60};
        finding = detector->observe(values);
    }
    EXPECT_GE(finding.score, 0.5F);
    EXPECT_EQ(finding.point, 1);
}

}  // namespace
}  // namespace gengfu::rules::detectors
