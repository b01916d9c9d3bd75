#include <gtest/gtest.h>

#include <string>

#include "tests/unit/profiles/shipped.hpp"

/// config/gengfu.toml is the page from which installers copy: it must load, and its "default" must be true.
namespace gengfu::profiles {
namespace {

config::Loaded load_example() {
    const std::string root = GENGFU_SOURCE_DIR;
    const auto bundle = config::gather({.file = root + "/config/gengfu.toml", .shipped = root + "/config"});
    EXPECT_TRUE(bundle) << (bundle ? "" : bundle.error().what);
    return bundle ? config::load(*bundle, config::Credentials::kMayBeAbsent) : config::Loaded{};
}

TEST(Example, LoadsWithoutAMistake) {
    const auto loaded = load_example();
    ASSERT_TRUE(loaded.site) << complaints(loaded);
    EXPECT_FALSE(config::has_errors(loaded.diagnostics));
    EXPECT_EQ(loaded.site->devices.size(), 4U);
    EXPECT_EQ(loaded.site->buses.size(), 3U);
    EXPECT_EQ(loaded.site->parties.size(), 3U);
    EXPECT_EQ(loaded.site->devices[3].channels.size(), 1U);
}

TEST(Example, StatesTheRealDefaults) {
    const auto loaded = load_example();
    ASSERT_TRUE(loaded.site) << complaints(loaded);
    const config::Mqtt& mqtt = loaded.site->mqtt;
    const config::Mqtt usual;
    EXPECT_EQ(mqtt.root, usual.root);
    EXPECT_EQ(mqtt.version, usual.version);
    EXPECT_EQ(mqtt.encoding, usual.encoding);
    EXPECT_EQ(mqtt.linger, usual.linger);
    EXPECT_EQ(mqtt.heartbeat, usual.heartbeat);
    EXPECT_EQ(mqtt.max_rate, usual.max_rate);
    EXPECT_EQ(mqtt.confirm, usual.confirm);
    const config::Store& store = loaded.site->store;
    EXPECT_EQ(store.path, config::Store{}.path);
    EXPECT_EQ(store.history, config::Store{}.history);
    EXPECT_EQ(store.size_limit_bytes, config::Store{}.size_limit_bytes);
    EXPECT_EQ(store.flush, config::Store{}.flush);
    EXPECT_EQ(loaded.site->gateway.language, config::Gateway{}.language);
    EXPECT_EQ(loaded.site->gateway.time_zone, config::Gateway{}.time_zone);
    const config::Bus& bus = loaded.site->buses[0];
    EXPECT_EQ(bus.timeout, config::Bus{}.timeout);
    EXPECT_EQ(bus.serial.baud, config::Serial{}.baud);
    EXPECT_EQ(bus.serial.parity, config::Serial{}.parity);
    EXPECT_EQ(bus.serial.stop_bits, config::Serial{}.stop_bits);
    EXPECT_EQ(bus.serial.rts_on_send, config::Serial{}.rts_on_send);
    EXPECT_EQ(loaded.site->devices[0].interval, config::Device{}.interval);
}

/// What stands between the n-th "```toml" of a page and its end, n from 0.
std::string toml_block(const std::string& page, int n) {
    const std::string opening = "```toml\n";
    std::size_t at = 0;
    for (int i = 0; i <= n; ++i) {
        at = page.find(opening, at);
        EXPECT_NE(at, std::string::npos);
        at += opening.size();
    }
    return page.substr(at, page.find("```", at) - at);
}

TEST(Example, OfTheProfilePageWorks) {
    const std::string page = read_text("docs/profiles.md");
    std::string device = toml_block(page, 1);
    const std::string bus = "bus = \"rs485-1\"";
    ASSERT_NE(device.find(bus), std::string::npos);
    device.replace(device.find(bus), bus.size(), "bus = \"line\"");
    const auto loaded = load_with(device, {{"profiles/my-probe.toml", toml_block(page, 0)}});
    ASSERT_TRUE(loaded.site) << complaints(loaded);
    EXPECT_EQ(complaints(loaded), "");
    ASSERT_EQ(loaded.site->profiles.size(), 1U);
    EXPECT_EQ(loaded.site->profiles[0].name, "my-probe");
    EXPECT_EQ(loaded.site->profiles[0].points.size(), 2U);
}

}  // namespace
}  // namespace gengfu::profiles
