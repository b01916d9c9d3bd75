#include "daemon/alarms/standing_causes.hpp"

#include <set>
#include <string>

#include "daemon/alarms/describe.hpp"
#include "daemon/config/self_lines.hpp"

namespace gengfu::alarms {
namespace {

/// Whether the device's own alarm would tell that it is silent.
bool is_watched(const config::Site& site, DeviceId device) {
    for (const config::Rule& rule : site.rules) {
        if (rule.alarm && rule.kind == config::RuleKind::kSilent && !rule.point && rule.device == device) {
            return true;
        }
    }
    return false;
}

std::set<std::string> silent_devices(const std::vector<const Alarm*>& standing) {
    std::set<std::string> silent;
    for (const Alarm* alarm : standing) {
        // One that answers without a value is not silent.
        if (alarm->active && alarm->evidence.kind == config::RuleKind::kSilent && alarm->key.point.empty()) {
            silent.insert(alarm->key.device);
        }
    }
    return silent;
}

}  // namespace

void begin_causes(CauseWatch& watch, const std::vector<const Alarm*>& standing, const config::Site& site) {
    const std::set<std::string> silent = silent_devices(standing);
    const auto of_name = [&](const std::string& name) {
        std::uint32_t i = 0;
        while (i < site.devices.size() && site.devices[i].name != name) {
            ++i;
        }
        return DeviceId{i};
    };
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (silent.count(site.devices[i].name) != 0) {
            watch.known_silent(DeviceId{i});
        }
    }
    for (const Alarm* alarm : standing) {
        if (!alarm->active || (alarm->key.rule != config::kBusDown && alarm->key.rule != config::kFeedDown)) {
            continue;
        }
        std::vector<DeviceId> behind;
        for (const std::string& name : alarm->behind) {
            const DeviceId device = of_name(name);
            if (device.value >= site.devices.size()) {
                continue;
            }
            if (silent.count(name) != 0 || !is_watched(site, device)) {
                watch.known_silent(device);
                behind.push_back(device);
            }
        }
        const auto point = config::own_point(site, alarm->key.point);
        if (point && !behind.empty()) {
            watch.known_cause(*point, std::move(behind));
        }
    }
}

}  // namespace gengfu::alarms
