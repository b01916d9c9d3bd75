#include "daemon/core/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace gengfu {
namespace {

/// Every raw value of a 16-bit register at the scales that registers have is the decimal that a person would
/// write.
TEST(Decimal, AScaledRegisterIsWhatAPersonWouldWrite) {
    int rounded = 0;
    for (int decimals = 1; decimals <= 4; ++decimals) {
        const double scale = std::strtod(("1e-" + std::to_string(decimals)).c_str(), nullptr);
        for (int raw = -32768; raw <= 65535; ++raw) {
            const double written =
                std::strtod((std::to_string(raw) + "e-" + std::to_string(decimals)).c_str(), nullptr);
            ASSERT_EQ(as_written(raw * scale), written) << raw << " times " << scale;
            rounded += raw * scale != written ? 1 : 0;
        }
    }
    EXPECT_GT(rounded, 10'000) << "or nothing was proved";
}

TEST(Decimal, SumsAndOddScales) {
    EXPECT_EQ(as_written(0.1 + 0.2), 0.3);
    EXPECT_EQ(as_written(12 * 0.05), 0.6);
    EXPECT_EQ(as_written(7 * 0.1 + 0.5), 1.2);
    EXPECT_EQ(as_written(-3 * 0.1), -0.3);
    EXPECT_EQ(as_written(6e-9 * 0.1), 6e-10);
    EXPECT_EQ(as_written(-300'000 * 0.0001 - 0.3), -30.3);
}

TEST(Decimal, WhatIsWholeOrNoNumberStays) {
    for (const double value :
         {0.0, -0.0, 1.0, -7.0, 9007199254740993.0, 1.2345678901234567e300,
          std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        EXPECT_EQ(as_written(value), value);
    }
    EXPECT_TRUE(std::isnan(as_written(std::nan(""))));
    EXPECT_EQ(as_written(std::numeric_limits<double>::denorm_min()),
              std::numeric_limits<double>::denorm_min());
}

}  // namespace
}  // namespace gengfu
