#include "daemon/alarms/wiring.hpp"

#include <algorithm>
#include <array>

#include "daemon/alarms/describe.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"

namespace gengfu::alarms {

namespace {

/// Whether a rule over other rules may hold by a silence.
bool is_over_silence(const config::Site& site, const config::Rule& rule) {
    return std::any_of(rule.members.begin(), rule.members.end(), [&](const config::Member& member) {
        return !member.negated && std::any_of(member.rules.begin(), member.rules.end(), [&](RuleId each) {
            return site.rules[each.value].kind == config::RuleKind::kSilent;
        });
    });
}

/// The device is silent, or tells itself that its sensor cannot measure. What it tells of its supply explains
/// no value that is wanting.
bool says_why_no_value(const config::Site& site, const config::Rule& rule) {
    if (rule.kind == config::RuleKind::kSilent) {
        return !rule.point;
    }
    static constexpr std::array kOfTheSensor{"sensor_fault", "fault_state", "protecting_state",
                                             "mounted",      "pipe_state",  "signal_quality"};
    return rule.alarm && rule.point &&
           std::ranges::find(kOfTheSensor, site.spec(*rule.point).role) != kOfTheSensor.end();
}

}  // namespace

Wiring::Wiring(const config::Site& site) {
    for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
        if (is_over_silence(site, site.rules[i])) {
            groups_.push_back(RuleId{i});
        }
    }
    std::map<DeviceId, std::vector<Key>> of_device;  // rules that say why a device's points have no values
    for (const config::Rule& rule : site.rules) {
        if (says_why_no_value(site, rule)) {
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
