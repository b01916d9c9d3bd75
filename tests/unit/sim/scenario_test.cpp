#include "tests/sim/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sim/raw_text.hpp"

namespace gengfu::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// 22 lines; each case below appends to it, from line 23 on.
constexpr const char* kGood = R"([scenario]
name = "small"
seed = 7
duration = "90s"
[[line]]
name = "rs485-1"
baud = 19200
format = "8N1"
[[tcp]]
name = "plant-room"
kind = "modbus-tcp"
[[device]]
name = "manhole-017"
line = "rs485-1"
unit = 17
turnaround = "12ms"
holding = { 0x0034 = "0000 0000 0800", 64 = "0A00*2" }
discrete = { 0 = "1 0 1" }
[[device]]
name = "midas-1"
tcp = "plant-room"
unit = 1
)";

TEST(Scenario, IsReadAsWritten) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario(std::string(kGood) + R"([[step]]
at = "12.5s"
device = "manhole-017"
note = "cover opened"
holding = { 0x0036 = "0000" }
[[step]]
at = "20s"
device = "manhole-017"
ramp = { space = "holding", address = 0x0034, from = "FF00", to = "0100", signed = true, over = "10s" }
[[fault]]
line = "rs485-1"
kind = "unplug"
from = "30s"
to = "40s"
[[outage]]
what = "broker"
at = "50s"
for = "5s"
[[expect]]
device = "manhole-017"
rule = "cover-opened"
severity = "major"
raised_at = "12.5s"
within = "5s"
cleared_at = "40s"
cleared_within = "8s"
ack = "cli"
)",
                                        diagnostics);
    ASSERT_TRUE(scenario) << print_diagnostics("small.toml", diagnostics);
    EXPECT_EQ(scenario->seed, 7U);
    EXPECT_EQ(scenario->lasts, 90s);
    EXPECT_EQ(scenario->lines.at(0).baud, 19200);
    EXPECT_EQ(scenario->lines.at(0).bits_per_character, 10);
    const DeviceSpec* device = scenario->device("manhole-017");
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(device->turnaround, 12ms);
    ASSERT_EQ(device->registers.size(), 3U);
    EXPECT_THAT(device->registers.at(1).words, ElementsAre(0, 0, 0x800));
    EXPECT_THAT(device->registers.at(2).words, ElementsAre(0xA00, 0xA00));
    EXPECT_EQ(scenario->steps.at(0).at, 12500ms);
    ASSERT_TRUE(scenario->steps.at(1).motion);
    EXPECT_EQ(scenario->steps.at(1).motion->from, -256);
    EXPECT_EQ(scenario->steps.at(1).motion->to, 256);
    EXPECT_EQ(scenario->faults.at(0).fault.kind, FaultKind::kUnplug);
    EXPECT_EQ(scenario->outages.at(0).lasts, 5s);
    EXPECT_EQ(scenario->expects.at(0).cleared_within, 8s);
    EXPECT_EQ(scenario->expects.at(0).ack, "cli");
}

struct Mistake {
    std::string name, added, message;
};
class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreRefusedWithTheirPlace) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_scenario(std::string(kGood) + GetParam().added, diagnostics));
    EXPECT_THAT(print_diagnostics("s.toml", diagnostics), HasSubstr(GetParam().message));
}

const Mistake kMistakes[] = {
    {"NoToml", "[[step]\n", "s.toml:23:"},
    {"UnknownTable", "[[stepp]]\n",
     "s.toml:23:3: error: nothing is called `stepp` here; did you mean \"step\"?"},
    {"UnknownKey", "[[line]]\nname = \"x\"\nbuad = 9600\n",
     "s.toml:25:1: error: line \"x\": nothing is called `buad` here; did you mean \"baud\"?"},
    {"MissingKey", "[[line]]\nbaud = 9600\n", "s.toml:23:1: error: line: `name` is missing"},
    {"WrongType", "[[line]]\nname = \"x\"\nbaud = \"9600\"\n",
     "s.toml:25:8: error: line \"x\": `baud` must be a whole number from 300 to 4000000"},
    {"OutOfRange", "[[line]]\nname = \"x\"\nbaud = 1\n", "s.toml:25:8: error: line \"x\": `baud` must be"},
    {"NoSuchLine", "[[device]]\nname = \"y\"\nline = \"rs485-l\"\nunit = 2\n",
     "s.toml:25:8: error: device \"y\": no line is named \"rs485-l\"; did you mean \"rs485-1\"?"},
    {"NeitherLineNorTcp", "[[device]]\nname = \"y\"\nunit = 2\n", "needs either `line` or `tcp`"},
    {"NameTwice", "[[device]]\nname = \"midas-1\"\nline = \"rs485-1\"\nunit = 2\n",
     "s.toml:24:8: error: device \"midas-1\": this name is taken by the one in line 20"},
    {"UnitTwice", "[[device]]\nname = \"y\"\nline = \"rs485-1\"\nunit = 17\n",
     "s.toml:26:8: error: device \"y\": unit 17 on \"rs485-1\" is taken by the one in line 12"},
    {"NoHex", "[[device]]\nname = \"y\"\nline = \"rs485-1\"\nunit = 2\nholding = { 1 = \"12\" }\n",
     "s.toml:27:17: error: registers are a text such as"},
    {"NoBits", "[[device]]\nname = \"y\"\nline = \"rs485-1\"\nunit = 2\ncoil = { 1 = \"2\" }\n",
     "s.toml:27:14: error: bits are a text such as"},
    {"NoAddress", "[[device]]\nname = \"y\"\nline = \"rs485-1\"\nunit = 2\nholding = { x34 = \"0000\" }\n",
     "s.toml:27:13: error: \"x34\" is no wire address"},
    {"PastTheEnd",
     "[[device]]\nname = \"y\"\nline = \"rs485-1\"\nunit = 2\nholding = { 0xFFFF = \"0000 0000\" }\n",
     "go past address 0xFFFF"},
    {"NoSuchDevice", "[[step]]\nat = \"1s\"\ndevice = \"manhole-17\"\nholding = { 0x34 = \"0000\" }\n",
     "s.toml:25:10: error: step: no device is named \"manhole-17\"; did you mean \"manhole-017\"?"},
    {"NoSuchRegister", "[[step]]\nat = \"1s\"\ndevice = \"manhole-017\"\nholding = { 0x0037 = \"0000\" }\n",
     "s.toml:23:1: error: step: device \"manhole-017\" does not have all of 1 holding from address 55"},
    {"NoChange", "[[step]]\nat = \"1s\"\ndevice = \"manhole-017\"\n", "changes nothing"},
    {"NoDuration", "[[step]]\nat = \"1\"\ndevice = \"manhole-017\"\nholding = { 0x34 = \"0000\" }\n",
     "s.toml:24:6: error: step: `at` must be a duration"},
    {"AfterTheEnd", "[[step]]\nat = \"91s\"\ndevice = \"manhole-017\"\nholding = { 0x34 = \"0000\" }\n",
     "something happens after its `duration`"},
    {"RampOfTwoWidths",
     "[[step]]\nat = \"1s\"\ndevice = \"manhole-017\"\n"
     "ramp = { space = \"holding\", address = 0x34, from = \"0000\", to = \"0000 0001\", over = \"1s\" }\n",
     "must both be one word or both two words"},
    {"WalkUpsideDown",
     "[[step]]\nat = \"1s\"\ndevice = \"manhole-017\"\n"
     "walk = { space = \"holding\", address = 0x34, low = \"FFF0\", high = \"0010\" }\n",
     "`low` is above `high`; negative raw numbers need `signed = true`"},
    {"TooFast",
     "[[step]]\nat = \"1s\"\ndevice = \"manhole-017\"\n"
     "toggle = { space = \"holding\", address = 0x34, every = \"1ms\" }\n",
     "`every` must be at least 10ms"},
    {"UnknownFault", "[[fault]]\nline = \"rs485-1\"\nkind = \"unplugg\"\nfrom = \"1s\"\n",
     "s.toml:25:8: error: fault: `kind` is \"unplugg\""},
    {"KeyOfAnotherFault",
     "[[fault]]\nline = \"rs485-1\"\nkind = \"silence\"\ndelay = \"1s\"\nfrom = \"1s\"\n",
     "s.toml:26:1: error: fault: nothing is called `delay` here"},
    {"UnpluggedDevice", "[[fault]]\ndevice = \"midas-1\"\nkind = \"unplug\"\nfrom = \"1s\"\n",
     "unplug is for a `line` or a `tcp`"},
    {"CrcOverTcp", "[[fault]]\ndevice = \"midas-1\"\nkind = \"bad-crc\"\nfrom = \"1s\"\n",
     "modbus-tcp has no checksum to spoil"},
    {"EndsBeforeItBegins", "[[fault]]\nline = \"rs485-1\"\nkind = \"silence\"\nfrom = \"2s\"\nto = \"1s\"\n",
     "`to` is not after `from`"},
    {"ClearedWithoutBound",
     "[[expect]]\ndevice = \"midas-1\"\nrule = \"r\"\nseverity = \"major\"\nraised_at = \"1s\"\nwithin = "
     "\"1s\"\n"
     "cleared_at = \"2s\"\n",
     "`cleared_at` and `cleared_within` go together"},
    {"RiseWithoutTime",
     "[[expect]]\ndevice = \"midas-1\"\nrule = \"r\"\nseverity = \"major\"\nraised_at = \"1s\"\nwithin = "
     "\"1s\"\n"
     "rises_to = \"critical\"\n",
     "`rises_to`, `rises_at` and `rises_within` go together"},
    {"ResetOfWhatNeverClears",
     "[[expect]]\ndevice = \"midas-1\"\nrule = \"r\"\nseverity = \"major\"\nraised_at = \"1s\"\nwithin = "
     "\"1s\"\n"
     "ack = \"cli\"\nreset = \"cli\"\n",
     "s.toml:30:9: error: expect: `reset` needs `ack` and `cleared_at`"},
    {"NoSuchSeverity",
     "[[expect]]\ndevice = \"midas-1\"\nrule = \"r\"\nseverity = \"mayor\"\nraised_at = \"1s\"\nwithin = "
     "\"1s\"\n",
     "did you mean \"major\"?"},
    {"ADate", "[[step]]\nat = 2026-11-21\ndevice = \"midas-1\"\n",
     "s.toml:24:6: error: a scenario has no dates"},
};
INSTANTIATE_TEST_SUITE_P(Table, Mistakes, testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

TEST(Scenario, TellsAllMistakesAtOnceInTheOrderOfTheFile) {
    Diagnostics diagnostics;
    EXPECT_FALSE(
        load_scenario("[[line]]\nname = 1\nbaud = 1\n[[tcp]]\nname = \"t\"\nkind = \"udp\"\n", diagnostics));
    EXPECT_EQ(print_diagnostics("s.toml", diagnostics),
              "s.toml:1:1: error: `scenario` is missing\n"
              "s.toml:2:8: error: line: `name` must be a text\n"
              "s.toml:3:8: error: line \"\": `baud` must be a whole number from 300 to 4000000\n"
              "s.toml:6:8: error: tcp \"t\": `kind` is \"udp\", not one of modbus-tcp, rtu-over-tcp\n");
}

TEST(RawText, ReadsDurations) {
    EXPECT_EQ(parse_duration("12.5s"), 12500ms);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("2min"), 120s);
    EXPECT_EQ(parse_duration("0s"), 0s);
    for (const char* wrong : {"", "5", "s", "-1s", "nan s", "nans", "infs", "25h", "1 s", "1sec"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

TEST(RawText, ReadsWordsAndAddresses) {
    EXPECT_THAT(*parse_words("07FF  0000*3"), ElementsAre(0x7FF, 0, 0, 0));
    for (const char* wrong : {"", "7FF", "07FG", "07FF0", "07FF*", "07FF*0", "07FF*65537", "-7FF"}) {
        EXPECT_FALSE(parse_words(wrong)) << wrong;
    }
    EXPECT_EQ(parse_address("0x0034"), 0x34);
    EXPECT_EQ(parse_address("52"), 52);
    for (const char* wrong : {"", "0x", "0x10000", "65536", "-1", "34h"}) {
        EXPECT_FALSE(parse_address(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace gengfu::sim
