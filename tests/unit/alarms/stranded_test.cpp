// What a new configuration could not switch off.
#include "daemon/alarms/stranded.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

struct Case {
    const char* name;
    std::function<void(config::Site&)> change;  ///< from the configuration that runs to the new one
    bool is_stranded;
};

TEST(Stranded, WhatIsOnMustBeReachedByTheNewConfiguration) {
    test::SiteBuilder builder;
    builder.device("well", {"level"});
    const DeviceId box = builder.device("box", {"siren"});
    const config::Site& now = builder.site();
    const KeptOutput on{.device = "box", .reg = {config::Space::kCoil, 2}, .off = 0, .touched = true};
    const auto of_box = [box](config::Site& site) -> config::Device& { return site.devices[box.value]; };
    const Case cases[] = {
        {"nothing changed", [](config::Site&) {}, false},
        {"another well", [](config::Site& site) { site.devices[0].unit = 77; }, false},
        {"another unit id", [&](config::Site& site) { of_box(site).unit = 77; }, true},
        {"another name", [&](config::Site& site) { of_box(site).name = "siren-box"; }, true},
        {"another interval", [&](config::Site& site) { of_box(site).interval *= 2; }, false},
        {"the same line by another name", [](config::Site& site) { site.buses[0].name = "north"; }, false},
        {"another port", [](config::Site& site) { site.buses[0].serial.port += "9"; }, true},
        {"another host", [](config::Site& site) { site.buses[0].host += ".example"; }, true},
        {"another TCP port", [](config::Site& site) { ++site.buses[0].tcp_port; }, true},
        {"another kind of line",
         [](config::Site& site) { site.buses[0].kind = config::BusKind::kModbusRtuOverTcp; }, true},
        {"another time-out", [](config::Site& site) { site.buses[0].timeout *= 2; }, false},
    };
    for (const Case& one : cases) {
        config::Site fresh = now;
        one.change(fresh);
        const auto found = stranded({on}, now, fresh);
        EXPECT_EQ(!found.empty(), one.is_stranded) << one.name;
        KeptOutput off = on;
        off.touched = false;
        EXPECT_TRUE(stranded({off}, now, fresh).empty()) << one.name << ": it is off";
    }
}

}  // namespace
}  // namespace gengfu::alarms
