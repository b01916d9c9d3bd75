#include "daemon/config/self_actions.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

SelfJudged failed(const Device& device, Register reg) {
    const std::string output = device.name + " " + to_text(reg);
    SelfJudged one;
    one.spec.name = action_point(device, reg);
    one.rule.name = "action-failed";
    one.rule.kind = RuleKind::kAbove;
    one.rule.severity = Severity::kMajor;
    one.rule.levels = {{static_cast<double>(kActionTriesTold), Severity::kMajor}};
    one.rule.safety = false;
    one.rule.texts = std::make_shared<const RuleText>(RuleText{
        {"联动失败:" + output, "Action failed: " + output},
        {output + " 未能动作,已重试 {value:.0f} 次,仍在重试",
         output + " cannot be switched: {value:.0f} tries failed, it is tried on"},
        {"检查该设备的供电与接线;必要时现场手动操作",
         "Look at the device's power and wiring; switch by hand if need be"},
        {"联动设备可能未动作,或未能复位", "What an alarm switches may not have acted, or not have come back"},
        {}});
    return one;
}

}  // namespace

std::string action_point(const Device& device, Register reg) {
    std::string text = to_text(reg);
    std::replace(text.begin(), text.end(), ':', '-');
    return "action_failed." + device.name + "." + text;
}

std::vector<SelfJudged> self_actions(const Site& site) {
    std::set<std::pair<DeviceId, Register>> outputs;
    for (const Rule& rule : site.rules) {
        if (rule.action) {
            outputs.insert({rule.action->device, rule.action->reg});
        }
    }
    std::vector<SelfJudged> all;
    for (const auto& [device, reg] : outputs) {
        all.push_back(failed(site.device(device), reg));
    }
    return all;
}

}  // namespace gengfu::config
