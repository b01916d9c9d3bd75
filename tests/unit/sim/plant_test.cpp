#include "tests/sim/plant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/control_commands.hpp"
#include "tests/sim/tcp_server.hpp"
#include "tests/unit/sim/frames.hpp"

namespace gengfu::sim {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kScenario = R"([scenario]
name = "small"
[[line]]
name = "l"
[[line]]
name = "m"
[[device]]
name = "a"
line = "l"
unit = 1
holding = { 0 = "0138" }
[[device]]
name = "b"
line = "l"
unit = 2
holding = { 0 = "0001" }
[[device]]
name = "c"
line = "m"
unit = 1
holding = { 0 = "0002" }
)";

Scenario scenario() {
    Diagnostics diagnostics;
    auto loaded = load_scenario(kScenario, diagnostics);
    EXPECT_TRUE(loaded) << print_diagnostics("s", diagnostics);
    return std::move(loaded).value_or(Scenario{});
}

Request read_first(std::uint8_t unit) {
    return {.unit = unit, .pdu = hex("03 00 00 00 01")};
}

Fault of_kind(FaultKind kind) {
    Fault fault;
    fault.kind = kind;
    return fault;
}

TEST(Plant, AnswersForTheUnitOfThatLineOnly) {
    const Scenario small = scenario();
    Plant plant(small, 1);
    const auto answers = plant.handle("l", Framing::kRtu, 0, read_first(1));
    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_THAT(answers[0].bytes, ElementsAreArray(hex("01 03 02 01 38 B8 06")));
    EXPECT_THAT(plant.handle("m", Framing::kRtu, 0, read_first(2)), SizeIs(0));
}

TEST(Plant, ABroadcastIsCarriedOutByAllAndAnsweredByNone) {
    const Scenario small = scenario();
    Plant plant(small, 1);
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, {.unit = 0, .pdu = hex("06 00 00 00 07")}), SizeIs(0));
    EXPECT_EQ(plant.read("a", Space::kHolding, 0, 1)->front(), 7);
    EXPECT_EQ(plant.read("b", Space::kHolding, 0, 1)->front(), 7);
    EXPECT_EQ(plant.read("c", Space::kHolding, 0, 1)->front(), 2);
}

TEST(Plant, AFaultOfALineHitsAllItsDevicesUntilItIsRemoved) {
    const Scenario small = scenario();
    Plant plant(small, 1);
    const auto id = plant.add_fault("l", of_kind(FaultKind::kSilence));
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, read_first(1)), SizeIs(0));
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, read_first(2)), SizeIs(0));
    EXPECT_THAT(plant.handle("m", Framing::kRtu, 0, read_first(1)), SizeIs(1));
    plant.remove_fault(id);
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, read_first(1)), SizeIs(1));
}

TEST(Plant, ADeviceThatAnswersAnExceptionDoesNotCarryOutTheWrite) {
    const Scenario small = scenario();
    Plant plant(small, 1);
    plant.add_fault("a", of_kind(FaultKind::kException));
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, {.unit = 1, .pdu = hex("06 00 00 00 07")}), SizeIs(1));
    EXPECT_EQ(plant.read("a", Space::kHolding, 0, 1)->front(), 0x138);
    EXPECT_EQ(plant.stats().at("a").exceptions, 1U);
}

TEST(TcpStream, CutsModbusTcpRequests) {
    const Bytes two = hex("00 01 00 00 00 06 05 03 00 00 00 01 00 02 00 00 00 06 05");
    const StreamCut cut = cut_mbap(two);
    ASSERT_TRUE(cut.request);
    EXPECT_EQ(cut.used, 12U);
    EXPECT_EQ(cut.transaction, 1);
    EXPECT_EQ(cut.request->unit, 5);
    EXPECT_THAT(cut.request->pdu, ElementsAreArray(hex("03 00 00 00 01")));
    EXPECT_EQ(cut_mbap(Bytes(two.begin() + 12, two.end())).used, 0U);
    EXPECT_TRUE(cut_mbap(hex("00 01 00 01 00 06 05 03")).bad);
    EXPECT_TRUE(cut_mbap(hex("00 01 00 00 00 01 05 03")).bad);
    EXPECT_TRUE(cut_mbap(hex("00 01 00 00 01 00 05 03")).bad);
}

TEST(TcpStream, FindsRtuRequestsBehindNoise) {
    Bytes stream = hex("FF 01 03 00 00 00 01 84 0A");
    const StreamCut noise = cut_rtu(stream);
    EXPECT_TRUE(noise.bad);
    EXPECT_EQ(noise.used, 1U);
    stream.erase(stream.begin());
    const StreamCut cut = cut_rtu(stream);
    ASSERT_TRUE(cut.request);
    EXPECT_EQ(cut.used, 8U);
}

class Control : public testing::Test {
protected:
    Control() : small(scenario()), plant(small, 1) {
        hands.plug = [this](const std::string& endpoint, Plug plug) -> Result<void> {
            plugged = endpoint + (plug == Plug::kIn ? " in" : " out");
            return {};
        };
        hands.play = []() -> Result<void> { return fail(Errc::kInvalid, "the play has begun already"); };
        hands.line_stats = [] {
            LineStats stats;
            stats.busy_bits = 165;
            return std::map<std::string, LineStats>{{"l", stats}};
        };
        hands.baud_mismatches = [] { return std::map<std::string, std::uint64_t>{{"l", 3}}; };
        hands.tcp_stats = [] { return std::map<std::string, TcpStats>{}; };
    }
    std::string run(std::string_view line) { return run_command(line, small, plant, hands); }

    const Scenario small;
    Plant plant;
    ControlHands hands;
    std::string plugged;
};

TEST_F(Control, SetsAndGetsRegisters) {
    EXPECT_EQ(run(R"({"do":"set","device":"a","holding":{"0x0000":"0007 0008"}})"), R"({"ok":true})");
    EXPECT_EQ(run(R"({"do":"get","device":"a","space":"holding","address":0,"count":2})"),
              R"({"ok":true,"words":[7,8]})");
    EXPECT_THAT(run(R"({"do":"get","device":"a","space":"input","address":0})"),
                HasSubstr("not all of these"));
}

TEST_F(Control, SetsAndClearsFaults) {
    EXPECT_EQ(run(R"({"do":"fault","target":"l","kind":"silence"})"), R"({"ok":true,"fault":1})");
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, read_first(1)), SizeIs(0));
    EXPECT_EQ(run(R"({"do":"clear","target":"l"})"), R"({"ok":true})");
    EXPECT_THAT(plant.handle("l", Framing::kRtu, 0, read_first(1)), SizeIs(1));
}

TEST_F(Control, PlugsAndTellsWhatTheLinesDid) {
    EXPECT_EQ(run(R"({"do":"unplug","target":"l"})"), R"({"ok":true})");
    EXPECT_EQ(plugged, "l out");
    EXPECT_THAT(run(R"({"do":"stats"})"),
                testing::AllOf(HasSubstr(R"("busy_bits":165)"), HasSubstr(R"("baud_mismatches":3)")));
    EXPECT_THAT(run(R"({"do":"play"})"), HasSubstr("has begun already"));
}

TEST_F(Control, RefusesWhatItDoesNotUnderstand) {
    const char* const wrong[] = {
        "",
        "[]",
        "nonsense",
        "{}",
        R"({"do":"dance"})",
        R"({"do":"set","device":"a"})",
        R"({"do":"set","device":"z","holding":{"0":"0001"}})",
        R"({"do":"set","device":"a","holding":{"0":1}})",
        R"({"do":"set","device":"a","holding":{"0":"0001"},"twice":true})",
        R"({"do":"fault","target":"l","kind":"unplug"})",
        R"({"do":"fault","target":"zz","kind":"silence"})",
        R"({"do":"get","device":"a","space":"holding","address":-1})",
        R"({"do":"get","device":"a","space":"holding","address":18446744073709551615})",
        R"({"do":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}})"};
    for (const char* const line : wrong) {
        EXPECT_THAT(run(line), HasSubstr(R"({"ok":false,"error":)")) << line;
    }
}

}  // namespace
}  // namespace gengfu::sim
