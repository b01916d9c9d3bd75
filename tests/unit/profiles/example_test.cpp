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

}  // namespace
}  // namespace gengfu::profiles
