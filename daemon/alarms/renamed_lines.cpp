#include "daemon/alarms/renamed_lines.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"

namespace gengfu::alarms {
namespace {

/// The gateway's point that would tell of the device's line, or of its feed; empty: it has none.
std::string point_of(const config::Site& site, const config::Device& device, bool feed) {
    if (!feed) {
        return name_of(config::LinePoint::kDown, site.bus(device.bus));
    }
    return device.feed.empty() ? "" : name_of(config::Feed{device.feed});
}

/// The one point that tells of all these devices; nothing when they are gone or apart.
std::optional<std::string> common_point(const config::Site& site, const std::vector<std::string>& names,
                                        bool feed) {
    std::set<std::string> points;
    for (const config::Device& device : site.devices) {
        if (std::find(names.begin(), names.end(), device.name) != names.end()) {
            points.insert(point_of(site, device, feed));
        }
    }
    return points.size() == 1 ? std::optional(*points.begin()) : std::nullopt;
}

}  // namespace

std::vector<RenamedLine> renamed_lines(const std::vector<const Alarm*>& standing, const config::Site& site) {
    std::vector<RenamedLine> renamed;
    for (const Alarm* alarm : standing) {
        const bool feed = alarm->key.rule == config::kFeedDown;
        const bool cause =
            alarm->key.device == config::kSelfName && (feed || alarm->key.rule == config::kBusDown);
        if (!cause || !alarm->active || config::own_point(site, alarm->key.point)) {
            continue;
        }
        const auto point = common_point(site, alarm->behind, feed);
        if (const auto rule = point ? config::own_rule(site, *point) : std::nullopt) {
            renamed.push_back({alarm->id, *rule});
        }
    }
    return renamed;
}

}  // namespace gengfu::alarms
