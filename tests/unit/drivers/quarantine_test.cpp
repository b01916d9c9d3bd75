#include "drivers/modbus/quarantine.hpp"

#include <gtest/gtest.h>

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kUnit = 4;

class QuarantineTest : public testing::Test {
protected:
    static Monotonic at(Duration since) { return Monotonic{} + 1h + since; }

    /// Asked at `since`, given up half a second later, and left alone for as long again.
    void time_out(Duration since) {
        quarantine_.asked(kUnit);
        quarantine_.owes(kUnit, at(since), at(since + 1s));
    }

    Quarantine quarantine_;
};

TEST_F(QuarantineTest, AUnitIsLeftAloneUntilItsAnswerMustHaveCome) {
    EXPECT_EQ(quarantine_.until(kUnit), Monotonic{});
    time_out(0s);
    EXPECT_EQ(quarantine_.until(kUnit), at(1s));
    EXPECT_TRUE(quarantine_.is_owing(kUnit));
    quarantine_.asked(kUnit);
    quarantine_.paid(kUnit);
    EXPECT_EQ(quarantine_.until(kUnit), Monotonic{});
    EXPECT_TRUE(quarantine_.owed(kUnit)) << "what comes besides is of the request before";
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit)) << "it was never late beyond what it may";
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.owed(kUnit));
    EXPECT_FALSE(quarantine_.owed(kUnit + 1));
}

TEST_F(QuarantineTest, OneThatWasLaterThanItMayBeIsLeftAloneForThatLong) {
    time_out(0s);
    quarantine_.came_late(kUnit, at(900ms));
    time_out(2s);
    EXPECT_EQ(quarantine_.until(kUnit), at(3s)) << "that was within what it may";
    quarantine_.came_late(kUnit, at(3600ms));
    EXPECT_EQ(quarantine_.until(kUnit), at(4s)) << "a quarter beyond 1.6 s";
    time_out(5s);
    EXPECT_EQ(quarantine_.until(kUnit), at(7s));
    quarantine_.came_late(kUnit, at(6200ms));
    EXPECT_EQ(quarantine_.until(kUnit), at(7s)) << "the latest counts";
    quarantine_.asked(kUnit);
    EXPECT_TRUE(quarantine_.is_doubtful(kUnit))
        << "asked in debt: what comes first may be of the request before";
    quarantine_.paid(kUnit);
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit));
}

TEST_F(QuarantineTest, ItIsForgottenAfterAWhileAndNeverForEver) {
    time_out(0s);
    quarantine_.came_late(kUnit, at(1h));
    EXPECT_EQ(quarantine_.until(kUnit), at(Quarantine::kLatest * 5 / 4));
    time_out(1h + Quarantine::kRemembered);
    EXPECT_GT(quarantine_.until(kUnit), at(1h + Quarantine::kRemembered + 1s));
    time_out(1h + Quarantine::kRemembered + 1s);
    EXPECT_EQ(quarantine_.until(kUnit), at(1h + Quarantine::kRemembered + 2s));
    quarantine_.asked(kUnit);
    EXPECT_FALSE(quarantine_.is_doubtful(kUnit));
}

}  // namespace
}  // namespace gengfu::drivers::modbus
