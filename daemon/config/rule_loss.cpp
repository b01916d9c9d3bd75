#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/roles.hpp"
#include "daemon/config/rule_layer.hpp"
#include "daemon/config/text.hpp"

// The part of RuleLayer that speaks up when a rule, or a whole device, would go unjudged.
namespace gengfu::config {
namespace {

enum class Selector : std::uint8_t { kRole, kPoint };

/// The roles, or the names, of the points that are there.
std::vector<std::string> words_of(const Profile& profile, Selector selector) {
    std::vector<std::string> words;
    for (const PointSpec& spec : profile.points) {
        const std::string& word = selector == Selector::kRole ? spec.role : spec.name;
        if (!word.empty()) {
            words.push_back(word);
        }
    }
    return words;
}

}  // namespace

void RuleLayer::lose(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                     Tally& tally) {
    const std::string& profile = device.profile->profile.name;
    const bool by_role = draft.point.empty();
    const std::string& wanted = by_role ? draft.role : draft.point;
    const std::vector<std::string> there =
        words_of(device.profile->profile, by_role ? Selector::kRole : Selector::kPoint);
    if (own != nullptr) {
        // Somebody wrote this rule for this device: it must not get lost.
        const std::string what =
            draft.kind == RuleKind::kMoved
                ? std::string(
                      "kind \"moved\" judges three axes: role = \"gravity\" means the points with roles "
                      "gravity_x, gravity_y and gravity_z, which this profile has not all")
                : fmt::format("profile {} has no point {} {}{}", in_quotes(profile),
                              by_role ? "with role" : "named", in_quotes(wanted),
                              did_you_mean(wanted, there));
        report_.error(draft.selector_at.line > 0 && own->value.find(by_role ? "role" : "point") != nullptr
                          ? draft.selector_at
                          : own->at,
                      fmt::format("device {}: rule {}: {}", in_quotes(site_.device(device.id).name),
                                  in_quotes(draft.name), what));
        ++tally.unsound;
        return;
    }
    const bool of_class =
        device.device_class != nullptr && find_entry(device.device_class->rules, draft.name) != nullptr;
    if (!of_class) {
        report_.error(draft.selector_at,
                      fmt::format("profile {}: rule {}: there is no point {} {}{}", in_quotes(profile),
                                  in_quotes(draft.name), by_role ? "with role" : "named", in_quotes(wanted),
                                  did_you_mean(wanted, there)));
        ++tally.unsound;
        return;
    }
    ++tally.lost;
    idle_[{site_.device(device.id).name, draft.name}] =
        fmt::format("judges nothing: profile {} has no point {} {}", in_quotes(profile),
                    by_role ? "with role" : "named", in_quotes(wanted));
    if (std::find(tally.wanted.begin(), tally.wanted.end(), in_quotes(wanted)) == tally.wanted.end()) {
        tally.wanted.push_back(in_quotes(wanted));
    }
    if (by_role) {
        doubt_roles(device, draft);
    }
}

/// A class rule found no point: perhaps because the profile misspells the role.
void RuleLayer::doubt_roles(const DeviceReader::Draft& device, const RuleDraft& draft) {
    const std::vector<Entry>& rules = device.device_class->rules;
    for (std::size_t i = 0; i < device.profile->profile.points.size(); ++i) {
        const std::string& role = device.profile->profile.points[i].role;
        const bool sought = std::any_of(rules.begin(), rules.end(), [&](const Entry& rule) {
            const Entry* const entry = rule.value.find("role");
            return entry != nullptr && entry->value.text == role;
        });
        if (!role.empty() && !sought && !is_known_role(role) && !nearest(role, {draft.role}).empty()) {
            report_.warning(
                device.profile->roles_at[i],
                fmt::format("profile {}: no rule of class {} looks for role {}, and rule {} finds no point; "
                            "did you mean {}?",
                            in_quotes(device.profile->profile.name), in_quotes(device.device_class->name),
                            in_quotes(role), in_quotes(draft.name), in_quotes(draft.role)));
        }
    }
}

/// A device that is configured and that nothing judges must never go unnoticed.
void RuleLayer::conclude(const DeviceReader::Draft& device, const Tally& tally) {
    if (device.has_class && tally.judging > 0 && tally.alarming == 0 && tally.unsound == 0) {
        conditional_.push_back({device.id, device.class_at, device.device_class->name, tally.wanted});
    }
    if (tally.judging > 0 || tally.unsound > 0 || report_.incomplete()) {
        return;
    }
    const std::string subject = "device " + in_quotes(site_.device(device.id).name);
    if (!device.has_class) {
        if (tally.watching == 0) {
            report_.warning(device.at,
                            subject +
                                ": no class and no rule of its own: its values are reported and never "
                                "judged");
        }
        return;
    }
    const std::string& name = device.device_class->name;
    if (tally.off_by_device > 0) {
        report_.warning(device.class_at,
                        fmt::format("{}: its rules are switched off, no value of it is judged", subject));
    } else if (tally.lost > 0) {
        report_.error(
            device.class_at,
            fmt::format(
                "{}: class {} judges nothing here: profile {} has no point for {}{}", subject,
                in_quotes(name), in_quotes(device.profile->profile.name), one_of(tally.wanted),
                tally.off > 0 ? ", and its other rules are switched off until a device enables them" : ""));
    } else if (tally.off > 0) {
        report_.error(device.class_at,
                      fmt::format("{}: class {} judges nothing here: its rules are switched off until a "
                                  "device enables them",
                                  subject, in_quotes(name)));
    } else if (tally.watching == 0) {
        report_.error(device.class_at, fmt::format("{}: class {} has no rules", subject, in_quotes(name)));
    }
}

}  // namespace gengfu::config
