#include "daemon/config/reach.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

struct Case {
    std::string name;
    std::string point;  ///< keys of the point "value" beside its register and role
    std::string rule;   ///< keys of the device's rule beside point and severity
    std::string said;   ///< of the rule, from its gravity on; empty: accepted without a word
};

void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name;
}

const char* const kAdvice = "; set it within, or correct the point in its profile";

const Case kCases[] = {
    {"AboveI16", "type = \"i16\"", "kind = \"above\"\nlimit = 40000",
     "error: limit 40000 can never be reached: the point reaches -32768 to 32767 (i16)"},
    {"AboveScaled", "type = \"i16\"\nscale = 0.1", "kind = \"above\"\nlimit = 3277",
     "error: limit 3277 can never be reached: the point reaches -3276.8 to 3276.7 (i16, scale 0.1)"},
    {"AboveWithin", "type = \"i16\"\nscale = 0.1", "kind = \"above\"\nlimit = 3276", ""},
    {"AboveScaledAndMoved", "scale = 0.1\noffset = -40", "kind = \"above\"\nlimit = 7000",
     "error: limit 7000 can never be reached: the point reaches -40 to 6513.5 (u16, scale 0.1, offset -40)"},
    {"AboveAnyLevel", "",
     "kind = \"above\"\nlevels = [{ limit = 9, severity = \"minor\" }, { limit = 70000, "
     "severity = \"major\" }]",
     "error: limit 70000 can never be reached: the point reaches 0 to 65535 (u16)"},
    {"AboveTheEdge", "type = \"u8\"", "kind = \"above\"\nlimit = 255",
     "warning: limit 255 is reached by the highest value alone that the point can have: it reaches 0 to 255 "
     "(u8)"},
    {"AboveWhatMeansNothing", "invalid = [0xFFFF, 0xFFFE]", "kind = \"above\"\nlimit = 65534",
     "error: limit 65534 can never be reached: the point reaches 0 to 65533 (u16)"},
    {"AboveEveryValue", "", "kind = \"above\"\nlimit = -5",
     "error: limit -5 with deadband 0 could never clear: the point reaches 0 to 65535 (u16)"},
    {"BelowU16", "", "kind = \"below\"\nlimit = -5",
     "error: limit -5 can never be reached: the point reaches 0 to 65535 (u16)"},
    {"BelowTheEdge", "", "kind = \"below\"\nlimit = 0",
     "warning: limit 0 is reached by the lowest value alone that the point can have: it reaches 0 to 65535 "
     "(u16)"},
    {"BelowMoved", "offset = -40", "kind = \"below\"\nlimit = -5", ""},
    {"BelowTurnedRound", "scale = -0.5", "kind = \"below\"\nlimit = -5", ""},
    {"BelowSentinelOfSigned", "type = \"i16\"\ninvalid = [0x8000]", "kind = \"below\"\nlimit = -32768",
     "error: limit -32768 can never be reached: the point reaches -32767 to 32767 (i16)"},
    {"OutsideAll", "type = \"u8\"", "kind = \"outside\"\nlow = 0\nhigh = 300",
     "error: a value outside 0 to 300 can never be reached: the point reaches 0 to 255 (u8)"},
    {"OutsideOneSide", "", "kind = \"outside\"\nlow = -5\nhigh = 300",
     "warning: low -5 can never be passed: the point reaches 0 to 65535 (u16)"},
    {"OutsideFromZero", "", "kind = \"outside\"\nlow = 0\nhigh = 300", ""},
    {"EqualsBeyondBits", "type = \"bits:4-5\"", "kind = \"equals\"\nvalues = [4]",
     "error: value 4 can never be reached: the point reaches 0 to 3 (bits:4-5)"},
    {"EqualsAllOfABit", "type = \"bit:0\"", "kind = \"equals\"\nvalues = [0, 1]",
     "error: any of all its values could never clear: the point reaches 0 to 1 (bit:0); leave out those that "
     "are no "
     "danger"},
    {"EqualsOneOfABit", "type = \"bit:0\"", "kind = \"equals\"\nvalues = [1]", ""},
    {"JumpBeyondTheRange", "type = \"f32\"\nrange = [0, 100]", "kind = \"jump\"\nlimit = 101",
     "error: limit 101 can never be reached: the point's range is [0, 100], values beyond it are bad"},
    {"JumpAcrossTheRange", "type = \"f32\"\nrange = [0, 100]", "kind = \"jump\"\nlimit = 100", ""},
    {"RateBeyondTheRange", "type = \"f32\"\nrange = [0, 100]", "kind = \"rate\"\nlimit = 126\nper = \"10s\"",
     "error: limit 126 can never be reached: the point's range is [0, 100], values beyond it are bad"},
    {"RateWithinTheRange", "type = \"f32\"\nrange = [0, 100]", "kind = \"rate\"\nlimit = 124\nper = \"10s\"",
     ""},
    {"StuckWithinTheRange", "type = \"f32\"\nrange = [0, 100]",
     "kind = \"stuck\"\nfor = \"1min\"\ndeadband = 100",
     "error: a standstill within deadband 100 could never clear within the point's range [0, 100]; write the "
     "least "
     "change that is no standstill any more"},
    {"AboveWithADeadbandBeyondAll", "type = \"f32\"", "kind = \"above\"\nlimit = 10\ndeadband = 1e308",
     "error: its deadband (1e+308) is wider than any reading: it could never clear; write how far back "
     "behind the limit is clear again"},
    {"EqualsWithinBits", "type = \"bits:4-5\"", "kind = \"equals\"\nvalues = [3]", ""},
    {"EqualsNotInTheEnum", "enum = { 0 = \"warm-up\", 1 = \"monitoring\" }",
     "kind = \"equals\"\nvalues = [7]",
     "error: value 7 can never be reached: the point has 0 = warm-up, 1 = monitoring by its enum"},
    {"EqualsPartlyInTheEnum", "enum = { 0 = \"warm-up\", 1 = \"monitoring\" }",
     "kind = \"equals\"\nvalues = [0, 7]",
     "warning: value 7 can never be reached: the point has 0 = warm-up, 1 = monitoring by its enum"},
    {"EqualsBetweenTwoSteps", "scale = 0.5", "kind = \"equals\"\nvalues = [1.25, 1.75]",
     "error: values 1.25, 1.75 can never be reached: the point comes in steps of 0.5"},
    {"EqualsOnAStep", "scale = 0.1", "kind = \"equals\"\nvalues = [0.3, 6553.5]", ""},
    {"EqualsOfABit", "type = \"bit:3\"", "kind = \"equals\"\nvalues = [2]",
     "error: value 2 can never be reached: the point reaches 0 to 1 (bit:3)"},
    {"BinaryDecimals", "type = \"bcd16\"", "kind = \"above\"\nlimit = 10000",
     "error: limit 10000 can never be reached: the point reaches 0 to 9999 (bcd16)"},
    {"WideNumbers", "type = \"i64\"", "kind = \"above\"\nlimit = 1e18", ""},
    {"Wide32", "type = \"u32\"\nscale = 0.001", "kind = \"above\"\nlimit = 4294968",
     "error: limit 4294968 can never be reached: the point reaches 0 to 4294967.295 (u32, scale 0.001)"},
    {"FloatsHaveNoBounds", "type = \"f32\"", "kind = \"below\"\nlimit = -1e30", ""},
    {"DecimalsOnlyDivide", "decimals_from = \"other\"", "kind = \"above\"\nlimit = 65536",
     "error: limit 65536 can never be reached: the point reaches 0 to 65535 (u16)"},
    {"DecimalsLeaveNoSteps", "decimals_from = \"other\"", "kind = \"equals\"\nvalues = [1.25]", ""},
    {"AnyOfItsUnits",
     "unit = \"mm\"\nunit_from = { point = \"other\", map = { 16 = \"m\", 18 = \"mm\" }, "
     "otherwise = \"bad\" }",
     "kind = \"above\"\nlimit = 65000000", ""},
    {"NoneOfItsUnits",
     "unit = \"mm\"\nunit_from = { point = \"other\", map = { 16 = \"m\", 18 = \"mm\" }, "
     "otherwise = \"bad\" }",
     "kind = \"above\"\nlimit = 66000000",
     "error: limit 66000000 can never be reached: the point reaches 0 to 65535000 (u16)"},
    {"RateTooSteep", "type = \"u8\"", "kind = \"rate\"\nlimit = 4000\nper = \"1min\"\nwindow = \"10s\"",
     "error: limit 4000 can never be reached: the point reaches 0 to 255 (u8): 1912.5 at most within its "
     "window"},
    {"RateDown", "type = \"u8\"", "kind = \"rate\"\nlimit = -1900\nper = \"1min\"\nwindow = \"10s\"", ""},
    {"JumpTooFar", "type = \"i8\"", "kind = \"jump\"\nlimit = 256",
     "error: limit 256 can never be reached: the point reaches -128 to 127 (i8): 255 at most"},
    {"JumpFromEndToEnd", "type = \"i8\"", "kind = \"jump\"\nlimit = 255", ""},
    {"StuckWithinAnything", "type = \"u8\"", "kind = \"stuck\"\nfor = \"1h\"\ndeadband = 255",
     "error: a standstill within deadband 255 could never clear: the point reaches 0 to 255 (u8); write the "
     "least change that is no standstill any more"},
    {"DeviationBeyond", "type = \"u8\"", "kind = \"occupied\"\ndwell = \"3min\"\nenter = 300",
     "error: enter 300 can never be reached: the point reaches 0 to 255 (u8)"},
    {"DeviationThatNeverEnds", "type = \"u8\"", "kind = \"occupied\"\ndwell = \"3min\"\nenter = 9\nleave = 0",
     "error: a vehicle with leave 0 could never clear: the point reaches 0 to 255 (u8)"},
    {"GrowthFromAFloorBeyond", "type = \"u8\"", "kind = \"growth\"\nlimit = 2\nfloor = 256",
     "error: floor 256 can never be reached: the point reaches 0 to 255 (u8)"},
    {"LimitOfAnotherPoint", "type = \"u8\"", "kind = \"above\"\nlimit = { times = 900, of = \"other\" }", ""},
    {"AVirtualPoint", "expression", "kind = \"above\"\nlimit = 1e30", ""},
};

std::string profile(const std::string& point) {
    const bool is_virtual = point == "expression";
    return std::string(
               "#--- profiles/mine.toml\nname = \"mine\"\nsource = \"made up\"\n[[point]]\nname = \"") +
           (is_virtual ? "raw" : "value") + "\"\nregister = \"holding:0\"\n" + (is_virtual ? "" : point) +
           "\n[[point]]\nname = \"other\"\nregister = \"holding:9\"\n" +
           (is_virtual ? "[[point]]\nname = \"value\"\nexpression = \"raw * 2\"\n" : "");
}

class Reaches : public testing::TestWithParam<Case> {};

TEST_P(Reaches, IsHeldAgainstTheLimits) {
    const Case& one = GetParam();
    const std::string device =
        "[[device]]\nname = \"d1\"\nbus = \"rs485-1\"\nunit = 17\nprofile = \"mine\"\n[device.rule.mine]\n"
        "point = \"value\"\nseverity = \"minor\"\n";
    const bool levels = one.rule.find("levels") != std::string::npos;
    const std::string text = levels ? device.substr(0, device.find("severity")) : device;
    const std::string got = said(load_case(text + one.rule + "\n" + profile(one.point)));
    if (one.said.empty()) {
        EXPECT_EQ(got, "");
        return;
    }
    const auto colon = one.said.find(": ");
    const bool never = one.said.find("can never be reached") != std::string::npos;
    const std::string message = ": " + one.said.substr(0, colon) +
                                ": device \"d1\": rule \"mine\" on point \"value\" of profile \"mine\": " +
                                one.said.substr(colon + 2) + (never ? kAdvice : "") + "\n";
    EXPECT_NE(got.find(message), std::string::npos) << got << "  wanted\n" << message;
    EXPECT_EQ(got.rfind("devices.d/case.toml:", 0), 0U) << got;
    EXPECT_EQ(std::count(got.begin(), got.end(), '\n'), 1) << got;
}

INSTANTIATE_TEST_SUITE_P(Table, Reaches, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

/// A lane's magnetometer: three axes of 16 bits.
TEST(Reaches, ThreeAxesGoNoFurtherThanFromCornerToCorner) {
    PointSpec spec;
    spec.type = Type::kI8;
    Rule rule;
    rule.kind = RuleKind::kOccupied;
    rule.axes.resize(3);
    rule.enter = 441;  // 255 × √3 = 441.7
    EXPECT_EQ(reach_mistake(rule, spec), "");
    rule.enter = 442;
    EXPECT_EQ(
        reach_mistake(rule, spec),
        "enter 442 can never be reached: the point reaches -128 to 127 (i8), three axes are 441.673 from "
        "a baseline at most; set it within, or correct the point in its profile");
}

}  // namespace
}  // namespace gengfu::config
