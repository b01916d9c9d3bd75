// A scaled register against limits as people write them: compared as decimal numbers, not as doubles.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "daemon/rules/above.hpp"
#include "daemon/rules/below.hpp"
#include "daemon/rules/equals.hpp"
#include "daemon/rules/jump.hpp"
#include "daemon/rules/outside.hpp"
#include "daemon/rules/stuck.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;

/// step / 10^digits, as a file's text is read.
double written(std::int64_t step, int digits) {
    return std::strtod((std::to_string(step) + "e-" + std::to_string(digits)).c_str(), nullptr);
}

struct Register {
    std::int64_t scale;   ///< in steps of 10^-digits
    std::int64_t offset;  ///< likewise
    int digits;
};

/// What Interpreter makes of a register, and what the same number is in a file.
double shown(const Register& of, std::int64_t raw) {
    return static_cast<double>(raw) * written(of.scale, of.digits) + written(of.offset, of.digits);
}
double meant(const Register& of, std::int64_t raw) {
    return written(raw * of.scale + of.offset, of.digits);
}

config::Rule with_limit(double limit) {
    config::Rule rule;
    rule.levels = {test::level(limit)};
    return rule;
}

const std::vector<Register> kRegisters{
    {1, 0, 0},      {1, 0, 1},     {1, 0, 2},       {1, 0, 3},  {1, 0, 4},        {1, 0, 5},
    {1, 0, 6},      {5, 0, 2},     {25, 0, 2},      {2, 0, 1},  {7, 0, 1},        {15, 0, 3},
    {1, -400, 1},   {1, -4000, 2}, {1, -27315, 2},  {10, 0, 0}, {3, 0, 3},        {125, -40000, 3},
    {1, 500000, 3}, {9, -321, 2},  {1, -100000, 1}, {-1, 0, 1}, {-5, -123456, 3},
};

std::string name(const Register& of, std::int64_t raw) {
    return std::to_string(raw) + " * " + std::to_string(of.scale) + "e-" + std::to_string(of.digits) + " + " +
           std::to_string(of.offset) + "e-" + std::to_string(of.digits);
}

void expect_decimal(const Register& of, std::int64_t raw) {
    const double value = shown(of, raw);
    const double here = meant(of, raw);
    const std::int64_t up = of.scale > 0 ? raw + 1 : raw - 1;
    const std::int64_t down = of.scale > 0 ? raw - 1 : raw + 1;
    const double higher = meant(of, up);
    const double lower = meant(of, down);
    ASSERT_EQ(above(with_limit(here), value, 0).reached, 0) << name(of, raw);
    ASSERT_EQ(above(with_limit(higher), value, 0).reached, -1) << name(of, raw);
    ASSERT_EQ(below(with_limit(here), value, 0).reached, 0) << name(of, raw);
    ASSERT_EQ(below(with_limit(lower), value, 0).reached, -1) << name(of, raw);
    config::Rule rule;
    rule.kind = RuleKind::kOutside;
    rule.low = rule.high = here;
    ASSERT_EQ(outside(rule, value).reached, -1) << name(of, raw) << ": the bounds are inside";
    rule.low = higher;
    rule.high = higher;
    ASSERT_EQ(outside(rule, value).reached, 0) << name(of, raw);
    rule.low = rule.high = lower;
    ASSERT_EQ(outside(rule, value).reached, 0) << name(of, raw);
    rule.values = {lower, here, higher};
    ASSERT_EQ(equals(rule, value).reached, 0) << name(of, raw);
    rule.values = {lower, higher};
    ASSERT_EQ(equals(rule, value).reached, -1) << name(of, raw);
}

TEST(DecimalLimits, HoldForEveryValueOfARegisterOf16Bits) {
    for (const Register& of : kRegisters) {
        for (std::int64_t raw = -32768; raw <= 65535; ++raw) {
            expect_decimal(of, raw);
            if (HasFatalFailure()) {
                return;
            }
        }
    }
}

TEST(DecimalLimits, HoldForRegistersOf32Bits) {
    std::mt19937_64 random(20261128);
    std::uniform_int_distribution<std::int64_t> any(-2147483648LL, 4294967295LL);
    for (const Register& of : kRegisters) {
        for (int i = 0; i < 20'000; ++i) {
            expect_decimal(of, any(random));
        }
        for (std::int64_t raw = 4294967200LL; raw <= 4294967295LL; ++raw) {
            expect_decimal(of, raw);
        }
        if (HasFatalFailure()) {
            return;
        }
    }
}

/// A deadband leads back to a number that can be written, too.
TEST(DecimalLimits, ADeadbandEndsAtItsDecimalNumber) {
    for (const Register& of : kRegisters) {
        const std::int64_t sign = of.scale > 0 ? 1 : -1;
        for (std::int64_t raw = -3000; raw <= 3000; ++raw) {
            const auto value = [&](std::int64_t up) { return shown(of, raw + sign * up); };
            config::Rule rule = with_limit(meant(of, raw));
            rule.deadband = written(std::abs(of.scale) * 3, of.digits);
            ASSERT_EQ(above(rule, value(-3), 0).held, 0) << name(of, raw);
            ASSERT_EQ(above(rule, value(-4), 0).held, -1) << name(of, raw);
            ASSERT_EQ(below(rule, value(3), 0).held, 0) << name(of, raw);
            ASSERT_EQ(below(rule, value(4), 0).held, -1) << name(of, raw);
            rule.low = meant(of, raw);
            rule.high = meant(of, raw + sign * 20);
            ASSERT_EQ(outside(rule, value(3)).held, -1) << name(of, raw);
            ASSERT_EQ(outside(rule, value(2)).held, 0) << name(of, raw);
            ASSERT_EQ(outside(rule, value(17)).held, -1) << name(of, raw);
            ASSERT_EQ(outside(rule, value(18)).held, 0) << name(of, raw);
        }
    }
}

TEST(DecimalLimits, AJumpAndAStandstillAreCountedInSteps) {
    const auto second = [](int s) { return test::at(s); };
    for (const Register& of : kRegisters) {
        for (std::int64_t raw = -3000; raw <= 3000; ++raw) {
            config::Rule rule = with_limit(written(std::abs(of.scale) * 3, of.digits));
            rule.deadband = rule.levels.front().limit;
            rule.silent_for = std::chrono::seconds(1);
            const auto jumps = [&](std::int64_t by) {
                JumpState state;
                constexpr auto kGap = std::chrono::seconds(10);
                jump(state, rule, shown(of, raw), second(1), Voice::kFull, Continuity::kUnbroken, kGap);
                return jump(state, rule, shown(of, raw + by), second(2), Voice::kFull, Continuity::kUnbroken,
                            kGap)
                           .reached == 0;
            };
            ASSERT_TRUE(jumps(3) && jumps(-3)) << name(of, raw);
            ASSERT_FALSE(jumps(2) || jumps(-2)) << name(of, raw);
            const auto stands = [&](std::int64_t by) {
                StuckState state;
                stuck(state, rule, shown(of, raw), Voice::kFull, {});
                const auto said =
                    stuck(state, rule, shown(of, raw + by), Voice::kFull, std::chrono::seconds(2));
                return said && said->reached == 0;
            };
            ASSERT_TRUE(stands(3) && stands(-3)) << name(of, raw);
            ASSERT_FALSE(stands(4) || stands(-4)) << name(of, raw);
        }
    }
}

/// Codes of 32 bits differ by one: they are told apart.
TEST(DecimalLimits, NeighbouringCodesOf32BitsAreNotEqual) {
    config::Rule rule;
    rule.values = {2147483649.0};
    EXPECT_EQ(equals(rule, 2147483649.0).reached, 0);
    EXPECT_EQ(equals(rule, 2147483650.0).reached, -1);
    EXPECT_EQ(equals(rule, 2147483648.0).reached, -1);
}

}  // namespace
}  // namespace gengfu::rules
