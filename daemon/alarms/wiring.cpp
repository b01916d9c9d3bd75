#include "daemon/alarms/wiring.hpp"

#include "daemon/alarms/describe.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"

namespace gengfu::alarms {

Wiring::Wiring(const config::Site& site) {
    std::map<DeviceId, std::vector<Key>> of_device;  // rules that say that a device is silent
    for (const config::Rule& rule : site.rules) {
        if (rule.kind == config::RuleKind::kSilent && !rule.point) {
            of_device[rule.device].push_back(key_of(site, rule));
        }
    }
    const std::string own(config::kSelfName);
    for (const config::Rule& rule : site.rules) {
        if (rule.kind != config::RuleKind::kSilent) {
            continue;
        }
        const config::Device& device = site.device(rule.device);
        std::vector<Key>& causes = causes_[key_of(site, rule)];
        causes.push_back({own, name_of(config::LinePoint::kStuck, site.bus(device.bus)), config::kBusStuck});
        causes.push_back(
            {own, name_of(config::LinePoint::kAddress, site.bus(device.bus)), config::kBusAddress});
        causes.push_back({own, name_of(config::LinePoint::kDown, site.bus(device.bus)), config::kBusDown});
        if (!device.feed.empty()) {
            causes.push_back({own, name_of(config::Feed{device.feed}), config::kFeedDown});
        }
        if (rule.point) {
            const std::vector<Key>& silent = of_device[rule.device];
            causes.insert(causes.end(), silent.begin(), silent.end());
        }
    }
}

const std::vector<Key>& Wiring::causes_of(const Key& key) const {
    static const std::vector<Key> kNone;
    const auto found = causes_.find(key);
    return found == causes_.end() ? kNone : found->second;
}

}  // namespace gengfu::alarms
