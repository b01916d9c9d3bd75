#include "daemon/core/units.hpp"

#include <gtest/gtest.h>

namespace gengfu {
namespace {

TEST(UnitFactor, ConvertsWithinOneQuantity) {
    EXPECT_DOUBLE_EQ(unit_factor("cm", "m").value(), 0.01);
    EXPECT_DOUBLE_EQ(unit_factor("MPa", "kPa").value(), 1000);
    EXPECT_DOUBLE_EQ(unit_factor("L/s", "m3/h").value(), 3.6);
}

TEST(UnitFactor, EqualWordsNeedNoTable) {
    EXPECT_DOUBLE_EQ(unit_factor("counts", "counts").value(), 1);
}

TEST(UnitFactor, RefusesUnlikeQuantitiesAndUnknownWords) {
    EXPECT_FALSE(unit_factor("m", "kPa"));
    EXPECT_FALSE(unit_factor("furlong", "m"));
}

}  // namespace
}  // namespace gengfu
