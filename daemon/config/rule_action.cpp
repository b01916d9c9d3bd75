#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "daemon/config/rule_layer.hpp"
#include "daemon/config/rule_parts.hpp"
#include "daemon/config/text.hpp"

// `action` of a rule: what its alarm writes, and whether the profile of the unit gives leave.
namespace gengfu::config {
namespace {

constexpr Duration kShortestAction = std::chrono::seconds(1);
constexpr Duration kLongestAction = std::chrono::hours(24);
constexpr std::int64_t kMaxValue = std::numeric_limits<std::uint16_t>::max();

}  // namespace

std::optional<ActionDraft> read_action(Reader& reader, const Rule& rule) {
    const Node* const table = reader.table("action");
    if (table == nullptr) {
        return std::nullopt;
    }
    Reader each(*table, "rule.action", reader.subject() + ": action", reader.report());
    const std::size_t before = reader.report().error_count();
    each.require("write");
    each.require("for");
    ActionDraft draft;
    draft.device = each.name("device").value_or("");
    const auto reg = each.parsed("write", parse_register);
    const auto on = each.integer("on", 0, kMaxValue);
    const auto off = each.integer("off", 0, kMaxValue);
    const auto lasts = each.duration("for", kShortestAction, kLongestAction);
    if (reg && reg->space != Space::kCoil && reg->space != Space::kHolding) {
        each.error("write", "write must be a coil: or a holding: register; inputs are only read");
    }
    if (reg && reg->space == Space::kHolding) {
        each.require("on");
        each.require("off");
    }
    draft.action = {
        {}, reg.value_or(Register{}), on.value_or(1), off.value_or(0), lasts.value_or(Duration::zero())};
    draft.at = table->at;
    draft.device_at = each.at("device");
    draft.write_at = each.at("write");
    draft.on_at = each.at("on");
    draft.off_at = each.at("off");
    if (draft.action.on == draft.action.off && reader.report().error_count() == before) {
        each.error(each.has("off") ? "off" : "on",
                   fmt::format("on and off must differ; both are {}", draft.action.on));
    }
    if (!rule.alarm) {
        reader.error("action", "action means nothing in a rule that raises no alarm (alarm = false)");
    }
    each.finish();
    return reader.report().error_count() == before ? std::optional(draft) : std::nullopt;
}

/// \return whether there was something to complain of
bool RuleLayer::complain_action(const Acting& acting, DeviceId device) {
    const Action& action = acting.draft.action;
    const Profile& profile = site_.profile(site_.device(device));
    const std::string subject = fmt::format("rule {}: action", in_quotes(site_.rules[acting.rule].name));
    const auto leave = std::find_if(profile.writable.begin(), profile.writable.end(),
                                    [&](const Writable& writable) { return writable.reg == action.reg; });
    if (leave == profile.writable.end()) {
        report_.error(
            acting.draft.write_at,
            fmt::format("{}: profile {} of device {} gives no leave to write {}: it needs a [[write]] "
                        "for it",
                        subject, in_quotes(profile.name), in_quotes(site_.device(device).name),
                        to_text(action.reg)));
        return true;
    }
    for (const auto& [word, value, at] : {std::tuple("on", action.on, acting.draft.on_at),
                                          std::tuple("off", action.off, acting.draft.off_at)}) {
        if (value < leave->low || value > leave->high) {
            report_.error(at, fmt::format("{}: {} is {}, but profile {} allows only {} to {} in {}", subject,
                                          word, value, in_quotes(profile.name), leave->low, leave->high,
                                          to_text(action.reg)));
            return true;
        }
    }
    return false;
}

void RuleLayer::resolve_actions() {
    struct First {
        Action action;
        At at;
    };
    std::map<std::pair<DeviceId, Register>, First> outputs;
    for (const Acting& acting : acting_) {
        Rule& rule = site_.rules[acting.rule];
        Action action = acting.draft.action;
        action.device = rule.device;
        if (!acting.draft.device.empty()) {
            const auto device =
                std::find_if(site_.devices.begin(), site_.devices.end(),
                             [&](const Device& each) { return each.name == acting.draft.device; });
            if (device == site_.devices.end()) {
                std::vector<std::string> all;
                for (const Device& each : site_.devices) {
                    all.push_back(each.name);
                }
                if (!report_.incomplete()) {
                    report_.error(
                        acting.draft.device_at,
                        fmt::format("rule {}: action: no device is named {}{}", in_quotes(rule.name),
                                    in_quotes(acting.draft.device), did_you_mean(acting.draft.device, all)));
                }
                continue;
            }
            action.device = DeviceId{static_cast<std::uint32_t>(device - site_.devices.begin())};
        }
        if (strange_.contains(action.device) || complain_action(acting, action.device)) {
            continue;
        }
        // Two alarms may sound one siren; they may not pull one valve two ways.
        const auto [first, fresh] =
            outputs.try_emplace({action.device, action.reg}, First{action, acting.draft.write_at});
        if (!fresh && (first->second.action.on != action.on || first->second.action.off != action.off)) {
            report_.error(
                acting.draft.write_at,
                fmt::format("rule {}: action: {} of device {} is written with other values by the "
                            "action at {}: on and off must be the same",
                            in_quotes(rule.name), to_text(action.reg),
                            in_quotes(site_.device(action.device).name), report_.place(first->second.at)));
            continue;
        }
        rule.action = action;
    }
}

}  // namespace gengfu::config
