#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/rule_fit.hpp"
#include "daemon/config/rule_layer.hpp"
#include "daemon/config/text.hpp"

// The part of RuleLayer that lays one rule on several points of a device.
namespace gengfu::config {

void RuleLayer::lay_together(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                             Tally& tally) {
    const Profile& profile = device.profile->profile;
    const Device& of = site_.device(device.id);
    const std::string subject = fmt::format("device {}: rule {}", in_quotes(of.name), in_quotes(draft.name));
    const bool here = own != nullptr && own->value.find("points") != nullptr;
    const At place = here ? draft.selector_at : device.at;
    std::vector<std::string> there;
    for (const PointSpec& spec : profile.points) {
        there.push_back(spec.name);
    }
    if (complain_missing(device, draft, own)) {
        ++tally.unsound;
        return;
    }
    const bool of_class = own == nullptr && device.device_class != nullptr &&
                          find_entry(device.device_class->rules, draft.name) != nullptr;
    Rule rule = draft.rule;
    for (const std::string& name : draft.points) {
        const auto found = std::find(there.begin(), there.end(), name);
        std::string mistake;
        if (found == there.end() && of_class) {
            ++tally.lost;  // of a class that other sensors serve too
            tally.wanted.push_back(in_quotes(name));
            return;
        }
        if (found == there.end()) {
            mistake = fmt::format("profile {} has no point named {}{}", in_quotes(profile.name),
                                  in_quotes(name), did_you_mean(name, there));
        } else {
            const auto ref = static_cast<std::size_t>(found - there.begin());
            const PointSpec& spec = profile.points[ref];
            mistake = type_mistake(rule.kind, spec);
            if (mistake.empty() && spec.read_on_connect) {
                mistake = once_mistake(rule);
            }
            mistake = mistake.empty() ? "" : fmt::format("point {}: {}", in_quotes(name), mistake);
            rule.points.push_back(PointId{of.first_point.value + static_cast<std::uint32_t>(ref)});
        }
        if (!mistake.empty()) {
            report_.error(place, fmt::format("{}: {}", subject, mistake));
            ++tally.unsound;
            return;
        }
    }
    const bool alarm = rule.alarm;
    const std::size_t added = add(device, draft, std::move(rule)) ? 1U : 0U;
    tally.judging += added;
    tally.alarming += alarm ? added : 0U;
}

}  // namespace gengfu::config
