#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/limits.hpp"
#include "daemon/config/rule_kind.hpp"
#include "daemon/config/rule_layer.hpp"
#include "daemon/config/text.hpp"

// The part of RuleLayer that deals with rules over rules: `all`, `any`, `count`, at a device or across
// devices.
namespace gengfu::config {
namespace {

/// Takes a key of [[rule]] that a rule of a device has no use for out of the table.
std::optional<Entry> take(Node& table, std::string_view key) {
    const auto found = std::find_if(table.entries.begin(), table.entries.end(),
                                    [key](const Entry& entry) { return entry.key == key; });
    if (found == table.entries.end()) {
        return std::nullopt;
    }
    Entry entry = std::move(*found);
    table.entries.erase(found);
    return entry;
}

std::optional<std::string> name_in(const std::optional<Entry>& entry) {
    if (!entry || entry->value.kind != Node::Kind::kString || !parse_name(entry->value.text)) {
        return std::nullopt;
    }
    return entry->value.text;
}

}  // namespace

void RuleLayer::apply_across(const Node& root) {
    Reader top(root, "", "configuration", report_);
    Names names("rule");
    for (const Node* const table : top.tables("rule", kMaxRules)) {
        read_across(*table, names);
    }
}

void RuleLayer::read_across(const Node& table, Names& names) {
    Node rest = table;
    const std::optional<Entry> named = take(rest, "name");
    const std::optional<Entry> at_device = take(rest, "device");
    const std::optional<std::string> name = name_in(named);
    if (!name) {
        report_.error(named ? named->value.at : table.at,
                      "rule: name must be given: 1 to 64 of a-z A-Z 0-9 . _ -");
        return;
    }
    names.define(*name, named->value.at, report_);
    const RuleDraft draft = read_rule(*name, rest, report_);
    if (!draft.sound || !draft.enabled) {
        return;
    }
    if (!draft.missing.empty()) {
        report_.error(table.at,
                      fmt::format("rule {} needs {}", in_quotes(*name), fmt::join(draft.missing, ", ")));
        return;
    }
    if (!is_group(*draft.kind)) {
        report_.error(
            rest.find("kind") != nullptr ? rest.find("kind")->value.at : table.at,
            fmt::format("rule {}: [[rule]] judges rules of several devices and must be of kind \"all\", "
                        "\"any\" or \"count\"; a rule of kind {} stands at its device, [device.rule.{}]",
                        in_quotes(*name), in_quotes(to_string(*draft.kind)), *name));
        return;
    }
    // Where the alarm is, and whose: at the device that is said, else at that of the first rule of the list.
    const auto first =
        std::find_if(draft.members.begin(), draft.members.end(),
                     [](const MemberDraft& member) { return !member.negated && !member.device.empty(); });
    if (first == draft.members.end() && !at_device) {
        if (!report_.incomplete()) {
            report_.error(draft.members.front().at,
                          fmt::format("rule {}: {}", in_quotes(*name), owner_missing(draft.members.front())));
        }
        return;
    }
    if (at_device && !name_in(at_device)) {
        report_.error(at_device->value.at,
                      fmt::format("rule {}: device must be the name of a device; found {}", in_quotes(*name),
                                  describe(at_device->value)));
        return;
    }
    const std::string place = at_device ? *name_in(at_device) : first->device;
    const At at = at_device ? at_device->value.at : first->at;
    const auto device = std::find_if(site_.devices.begin(), site_.devices.end(),
                                     [&](const Device& each) { return each.name == place; });
    if (device == site_.devices.end()) {
        std::vector<std::string> all;
        for (const Device& each : site_.devices) {
            all.push_back(each.name);
        }
        if (!report_.incomplete()) {
            report_.error(at, fmt::format("rule {}: no device is named {}{}", in_quotes(*name),
                                          in_quotes(place), did_you_mean(place, all)));
        }
        return;
    }
    DeviceReader::Draft where;
    where.id = DeviceId{static_cast<std::uint32_t>(device - site_.devices.begin())};
    where.at = table.at;
    const bool taken = std::any_of(site_.rules.begin(), site_.rules.end(), [&](const Rule& rule) {
        return rule.device == where.id && rule.name == *name;
    });
    if (taken) {
        report_.error(named->value.at, fmt::format("rule {}: device {} has a rule of this name already",
                                                   in_quotes(*name), in_quotes(place)));
        return;
    }
    if (add(where, draft, draft.rule)) {
        groups_.push_back({site_.rules.size() - 1, draft.members, true});
    }
}

void RuleLayer::resolve_groups() {
    Found found;
    for (std::size_t i = 0; i < site_.rules.size(); ++i) {
        const Rule& rule = site_.rules[i];
        found[{site_.device(rule.device).name, rule.name}].push_back(RuleId{static_cast<std::uint32_t>(i)});
    }
    std::vector<std::size_t> lost;
    for (const Group& group : groups_) {
        if (!resolve(group, found)) {
            lost.push_back(group.rule);
        }
    }
    drop(lost);
    doubt_conditions();
}

/// \return false when the group asks for what its device does not have: it is left out, as a rule of a class
/// that finds no point.
bool RuleLayer::resolve(const Group& group, const Found& found) {
    Rule& rule = site_.rules[group.rule];
    bool whole = complain_repeated(group);
    for (const MemberDraft& member : group.members) {
        const std::string device = member.device.empty() ? site_.device(rule.device).name : member.device;
        const auto rules = found.find({device, member.rule});
        const bool nested = rules != found.end() && is_group(site_.rules[rules->second.front().value].kind);
        if (rules == found.end() || nested) {
            if ((group.named || !member.device.empty() || nested) && !report_.incomplete()) {
                complain_member(group, member, device, found);
            }
            whole = false;
            continue;
        }
        // What a safety rule leans on is read as early as what it judges itself.
        for (const RuleId each : rules->second) {
            site_.rules[each.value].safety = site_.rules[each.value].safety || rule.safety;
        }
        rule.members.push_back({rules->second, member.negated});
    }
    return whole;
}

/// One rule counts once, and a rule and its opposite say nothing. \return whether each stands there once
bool RuleLayer::complain_repeated(const Group& group) {
    const Rule& rule = site_.rules[group.rule];
    std::map<std::pair<std::string, std::string>, const MemberDraft*> seen;
    for (const MemberDraft& member : group.members) {
        const std::string device = member.device.empty() ? site_.device(rule.device).name : member.device;
        const auto [before, fresh] = seen.try_emplace({device, member.rule}, &member);
        if (fresh) {
            continue;
        }
        const std::string full = in_quotes(member.device.empty() ? member.rule : device + "/" + member.rule);
        report_.error(
            member.at,
            before->second->negated == member.negated
                ? fmt::format("rule {}: of lists {} twice; one rule counts once", in_quotes(rule.name), full)
                : fmt::format("rule {}: of lists {} both with and without \"not\"; keep one of them",
                              in_quotes(rule.name), full));
        return false;
    }
    return true;
}

/// What to write for a rule of a [[rule]] that says nowhere whose rules it judges.
std::string RuleLayer::owner_missing(const MemberDraft& member) const {
    std::vector<std::string> names, owners;
    for (const Rule& rule : site_.rules) {
        const std::string full = site_.device(rule.device).name + "/" + rule.name;
        names.push_back(rule.name);
        constexpr std::size_t kSome = 3;
        if (rule.name == member.rule && owners.size() < kSome &&
            std::find(owners.begin(), owners.end(), in_quotes(full)) == owners.end()) {
            owners.push_back(in_quotes(full));
        }
    }
    const auto idle = std::find_if(idle_.begin(), idle_.end(),
                                   [&](const auto& each) { return each.first.second == member.rule; });
    std::string hint;
    if (!owners.empty()) {
        hint = fmt::format("; did you mean {}?", one_of(owners));
    } else if (idle != idle_.end()) {
        hint = fmt::format("; {} {}", in_quotes(idle->first.first + "/" + member.rule), idle->second);
    } else {
        hint = did_you_mean(member.rule, names);
    }
    return fmt::format(
        "of lists {}, which does not say whose rule it is: write \"device/rule\", or say "
        "device = \"...\"{}",
        in_quotes(member.rule), hint);
}

void RuleLayer::complain_member(const Group& group, const MemberDraft& member, const std::string& device,
                                const Found& found) {
    const Rule& rule = site_.rules[group.rule];
    const std::string subject = fmt::format("rule {}", in_quotes(rule.name));
    const std::string full = device + "/" + member.rule;
    if (found.contains({device, member.rule})) {
        report_.error(member.at, fmt::format("{}: {} is a group itself: list its rules instead", subject,
                                             in_quotes(full)));
        return;
    }
    if (const auto idle = idle_.find({device, member.rule}); idle != idle_.end()) {
        const std::string& owner = site_.device(rule.device).name;
        const std::string remedy =
            owner != device ? std::string()
                            : fmt::format(
                                  "; take it out of the list, or the whole rule away from device {} "
                                  "([device.rule.{}], enabled = false)",
                                  in_quotes(owner), rule.name);
        report_.error(member.at, fmt::format("{}: {} {}{}", subject, in_quotes(full), idle->second, remedy));
        return;
    }
    std::vector<std::string> devices;
    for (const Device& each : site_.devices) {
        devices.push_back(each.name);
    }
    if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
        report_.error(member.at, fmt::format("{}: {}: no device is named {}{}", subject, in_quotes(full),
                                             in_quotes(device), did_you_mean(device, devices)));
        return;
    }
    std::vector<std::string> names;
    for (const auto& [name, rules] : found) {
        names.push_back(name.first + "/" + name.second);
    }
    report_.error(member.at, fmt::format("{}: there is no rule {}{}", subject, in_quotes(full),
                                         did_you_mean(full, names)));
}

void RuleLayer::drop(const std::vector<std::size_t>& lost) {
    if (lost.empty()) {
        return;
    }
    std::vector<std::uint32_t> moved(site_.rules.size());
    std::vector<Rule> kept;
    for (std::size_t i = 0; i < site_.rules.size(); ++i) {
        moved[i] = static_cast<std::uint32_t>(kept.size());
        if (std::find(lost.begin(), lost.end(), i) == lost.end()) {
            kept.push_back(std::move(site_.rules[i]));
        }
    }
    for (Rule& rule : kept) {
        for (Member& member : rule.members) {
            for (RuleId& each : member.rules) {
                each.value = moved[each.value];
            }
        }
    }
    site_.rules = std::move(kept);
}

}  // namespace gengfu::config
