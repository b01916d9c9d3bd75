#pragma once

#include <string>
#include <vector>

#include "daemon/config/site.hpp"

namespace gengfu::sampling {

/// A site made in a test: one bus, devices that share one profile.
struct SiteBuilder {
    config::Site site;

    explicit SiteBuilder(config::Profile profile = {}) {
        config::Bus bus;
        bus.name = "rs485-1";
        bus.kind = config::BusKind::kReplay;
        site.buses.push_back(bus);
        site.profiles.push_back(std::move(profile));
    }

    DeviceId device(const std::string& name, std::uint8_t unit, Duration interval,
                    const std::string& feed = "") {
        config::Device device;
        device.name = name;
        device.unit = unit;
        device.interval = interval;
        device.feed = feed;
        device.first_point = PointId{static_cast<std::uint32_t>(site.points.size())};
        const DeviceId id{static_cast<std::uint32_t>(site.devices.size())};
        for (std::size_t i = 0; i < site.profiles[0].points.size(); ++i) {
            site.points.push_back({.device = id, .spec = static_cast<config::PointRef>(i), .channel = -1});
        }
        site.devices.push_back(device);
        return id;
    }

    static config::PointSpec point(const std::string& name, std::uint16_t address) {
        config::PointSpec spec;
        spec.name = name;
        spec.reg = {config::Space::kHolding, address};
        return spec;
    }
};

}  // namespace gengfu::sampling
