#include "daemon/sampling/unit_traffic.hpp"

#include <gtest/gtest.h>

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;

TEST(ResponseHistogram, QuantilesAreBoundsThatHold) {
    ResponseHistogram histogram;
    EXPECT_EQ(histogram.quantile(0.5), Duration::zero());
    for (int i = 0; i < 98; ++i) {
        histogram.add(milliseconds(4));
    }
    histogram.add(milliseconds(80));
    histogram.add(milliseconds(7000));
    EXPECT_EQ(histogram.count(), 100U);
    EXPECT_EQ(histogram.quantile(0.5), milliseconds(5));
    EXPECT_EQ(histogram.quantile(0.99), milliseconds(100));
    EXPECT_EQ(histogram.quantile(1), milliseconds(7000));
    EXPECT_EQ(histogram.longest(), milliseconds(7000));
    EXPECT_EQ(histogram.at_most(3), 98U);
    EXPECT_EQ(histogram.at_most(ResponseHistogram::kBounds.size()), 100U);
}

TEST(ResponseHistogram, NeverSaysMoreThanTheLongest) {
    ResponseHistogram histogram;
    histogram.add(milliseconds(-3));
    histogram.add(milliseconds(3));
    EXPECT_EQ(histogram.quantile(0.99), milliseconds(3));
}

TEST(UnitTraffic, CountsByWhatBecameOfARequest) {
    UnitTraffic traffic;
    traffic.failed(Errc::kTimeout);
    traffic.failed(Errc::kBadFrame);
    traffic.failed(Errc::kUnsupported);
    traffic.failed(Errc::kBusy);
    traffic.failed(Errc::kIo);
    EXPECT_EQ(traffic.timeouts, 1U);
    EXPECT_EQ(traffic.bad_frames, 1U);
    EXPECT_EQ(traffic.exceptions, 2U);
    EXPECT_EQ(traffic.answers, 2U) << "an exception is an answer";
}

}  // namespace
}  // namespace gengfu::sampling
