#include "daemon/sampling/interpret.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::seconds;

const Monotonic kStart{seconds(1000)};

Reading raw(config::PointRef point, double value, Monotonic at = kStart) {
    Reading reading{.point = point, .raw = drivers::modbus::Raw{}, .reason = Reason::kNone, .taken = at};
    reading.raw->value = value;
    return reading;
}

Reading failed(config::PointRef point, Reason why) {
    return {.point = point, .raw = {}, .reason = why, .taken = kStart};
}

std::vector<Sample> interpret(Interpreter& interpreter, const std::vector<Reading>& readings) {
    std::vector<Sample> samples;
    interpreter.interpret(readings, samples);
    return samples;
}

config::Profile profile_of(std::vector<config::PointSpec> points) {
    config::Profile profile;
    profile.points = std::move(points);
    return profile;
}

TEST(Interpret, AFailedReadIsABadSampleWithItsReason) {
    const config::Profile profile = profile_of({SiteBuilder::point("value", 0)});
    Interpreter interpreter(profile, PointId{40});
    for (const Reason why : {Reason::kTimeout, Reason::kCrc, Reason::kException, Reason::kLine}) {
        const std::vector<Sample> got = interpret(interpreter, {failed(0, why)});
        ASSERT_EQ(got.size(), 1U);
        EXPECT_EQ(got[0].point, PointId{40});
        EXPECT_EQ(got[0].quality, Quality::kBad);
        EXPECT_EQ(got[0].reason, why);
        EXPECT_TRUE(std::isnan(got[0].value));
    }
}

struct ScaleCase {
    double scale, offset, raw, want;
};

TEST(Interpret, ScalesThenOffsets) {
    for (const ScaleCase& c : {ScaleCase{0.1, 0, 2257, 225.7}, {1, -40, 65, 25}, {0.01, 100, -50, 99.5}}) {
        config::PointSpec spec = SiteBuilder::point("value", 0);
        spec.scale = c.scale;
        spec.offset = c.offset;
        const config::Profile profile = profile_of({spec});
        Interpreter interpreter(profile, PointId{0});
        const std::vector<Sample> got = interpret(interpreter, {raw(0, c.raw)});
        EXPECT_NEAR(got[0].value, c.want, 1e-9);
        EXPECT_EQ(got[0].quality, Quality::kGood);
    }
}

/// 6 x 0.1 is 0.6000000000000001 in binary: ranges and conditions at 0.6 would be missed.
TEST(Interpret, BoundsAreInsideAsAPersonWritesThem) {
    config::PointSpec spec = SiteBuilder::point("value", 0);
    spec.scale = 0.1;
    spec.range = config::Range{-0.3, 1.2};
    config::PointSpec gated = SiteBuilder::point("gated", 1);
    gated.good_when = {config::GoodWhen{}};
    gated.good_when[0].at_most = 0.6;
    config::PointSpec sum = SiteBuilder::point("sum", 2);
    sum.expression = "value + 0.1";
    sum.inputs = {0};
    const config::Profile profile = profile_of({spec, gated, sum});
    Interpreter interpreter(profile, PointId{0});
    struct Case {
        double raw, value, sum;
    };
    for (const Case& c : {Case{6, 0.6, 0.7}, {12, 1.2, 1.3}, {-3, -0.3, -0.2}, {2, 0.2, 0.3}}) {
        const std::vector<Sample> got = interpret(interpreter, {raw(0, c.raw), raw(1, 7)});
        ASSERT_EQ(got.size(), 3U);
        EXPECT_EQ(got[0].value, c.raw * 0.1) << "telemetry carries raw steps: it is not rounded";
        EXPECT_EQ(got[0].quality, Quality::kGood) << "the bounds of a range are inside: " << c.raw;
        EXPECT_EQ(got[1].quality, c.value <= 0.6 ? Quality::kGood : Quality::kBad) << c.raw;
        EXPECT_EQ(got[2].value, c.sum);
    }
}

/// What the wire says, and nothing was done to, is not touched: a float of 0.1 is no 0.1.
TEST(Interpret, AnUnscaledValueIsWhatTheWireSays) {
    const config::Profile profile = profile_of({SiteBuilder::point("value", 0)});
    Interpreter interpreter(profile, PointId{0});
    for (const double value : {double{0.1F}, 1.0 / 3, 0.1 + 0.2, 1e-300}) {
        EXPECT_EQ(interpret(interpreter, {raw(0, value)})[0].value, value);
    }
}

TEST(Interpret, SentinelsAndNotANumberAreNeverValues) {
    const config::Profile profile = profile_of({SiteBuilder::point("value", 0)});
    Interpreter interpreter(profile, PointId{0});
    Reading sentinel = raw(0, 32767);
    sentinel.raw->sentinel = true;
    Reading nan = raw(0, 1);
    nan.raw->not_a_number = true;
    EXPECT_EQ(interpret(interpreter, {sentinel})[0].reason, Reason::kSentinel);
    EXPECT_TRUE(std::isnan(interpret(interpreter, {sentinel})[0].value));
    EXPECT_EQ(interpret(interpreter, {nan})[0].reason, Reason::kNotANumber);
}

/// 12 * 0.1 is 1.2000000000000002 in a double, and 1.2 to whoever wrote the range.
TEST(Interpret, RangeAndGoodWhenCompareDecimalNumbers) {
    for (int raw_value = -32768; raw_value <= 32767; ++raw_value) {
        const double here = std::strtod((std::to_string(raw_value) + "e-1").c_str(), nullptr);
        const double next = std::strtod((std::to_string(raw_value + 1) + "e-1").c_str(), nullptr);
        config::PointSpec ruled = SiteBuilder::point("ruled", 0);
        config::PointSpec other = SiteBuilder::point("other", 1);
        config::PointSpec wanted = SiteBuilder::point("wanted", 2);
        ruled.scale = other.scale = 0.1;
        ruled.range = config::Range{here, here};
        wanted.good_when = {{.point = 1, .equals = {}, .at_least = here, .at_most = here}};
        config::PointSpec not_yet = SiteBuilder::point("not-yet", 3);
        not_yet.good_when = {{.point = 1, .equals = {}, .at_least = next, .at_most = {}}};
        config::PointSpec one_of = SiteBuilder::point("one-of", 4);
        one_of.good_when = {{.point = 1, .equals = {next, here}, .at_least = {}, .at_most = {}}};
        const config::Profile profile = profile_of({ruled, other, wanted, not_yet, one_of});
        Interpreter interpreter(profile, PointId{0});
        const auto got =
            interpret(interpreter, {raw(0, raw_value), raw(1, raw_value), raw(2, 1), raw(3, 1), raw(4, 1)});
        ASSERT_EQ(got[0].quality, Quality::kGood) << raw_value;
        ASSERT_EQ(got[2].quality, Quality::kGood) << raw_value;
        ASSERT_EQ(got[3].quality, Quality::kBad) << raw_value;
        ASSERT_EQ(got[4].quality, Quality::kGood) << raw_value;
        const auto beyond = interpret(interpreter, {raw(0, raw_value + 1)});
        ASSERT_EQ(beyond[0].reason, Reason::kOutOfRange) << raw_value;
    }
}

TEST(Interpret, OutOfRangeIsBadAndKeepsTheValueAsEvidence) {
    config::PointSpec spec = SiteBuilder::point("value", 0);
    spec.range = config::Range{0, 100};
    const config::Profile profile = profile_of({spec});
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, 100)})[0].quality, Quality::kGood);
    const Sample high = interpret(interpreter, {raw(0, 101)})[0];
    EXPECT_EQ(high.quality, Quality::kBad);
    EXPECT_EQ(high.reason, Reason::kOutOfRange);
    EXPECT_EQ(high.value, 101);
}

TEST(Interpret, NoiseNearZeroIsZero) {
    config::PointSpec spec = SiteBuilder::point("flow", 0);
    spec.zero_below = 0.05;
    const config::Profile profile = profile_of({spec});
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, -0.04)})[0].value, 0);
    EXPECT_EQ(interpret(interpreter, {raw(0, -0.06)})[0].value, -0.06);
}

TEST(Interpret, DecimalsComeFromAnotherRegister) {
    config::PointSpec level = SiteBuilder::point("level", 4);
    level.decimals_from = 1;
    const config::Profile profile = profile_of({level, SiteBuilder::point("decimals", 3)});
    Interpreter interpreter(profile, PointId{0});
    EXPECT_DOUBLE_EQ(interpret(interpreter, {raw(0, 13437), raw(1, 4)})[0].value, 1.3437);
    // Remembered when the decimals are read once only.
    EXPECT_DOUBLE_EQ(interpret(interpreter, {raw(0, 13507)})[0].value, 1.3507);
    EXPECT_EQ(interpret(interpreter, {raw(0, 1), failed(1, Reason::kTimeout)})[0].reason, Reason::kTimeout);
    EXPECT_EQ(interpret(interpreter, {raw(0, 1), raw(1, 900)})[0].reason, Reason::kOutOfRange);
}

TEST(Interpret, TheUnitComesFromAnotherRegister) {
    config::PointSpec level = SiteBuilder::point("level", 4);
    level.unit = "m";
    level.unit_from =
        config::UnitFrom{.point = 1, .map = {{16, "m"}, {17, "cm"}, {18, "mm"}}, .otherwise = "bad"};
    const config::Profile profile = profile_of({level, SiteBuilder::point("unit", 2)});
    Interpreter interpreter(profile, PointId{0});
    EXPECT_DOUBLE_EQ(interpret(interpreter, {raw(0, 250), raw(1, 17)})[0].value, 2.5);
    EXPECT_DOUBLE_EQ(interpret(interpreter, {raw(0, 250), raw(1, 18)})[0].value, 0.25);
    const Sample unknown = interpret(interpreter, {raw(0, 250), raw(1, 3)})[0];
    EXPECT_EQ(unknown.quality, Quality::kBad);
    EXPECT_EQ(unknown.reason, Reason::kNotGoodWhen);
}

TEST(Interpret, GoodWhenQualifiesWithinThePoll) {
    config::PointSpec current = SiteBuilder::point("residual_current", 0);
    current.good_when = {
        {.point = 1, .equals = {0}, .at_least = {}, .at_most = {}, .otherwise_uncertain = false}};
    const config::Profile profile = profile_of({current, SiteBuilder::point("wire_break", 0x1B)});
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, 5), raw(1, 0)})[0].quality, Quality::kGood);
    const Sample broken = interpret(interpreter, {raw(0, 5), raw(1, 1)})[0];
    EXPECT_EQ(broken.quality, Quality::kBad);
    EXPECT_EQ(broken.reason, Reason::kNotGoodWhen);
    EXPECT_EQ(broken.value, 5);
    EXPECT_EQ(interpret(interpreter, {raw(0, 5), failed(1, Reason::kCrc)})[0].quality, Quality::kUncertain);
}

TEST(Interpret, WarmUpIsNeverReadAsNoGas) {
    config::Profile profile = profile_of({SiteBuilder::point("gas", 2), SiteBuilder::point("monitoring", 0)});
    profile.protecting = config::Protecting{.point = 1, .in = {1}, .settle = seconds(30)};
    Interpreter interpreter(profile, PointId{0});
    std::vector<Sample> got = interpret(interpreter, {raw(0, 0), raw(1, 0)});
    EXPECT_EQ(got[0].quality, Quality::kBad);
    EXPECT_EQ(got[0].reason, Reason::kNotProtecting);
    EXPECT_EQ(got[1].quality, Quality::kGood) << "the state itself stays readable";
    got = interpret(interpreter, {raw(0, 0, kStart + seconds(1)), raw(1, 1, kStart + seconds(1))});
    EXPECT_EQ(got[0].reason, Reason::kNotProtecting) << "settling";
    got = interpret(interpreter, {raw(0, 0, kStart + seconds(31)), raw(1, 1, kStart + seconds(31))});
    EXPECT_EQ(got[0].quality, Quality::kGood);
    got = interpret(interpreter, {raw(0, 0, kStart + seconds(32)), failed(1, Reason::kTimeout)});
    EXPECT_EQ(got[0].quality, Quality::kBad) << "an unknown state does not protect";
}

TEST(Interpret, ADeviceThatProtectsFromTheFirstAnswerNeedsNoSettling) {
    config::Profile profile = profile_of({SiteBuilder::point("gas", 2), SiteBuilder::point("monitoring", 0)});
    profile.protecting = config::Protecting{.point = 1, .in = {1}, .settle = seconds(30)};
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, 0), raw(1, 1)})[0].quality, Quality::kGood);
}

/// sqrt(x^2 + y^2) of two points, and 1 / y.
config::Profile with_virtual_points() {
    config::Profile profile = profile_of({SiteBuilder::point("x", 0), SiteBuilder::point("y", 1)});
    for (const char* text : {"sqrt(x^2 + y^2)", "1 / y"}) {
        config::PointSpec spec = SiteBuilder::point(text[0] == 's' ? "length" : "inverse", 0);
        spec.expression = text;
        spec.inputs = text[0] == 's' ? std::vector<config::PointRef>{0, 1} : std::vector<config::PointRef>{1};
        spec.range = config::Range{-100, 100};
        profile.points.push_back(spec);
    }
    return profile;
}

TEST(Interpret, VirtualPointsAreWorkedOutBehindWhatTheyAreMadeOf) {
    const config::Profile profile = with_virtual_points();
    Interpreter interpreter(profile, PointId{10});
    std::vector<Sample> got = interpret(interpreter, {raw(0, 3), raw(1, 4, kStart + seconds(1))});
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got[2].point, PointId{12});
    EXPECT_EQ(got[2].value, 5);
    EXPECT_EQ(got[2].quality, Quality::kGood);
    EXPECT_EQ(got[2].taken, kStart + seconds(1)) << "when the last of them was read";
    EXPECT_EQ(got[3].value, 0.25);
    got = interpret(interpreter, {raw(0, 6)});
    ASSERT_EQ(got.size(), 2U) << "the inverse is not made of what was read";
    EXPECT_NEAR(got[1].value, std::sqrt(52), 1e-12) << "with the last value of the other";
}

TEST(Interpret, AVirtualPointIsAsGoodAsTheWorstOfWhatItIsMadeOf) {
    const config::Profile profile = with_virtual_points();
    Interpreter interpreter(profile, PointId{0});
    std::vector<Sample> got = interpret(interpreter, {raw(0, 3)});
    EXPECT_EQ(got[1].quality, Quality::kBad) << "the other has never been read";
    EXPECT_EQ(got[1].reason, Reason::kNotGoodWhen);
    got = interpret(interpreter, {raw(0, 3), failed(1, Reason::kTimeout)});
    EXPECT_EQ(got[2].quality, Quality::kBad);
    EXPECT_EQ(got[2].reason, Reason::kTimeout);
    EXPECT_TRUE(std::isnan(got[2].value));
    got = interpret(interpreter, {raw(0, 3), raw(1, 0)});
    EXPECT_EQ(got[2].quality, Quality::kGood);
    EXPECT_EQ(got[3].reason, Reason::kNotANumber) << "1 / 0";
    got = interpret(interpreter, {raw(0, 300), raw(1, 1)});
    EXPECT_EQ(got[2].reason, Reason::kOutOfRange);
}

TEST(Interpret, AHeartbeatThatStandsStillMakesTheRestStale) {
    config::Profile profile = profile_of({SiteBuilder::point("gas", 2), SiteBuilder::point("heartbeat", 0)});
    profile.alive = config::Alive{.point = 1, .toggles_within = seconds(10), .at_most = {}};
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, 3), raw(1, 1)})[0].quality, Quality::kGood);
    const Monotonic later = kStart + seconds(11);
    const Sample stale = interpret(interpreter, {raw(0, 3, later), raw(1, 1, later)})[0];
    EXPECT_EQ(stale.quality, Quality::kBad);
    EXPECT_EQ(stale.reason, Reason::kStaleAtDevice);
    EXPECT_EQ(interpret(interpreter, {raw(0, 3, later), raw(1, 0, later)})[0].quality, Quality::kGood);
}

TEST(Interpret, DataThatTheDeviceCallsOldIsStale) {
    config::Profile profile = profile_of({SiteBuilder::point("gas", 2), SiteBuilder::point("age", 0)});
    profile.alive = config::Alive{.point = 1, .toggles_within = {}, .at_most = 900};
    Interpreter interpreter(profile, PointId{0});
    EXPECT_EQ(interpret(interpreter, {raw(0, 3), raw(1, 900)})[0].quality, Quality::kGood);
    EXPECT_EQ(interpret(interpreter, {raw(0, 3), raw(1, 901)})[0].reason, Reason::kStaleAtDevice);
}

}  // namespace
}  // namespace gengfu::sampling
