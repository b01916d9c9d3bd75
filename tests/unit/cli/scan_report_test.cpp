// What a scan found, in words and as configuration to paste.
#include "cli/scan_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gengfu::cli {
namespace {

using nlohmann::json;

json found(unsigned unit, const std::string& line, const std::string& profile) {
    json one{{"unit", unit}, {"line", line}, {"several", false}, {"profiles", json::array()}};
    if (!profile.empty()) {
        one["profiles"].push_back(
            {{"profile", profile}, {"vendor", "V"}, {"model", "M"}, {"certainty", "sure"}});
    }
    return one;
}

config::Bus port() {
    config::Bus bus;
    bus.name = "/dev/ttyUSB0";
    bus.serial.port = "/dev/ttyUSB0";
    bus.serial.baud = 9600;
    return bus;
}

TEST(ScanReport, APortWithoutABusGetsOneWithTheSettingsOfMost) {
    config::Site site;
    site.buses.push_back(port());
    site.buses[0].name = "rs485-1";
    const json all =
        json::array({found(1, "9600 8N1", "a"), found(2, "19200 8E1", "a"), found(3, "19200 8E1", "b")});
    const BusBlock block = bus_block(port(), all, {&site, nullptr});
    EXPECT_EQ(block.bus.name, "rs485-2") << "the other name is taken";
    EXPECT_NE(block.text.find("port = \"/dev/ttyUSB0\""), std::string::npos);
    EXPECT_NE(block.text.find("baud = 19200\nparity = \"even\"\nstop_bits = 1\n"), std::string::npos)
        << block.text;
    const auto blocks = device_blocks(all, block.bus, {&site, nullptr});
    ASSERT_EQ(blocks.size(), 3U);
    EXPECT_NE(blocks[0].find("# It answers at 9600 8N1"), std::string::npos) << blocks[0];
    EXPECT_EQ(blocks[1], "\n[[device]]\nname = \"a-2\"\nbus = \"rs485-2\"\nunit = 2\nprofile = \"a\"\n");
    EXPECT_EQ(bus_block(port(), all, {&site, &site.buses[0]}).text, "") << "the configuration has it";
}

TEST(ScanReport, WhatCannotBeADeviceIsAComment) {
    config::Site site;
    site.buses.push_back(port());
    config::Device device;
    device.name = "b-6";
    device.unit = 5;
    site.devices.push_back(device);
    const json all =
        json::array({found(5, "9600 8N1", "a"), found(6, "9600 8N1", "b"), found(6, "19200 8N1", "b"),
                     found(7, "9600 8N1", ""), found(255, "9600 8N1", "a")});
    const auto blocks = device_blocks(all, site.buses[0], {&site, &site.buses[0]});
    ASSERT_EQ(blocks.size(), 5U);
    EXPECT_NE(blocks[0].find("# unit 5 is \"b-6\" of the configuration"), std::string::npos) << blocks[0];
    EXPECT_NE(blocks[1].find("name = \"b-6-2\""), std::string::npos) << "the name is taken";
    for (const std::size_t comment : {0U, 2U, 3U, 4U}) {
        EXPECT_TRUE(blocks[comment].starts_with("\n# ")) << blocks[comment];
        EXPECT_EQ(blocks[comment].find('\n', 1), blocks[comment].size() - 1)
            << "one line, or it is no comment";
    }
    EXPECT_NE(blocks[2].find("has this address, too"), std::string::npos) << blocks[2];
    EXPECT_NE(blocks[3].find("no profile knows it"), std::string::npos) << blocks[3];
    EXPECT_NE(blocks[4].find("from 1 to 247"), std::string::npos) << blocks[4];
}

TEST(ScanReport, SeveralAtOneAddressAreToldAndGetNothingToPaste) {
    json one = found(1, "9600 8N1", "");
    one["several"] = true;
    EXPECT_NE(found_line(one, {}).find("two or more units"), std::string::npos);
    EXPECT_EQ(device_blocks(json::array({one}), port(), {}).at(0), "");
}

TEST(ScanReport, WithoutProfilesNobodyIsCalledAStranger) {
    const json all = json::array({found(7, "9600 8N1", "")});
    Configured known;
    known.no_profiles = true;
    EXPECT_EQ(found_line(all[0], known), "unit 7 at 9600 8N1: answers\n");
    const std::string block = device_blocks(all, port(), known).at(0);
    EXPECT_NE(block.find("cannot be said without profiles"), std::string::npos) << block;
}

TEST(ScanReport, NoiseIsToldOnceForAllAddresses) {
    EXPECT_EQ(noise_line(json::array()), "");
    json noisy = json::array();
    for (unsigned unit = 1; unit <= 10; ++unit) {
        noisy.push_back({{"unit", unit}, {"line", "9600 8N1"}});
    }
    const std::string line = noise_line(noisy);
    EXPECT_NE(line.find("at unit 1, 2, 3, 4, 5, 6, 7, 8 and 2 more it is not known"), std::string::npos)
        << line;
    EXPECT_NE(line.find("terminator"), std::string::npos) << line;
}

}  // namespace
}  // namespace gengfu::cli
