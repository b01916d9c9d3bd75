#include "daemon/config/site.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

using namespace std::chrono_literals;

/// Everything that a site can say, once.
Site whole_site() {
    const Loaded loaded = load_case(read_golden(golden_folder() + "/good-whole.toml"));
    EXPECT_EQ(said(loaded), "");
    return loaded.site.value_or(Site{});
}

const Device* find_device(const Site& site, const std::string& name) {
    for (const Device& device : site.devices) {
        if (device.name == name) {
            return &device;
        }
    }
    return nullptr;
}

const PointSpec* find_point(const Site& site, const std::string& profile, const std::string& name) {
    for (const Profile& each : site.profiles) {
        for (const PointSpec& spec : each.points) {
            if (each.name == profile && spec.name == name) {
                return &spec;
            }
        }
    }
    return nullptr;
}

std::vector<const Rule*> find_rules(const Site& site, const std::string& device, const std::string& name) {
    std::vector<const Rule*> found;
    for (const Rule& rule : site.rules) {
        if (site.device(rule.device).name == device && rule.name == name) {
            found.push_back(&rule);
        }
    }
    return found;
}

TEST(LoadedSite, HasTheGateway) {
    const Gateway gateway = whole_site().gateway;
    EXPECT_EQ(gateway.id, "gw-north-01");
    EXPECT_EQ(gateway.language, "en");
    EXPECT_EQ(gateway.time_zone, "Asia/Urumqi");
    const Place want{
        "440309", "440309008012", "440309008012003", "民治街道", "北站社区", "龙悦居", "北区", "3", "5",
        "2",      "北门岗亭旁",   "钥匙在物业值班室"};
    EXPECT_EQ(gateway.place, want);
}

TEST(LoadedSite, HasMqttAndStore) {
    const Site site = whole_site();
    EXPECT_EQ(site.mqtt.brokers,
              (std::vector<Broker>{{true, "broker-1.city.example", 8883}, {false, "::1", 1883}}));
    EXPECT_EQ(site.mqtt.root, "city/v1");
    EXPECT_EQ(site.mqtt.version, MqttVersion::kV311);
    EXPECT_EQ(site.mqtt.encoding, Encoding::kJson);
    EXPECT_EQ(site.mqtt.linger, 3s);
    EXPECT_EQ(site.mqtt.heartbeat, 60s);
    EXPECT_EQ(site.mqtt.max_rate, 50U);
    EXPECT_EQ(site.mqtt.confirm, std::vector<std::string>{"broker"});
    EXPECT_EQ(site.mqtt.ca, "/etc/gengfu/tls/ca.pem");
    EXPECT_EQ(site.mqtt.certificate, "/etc/gengfu/tls/gateway.pem");
    EXPECT_EQ(site.mqtt.key, "/etc/gengfu/tls/gateway.key");
    EXPECT_EQ(site.mqtt.username, "gw-north-01");
    EXPECT_EQ(site.store.path, "/data/gengfu");
    EXPECT_EQ(site.store.history, 240h);
    EXPECT_EQ(site.store.size_limit_bytes, 512ULL << 20U);
    EXPECT_EQ(site.store.flush, 5s);
}

TEST(LoadedSite, HasDefaultsForWhatIsNotStated) {
    const Loaded loaded = load_case(read_golden(golden_folder() + "/good-minimal.toml"));
    ASSERT_TRUE(loaded.site) << said(loaded);
    const Site& site = *loaded.site;
    EXPECT_EQ(site.gateway.language, "zh");
    EXPECT_EQ(site.mqtt.root, "gengfu/v1");
    EXPECT_EQ(site.mqtt.linger, 2s);
    EXPECT_EQ(site.mqtt.confirm, std::vector<std::string>{"broker"});
    EXPECT_EQ(site.store.size_limit_bytes, 2ULL << 30U);
    EXPECT_EQ(loaded.store_path, "/var/lib/gengfu");
    EXPECT_EQ(site.buses[0].serial.baud, 9600U);
    EXPECT_EQ(site.buses[0].timeout, 500ms);
    EXPECT_EQ(site.buses[1].tcp_port, 502);
    EXPECT_EQ(site.devices[0].interval, 1s);
    EXPECT_EQ(site.devices[0].component.place.area, "north");
    const Rule& rule = site.rules.at(0);
    EXPECT_EQ(rule.deadband, 3.0) << "three times the point's noise";
    EXPECT_FALSE(rule.latch);
    EXPECT_TRUE(rule.safety);
    EXPECT_EQ(site.profiles[0].points[0].deadband, 1.0) << "the point's noise";
    EXPECT_EQ(site.profiles[0].max_registers, 125);
}

TEST(LoadedSite, HasBuses) {
    const Site site = whole_site();
    ASSERT_EQ(site.buses.size(), 4U);
    Bus serial;
    serial.name = "rs485-1";
    serial.kind = BusKind::kModbusRtu;
    serial.serial = {.port = "/dev/ttyS1",
                     .baud = 19200,
                     .parity = Parity::kEven,
                     .stop_bits = 2,
                     .rs485 = true,
                     .rts_on_send = false,
                     .rts_before = 1ms,
                     .rts_after = 2ms};
    serial.timeout = 300ms;
    EXPECT_EQ(site.buses[0], serial);
    Bus tcp;
    tcp.name = "plant-room";
    tcp.kind = BusKind::kModbusTcp;
    tcp.host = "192.0.2.10";
    EXPECT_EQ(site.buses[1], tcp);
    tcp.name = "pump-house";
    tcp.kind = BusKind::kModbusRtuOverTcp;
    tcp.host = "2001:db8::7";
    tcp.tcp_port = 4001;
    EXPECT_EQ(site.buses[2], tcp);
    Bus replay;
    replay.name = "recorded";
    replay.kind = BusKind::kReplay;
    replay.transcript = "night.transcript";
    EXPECT_EQ(site.buses[3], replay);
}

TEST(LoadedSite, HasPartiesAndFeeds) {
    const Site site = whole_site();
    EXPECT_EQ(site.parties, (std::vector<Party>{{"drainage-3", "ZZ0312", "龙华排水三队", "roster:drainage-3"},
                                                {"water-bureau", "ZZ0001", "水务局", ""}}));
    ASSERT_EQ(site.feeds.size(), 1U);
    EXPECT_EQ(site.feeds[0].name, "psu-2");
}

TEST(LoadedSite, HasEveryKeyOfAProfile) {
    const Site site = whole_site();
    const Profile& profile = site.profiles.at(1);
    EXPECT_EQ(profile.name, "everything");
    EXPECT_EQ(profile.vendor, "Maker");
    EXPECT_EQ(profile.model, "E-1");
    EXPECT_EQ(profile.source, "made up for tests");
    EXPECT_TRUE(profile.verified);
    EXPECT_EQ(profile.baud, 19200U);
    EXPECT_EQ(profile.parity, Parity::kEven);
    EXPECT_EQ(profile.stop_bits, 2);
    EXPECT_EQ(profile.unit, 80);
    EXPECT_EQ(profile.turnaround, 20ms);
    EXPECT_EQ(profile.max_registers, 60);
    EXPECT_EQ(profile.max_bits, 16);
    EXPECT_EQ(profile.min_gap, 5ms);
    EXPECT_TRUE(profile.even_start);
    EXPECT_TRUE(profile.even_count);
    ASSERT_EQ(profile.forbid.size(), 2U);
    EXPECT_EQ(profile.forbid[0].first, 0x0100);
    EXPECT_EQ(profile.forbid[0].last, 0x01FF);
    EXPECT_EQ(profile.forbid[1].space, Space::kCoil);
    ASSERT_EQ(profile.writable.size(), 2U);
    EXPECT_EQ(profile.writable[0].reg, (Register{Space::kHolding, 0x18}));
    EXPECT_EQ(profile.writable[0].low, 1);
    EXPECT_EQ(profile.writable[0].high, 247);
    EXPECT_EQ(profile.writable[0].function, 16);
    EXPECT_EQ(profile.writable[1].function, 5);
    ASSERT_TRUE(profile.protecting);
    EXPECT_EQ(profile.points[profile.protecting->point].name, "state");
    EXPECT_EQ(profile.protecting->in, std::vector<double>{1});
    EXPECT_EQ(profile.protecting->settle, 10s);
    ASSERT_TRUE(profile.alive);
    EXPECT_EQ(profile.points[profile.alive->point].name, "age");
    EXPECT_EQ(profile.alive->at_most, 900.0);
    EXPECT_FALSE(profile.alive->toggles_within);
}

TEST(LoadedSite, HasEveryKeyOfAPoint) {
    const Site site = whole_site();
    const PointSpec* const level = find_point(site, "everything", "level");
    ASSERT_NE(level, nullptr);
    EXPECT_EQ(level->role, "level");
    EXPECT_EQ(level->unit, "m");
    EXPECT_EQ(level->reg, (Register{Space::kHolding, 0x04}));
    EXPECT_EQ(level->type, Type::kI32);
    EXPECT_EQ(level->order, (Order{true, false}));
    EXPECT_EQ(level->scale, 0.5);
    EXPECT_EQ(level->offset, -1.0);
    const Profile& profile = site.profiles.at(1);
    ASSERT_TRUE(level->decimals_from);
    EXPECT_EQ(profile.points[*level->decimals_from].name, "decimals");
    ASSERT_TRUE(level->unit_from);
    EXPECT_EQ(profile.points[level->unit_from->point].name, "unit_code");
    EXPECT_EQ(level->unit_from->map, (std::map<std::int64_t, std::string>{{16, "m"}, {18, "mm"}}));
    EXPECT_EQ(level->unit_from->otherwise, "bad");
    EXPECT_EQ(level->invalid, (std::vector<std::uint64_t>{0x7FFFFFFF, 0xFFFFFFFF}));
    ASSERT_TRUE(level->range);
    EXPECT_EQ(level->range->low, 0);
    EXPECT_EQ(level->range->high, 10);
    EXPECT_EQ(level->noise, 0.01);
    EXPECT_EQ(level->zero_below, 0.02);
    EXPECT_EQ(level->deadband, 0.05);
    EXPECT_EQ(level->max_interval, 60s);
    EXPECT_EQ(level->interval, 2s);
    EXPECT_EQ(level->same_read, "measured");
    ASSERT_EQ(level->good_when.size(), 2U);
    EXPECT_EQ(profile.points[level->good_when[0].point].name, "fault");
    EXPECT_EQ(level->good_when[0].equals, std::vector<double>{0});
    EXPECT_FALSE(level->good_when[0].otherwise_uncertain);
    EXPECT_EQ(level->good_when[1].at_least, 60.0);
    EXPECT_EQ(level->good_when[1].at_most, 99.0);
    EXPECT_TRUE(level->good_when[1].otherwise_uncertain);
    const PointSpec* const fault = find_point(site, "everything", "fault");
    ASSERT_NE(fault, nullptr);
    EXPECT_EQ(fault->type, Type::kBit);
    EXPECT_EQ(fault->bit_low, 2);
    EXPECT_TRUE(fault->invert);
    const PointSpec* const state = find_point(site, "everything", "state");
    ASSERT_NE(state, nullptr);
    EXPECT_EQ(state->bit_low, 4);
    EXPECT_EQ(state->bit_high, 7);
    EXPECT_EQ(state->enumeration.at(1), "monitoring");
    const PointSpec* const serial = find_point(site, "everything", "serial");
    ASSERT_NE(serial, nullptr);
    EXPECT_EQ(serial->length, 8);
    EXPECT_TRUE(serial->read_on_connect);
    EXPECT_EQ(find_point(site, "everything", "contact")->type, Type::kBool)
        << "the default of a discrete input";
}

TEST(LoadedSite, HasEveryKeyOfADevice) {
    const Site site = whole_site();
    const Device* const device = find_device(site, "well-1");
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(site.bus(device->bus).name, "rs485-1");
    EXPECT_EQ(device->unit, 80);
    EXPECT_EQ(site.profile(*device).name, "everything");
    EXPECT_EQ(device->device_class, "well");
    EXPECT_EQ(device->interval, 5s);
    EXPECT_EQ(device->feed, "psu-2");
    EXPECT_EQ(device->component.code, "4403090102000017");
    EXPECT_EQ(device->component.authority, "water-bureau");
    EXPECT_EQ(device->component.owner, "water-bureau");
    EXPECT_EQ(device->component.maintainer, "drainage-3");
    EXPECT_EQ(device->component.location, (Location{114.0302, 22.6097, Datum::kGcj02}));
    EXPECT_EQ(device->component.place.area, "北门") << "the device's own";
    EXPECT_EQ(device->component.place.street, "民治街道") << "the gateway's";
    EXPECT_EQ(device->parameters,
              (std::map<std::string, std::string>{
                  {"mounting_height_mm", "1200"}, {"serial", "WT-17"}, {"spare", "true"}}));
    EXPECT_EQ(device->first_point.value, 2U);
    const PointId second{device->first_point.value + 1};
    EXPECT_EQ(site.point_name(second), "well-1/" + site.profile(*device).points[1].name);
    EXPECT_EQ(site.points.size(), 2U + site.profile(*device).points.size());
}

TEST(LoadedSite, ChannelsHaveComponentsOfTheirOwn) {
    const Site site = whole_site();
    const Device* const device = find_device(site, "well-1");
    ASSERT_NE(device, nullptr);
    ASSERT_EQ(device->channels.size(), 1U);
    const Channel& channel = device->channels[0];
    EXPECT_EQ(channel.name, "valve-well-3");
    ASSERT_EQ(channel.points.size(), 1U);
    EXPECT_EQ(site.spec(channel.points[0]).name, "contact");
    EXPECT_EQ(site.point(channel.points[0]).channel, 0);
    EXPECT_EQ(site.component(channel.points[0]).code, "4403090101000044");
    EXPECT_EQ(channel.component.maintainer, "drainage-3") << "the device's";
    EXPECT_EQ(channel.component.location, (Location{114.0305, 22.61, Datum::kCgcs2000}));
    EXPECT_EQ(channel.component.place.landmark, "阀门井") << "the channel's own";
    EXPECT_EQ(channel.component.place.area, "北门") << "the device's";
    EXPECT_EQ(site.component(device->first_point).code, "4403090102000017");
}

TEST(RuleLayers, ClassThenProfileThenDeviceKeyByKey) {
    const Site site = whole_site();
    const auto rules = find_rules(site, "well-1", "level-high");
    ASSERT_EQ(rules.size(), 1U);
    const Rule& rule = *rules[0];
    EXPECT_EQ(rule.kind, RuleKind::kAbove) << "class";
    EXPECT_EQ(site.spec(*rule.point).name, "level") << "by the class's role";
    EXPECT_EQ(rule.on_delay, 10s) << "class";
    EXPECT_EQ(rule.off_delay, 60s) << "profile over class";
    ASSERT_EQ(rule.levels.size(), 2U) << "device over the class's limit";
    EXPECT_EQ(rule.levels[0].limit, 2.4);
    EXPECT_EQ(rule.levels[0].severity, Severity::kModerate);
    EXPECT_EQ(rule.levels[1].severity, Severity::kCritical);
    EXPECT_EQ(rule.severity, Severity::kCritical) << "that of the gravest level";
    EXPECT_EQ(rule.deadband, 0.1) << "profile";
    EXPECT_TRUE(rule.latch) << "device";
    EXPECT_EQ(rule.texts->title, (Text{"水位高", "Level high here"}))
        << "device over class, language by language";
    EXPECT_EQ(rule.texts->advice, (Text{"先围挡", "先围挡"})) << "one text for both";
    EXPECT_EQ(rule.texts->text, (Text{"水位 {value:.2f} {unit}", "Level {value:.2f} {unit}"}));
    EXPECT_EQ(rule.texts->hazard, (Text{"内涝", "flood"}));
    EXPECT_EQ(rule.texts->why, "shallow well");
}

TEST(RuleLayers, DisabledRulesAndRulesWithoutAPointAreNotThere) {
    const Site site = whole_site();
    EXPECT_TRUE(find_rules(site, "well-1", "off-here").empty()) << "switched off by the device";
    EXPECT_TRUE(find_rules(site, "well-1", "gas-high").empty()) << "the profile has no such role";
    EXPECT_EQ(find_rules(site, "well-1", "on-here").size(), 1U) << "switched on by the device";
}

TEST(RuleLayers, ARoleMeansEveryPointThatHasIt) {
    const Site site = whole_site();
    const auto rules = find_rules(site, "well-1", "battery-low");
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(site.spec(*rules[0]->point).name, "battery_1");
    EXPECT_EQ(site.spec(*rules[1]->point).name, "battery_2");
    EXPECT_EQ(rules[0]->texts, rules[1]->texts);
    EXPECT_FALSE(rules[0]->safety) << "minor";
}

TEST(RuleLayers, HaveRulesOfEachKind) {
    const Site site = whole_site();
    const auto one = [&](const char* name) -> Rule {
        const auto rules = find_rules(site, "well-1", name);
        EXPECT_EQ(rules.size(), 1U) << name;
        return rules.empty() ? Rule{} : *rules[0];
    };
    EXPECT_EQ(one("battery-outside").low, 11.0);
    EXPECT_EQ(one("battery-outside").high, 15.0);
    EXPECT_EQ(one("state-wrong").kind, RuleKind::kEquals);
    EXPECT_EQ(one("state-wrong").values, (std::vector<double>{0, 2}));
    EXPECT_EQ(one("contact-open").kind, RuleKind::kBit);
    EXPECT_FALSE(one("contact-open").active);
    EXPECT_EQ(one("rising").kind, RuleKind::kRate);
    EXPECT_EQ(one("rising").per, 10min);
    EXPECT_EQ(one("rising").window, 5min);
    EXPECT_EQ(one("rising").levels.at(0).limit, 0.3);
    EXPECT_EQ(one("profile-own").kind, RuleKind::kBelow) << "a rule of the profile alone";
    EXPECT_EQ(one("silent").silent_for, 2min);
    EXPECT_FALSE(one("silent").point) << "watches the whole device";
    EXPECT_TRUE(one("level-silent").point);
    EXPECT_EQ(one("level-silent").texts->title, (Text{"level-silent", "level-silent"}))
        << "without a title, the name";
    EXPECT_FALSE(one("rising").safety) << "says so";
}

TEST(StorePath, IsKnownEvenIfTheRestIsWrong) {
    const Loaded loaded = load_case("[store]\npath = \"/data/gengfu\"\nsise = 1\n");
    EXPECT_FALSE(loaded.site);
    EXPECT_EQ(loaded.store_path, "/data/gengfu");
    EXPECT_EQ(load_case("[store]\npath = 5\n").store_path, "/var/lib/gengfu");
    EXPECT_EQ(load_case("[[").store_path, "/var/lib/gengfu");
}

TEST(StorePath, IsFoundInAFileThatIsBrokenElsewhere) {
    EXPECT_EQ(load_case("[store]\npath = \"/data/gengfu\"  # the card\n[gateway\n").store_path,
              "/data/gengfu");
    EXPECT_EQ(load_case("[[device]]\nname = \"\n[store]\npath = '/data/gengfu'\n").store_path,
              "/data/gengfu");
    EXPECT_EQ(load_case("[store]\npath = \"/data/gengfu\n").store_path, "/var/lib/gengfu") << "itself broken";
    EXPECT_EQ(load_case("[mqtt]\npath = \"/data/gengfu\"\n[gateway\n").store_path, "/var/lib/gengfu");
}

}  // namespace
}  // namespace gengfu::config
