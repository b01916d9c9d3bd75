#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/rule_layer.hpp"
#include "daemon/config/rule_parts.hpp"
#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

// The part of RuleLayer that warns of what is allowed and leaves a device with less than its class promises.
namespace gengfu::config {

namespace {

/// A sensor that is asked seldom is waited for longer, and nobody wonders why.
constexpr int kFewReadings = 10;

}  // namespace

/// A device may switch off or slow down a safety rule of its class; whoever reads the file later wants to
/// know why.
void RuleLayer::doubt_weakened(const DeviceReader::Draft& device, const RuleDraft& of_class,
                               const RuleDraft& draft, const Entry& own) {
    const bool raises = of_class.enabled && of_class.rule.alarm && of_class.rule.safety;
    if (!raises || !draft.sound || own.value.find("why") != nullptr) {
        return;
    }
    const auto doubt = [&](const char* key, const std::string& what) {
        report_.warning(own.value.find(key)->value.at,
                        fmt::format("device {}: rule {} of class {} {}, and nobody says why: write why = "
                                    "\"...\" beside it, for whoever asks later",
                                    in_quotes(site_.device(device.id).name), in_quotes(draft.name),
                                    in_quotes(device.device_class->name), what));
    };
    const Duration interval = site_.device(device.id).interval;
    if (!draft.enabled && own.value.find("enabled") != nullptr) {
        doubt("enabled", "is switched off");
    } else if (!draft.rule.alarm && own.value.find("alarm") != nullptr) {
        doubt("alarm", "raises no alarm");
    } else if (draft.rule.promise > of_class.rule.promise && of_class.rule.promise > Duration::zero()) {
        doubt("promise", fmt::format("may come after {} instead of {}", readable(draft.rule.promise),
                                     readable(of_class.rule.promise)));
    } else if (draft.rule.silent_for > std::max(of_class.rule.silent_for, kFewReadings * interval) &&
               own.value.find("for") != nullptr) {
        doubt("for", fmt::format("waits for {} instead of {}", readable(draft.rule.silent_for),
                                 readable(of_class.rule.silent_for)));
    } else if (!draft.rule.safety && own.value.find("safety") != nullptr) {
        doubt("safety", "is no safety rule any more: nothing is promised of it");
    } else if (of_class.rule.schedule.empty() && own.value.find("schedule") != nullptr &&
               longest_open(draft.rule.schedule)) {
        doubt("schedule", "sleeps outside of its schedule");
    }
}

/// A class of which a device has the points of conditions only watches no value of it, unless somebody's
/// group asks for them. After the groups are resolved.
void RuleLayer::doubt_conditions() {
    for (const Conditional& each : conditional_) {
        const auto is_of_device = [&](RuleId id) {
            const Rule& rule = site_.rules[id.value];
            return rule.device == each.device && rule.point && !rule.alarm;
        };
        std::vector<std::string> names;
        for (std::uint32_t i = 0; i < site_.rules.size(); ++i) {
            if (is_of_device(RuleId{i})) {
                names.push_back(in_quotes(site_.rules[i].name));
            }
        }
        const bool asked = std::any_of(site_.rules.begin(), site_.rules.end(), [&](const Rule& rule) {
            return rule.alarm && std::any_of(rule.members.begin(), rule.members.end(), [&](const Member& of) {
                       return std::any_of(of.rules.begin(), of.rules.end(), is_of_device);
                   });
        });
        if (asked || names.empty() || report_.incomplete()) {
            continue;
        }
        report_.warning(
            each.at,
            fmt::format("device {}: no value of it can raise an alarm: of class {} it has {} only, which "
                        "{} for groups{}; take another class, or give it a rule of its own",
                        in_quotes(site_.device(each.device).name), in_quotes(each.device_class),
                        fmt::join(names, ", "), names.size() > 1 ? "are conditions" : "is a condition",
                        each.wanted.empty() ? "" : ", and no point for " + one_of(each.wanted)));
    }
}

}  // namespace gengfu::config
