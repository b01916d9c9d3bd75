#include "daemon/config/rule_layer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/limits.hpp"
#include "daemon/config/reach.hpp"
#include "daemon/config/roles.hpp"
#include "daemon/config/rule_fit.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

constexpr int kIntervalsWithoutValue = 5;  ///< as after which an alarm is uncertain

bool watches_device(const RuleDraft& draft) {
    return (draft.kind == RuleKind::kSilent && draft.point.empty() && draft.role.empty()) ||
           (draft.kind && is_group(*draft.kind));
}

std::optional<PointRef> point_of(const Profile& profile, std::string_view role) {
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        if (profile.points[i].role == role) {
            return static_cast<PointRef>(i);
        }
    }
    return std::nullopt;
}

/// x, y and z of what a rule of three axes looks for: role "gravity" means gravity_x, gravity_y, gravity_z.
std::vector<PointRef> find_axes(const RuleDraft& draft, const Profile& profile) {
    std::vector<PointRef> axes;
    if (draft.kind != RuleKind::kMoved && draft.kind != RuleKind::kOccupied) {
        return axes;
    }
    for (const char* const axis : {"_x", "_y", "_z"}) {
        if (const auto found = point_of(profile, draft.role + axis); found && !draft.role.empty()) {
            axes.push_back(*found);
        }
    }
    constexpr std::size_t kAxes = 3;
    return axes.size() == kAxes ? axes : std::vector<PointRef>{};
}

std::vector<PointRef> find_points(const RuleDraft& draft, const Profile& profile) {
    std::vector<PointRef> found;
    if (const std::vector<PointRef> axes = find_axes(draft, profile); !axes.empty()) {
        return {*std::max_element(axes.begin(), axes.end())};  // judged when the last of them has come
    }
    if (draft.kind == RuleKind::kMoved) {
        return found;
    }
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        const PointSpec& spec = profile.points[i];
        const bool wanted = draft.point.empty() ? spec.role == draft.role : spec.name == draft.point;
        if (wanted && !(draft.point.empty() && draft.role.empty())) {
            found.push_back(static_cast<PointRef>(i));
        }
    }
    return found;
}

/// How often the point is read; nothing for one read once a connection.
std::optional<Duration> interval_of(const Device& device, const PointSpec& spec) {
    if (spec.read_on_connect) {
        return std::nullopt;
    }
    return spec.interval.value_or(device.interval);
}

/// Of the point read most often.
Duration shortest_interval(const Device& device, const Profile& profile) {
    std::optional<Duration> shortest;
    for (const PointSpec& spec : profile.points) {
        const auto interval = interval_of(device, spec);
        if (interval && (!shortest || *interval < *shortest)) {
            shortest = interval;
        }
    }
    return shortest.value_or(device.interval);
}

}  // namespace

const RuleLayer::SharedRules& RuleLayer::shared_rules(const DeviceReader::Draft& device) {
    const auto [found, fresh] = shared_.try_emplace(std::pair(device.device_class, device.profile));
    SharedRules& rules = found->second;
    if (!fresh) {
        return rules;
    }
    for (const Entry& entry :
         device.device_class == nullptr ? std::vector<Entry>{} : device.device_class->rules) {
        Shared shared{entry.value, {}, true};
        if (const Entry* const refined = find_entry(device.profile->rules, entry.key)) {
            overlay_rule(shared.merged, refined->value);
        }
        shared.draft = read_rule(entry.key, shared.merged, report_);
        rules.push_back(std::move(shared));
    }
    std::vector<std::string> names;
    for (const Shared& shared : rules) {
        names.push_back(shared.draft.name);
    }
    for (const Entry& entry : device.profile->rules) {
        if (std::find(names.begin(), names.end(), entry.key) != names.end()) {
            continue;
        }
        if (entry.value.find("kind") != nullptr) {
            rules.push_back({entry.value, read_rule(entry.key, entry.value, report_), false});
        } else if (const std::string meant = nearest(entry.key, names); !meant.empty()) {
            // Without a near name it refines a rule of another class that the profile serves, too.
            report_.error(entry.at, fmt::format("profile {}: class {} has no rule {}; did you mean {}?",
                                                in_quotes(device.profile->profile.name),
                                                in_quotes(device.device_class->name), in_quotes(entry.key),
                                                in_quotes(meant)));
        }
    }
    return rules;
}

std::string RuleLayer::owner_of(const DeviceReader::Draft& device) const {
    return "device " + in_quotes(site_.device(device.id).name);
}

void RuleLayer::apply(const DeviceReader::Draft& device) {
    if (device.profile == nullptr || device.profile->profile.points.empty() ||
        (device.has_class && device.device_class == nullptr)) {
        if (device.profile == nullptr) {
            strange_.insert(device.id);
        }
        return;  // reported: nothing that follows from it
    }
    const SharedRules& shared = shared_rules(device);
    Tally tally;
    for (const Shared& each : shared) {
        const Entry* const own = find_entry(device.rules, each.draft.name);
        if (own == nullptr) {
            lay(device, each.draft, nullptr, tally);
            continue;
        }
        const Entry* const kind = own->value.find("kind");
        const Entry* const below = each.merged.find("kind");
        if (kind != nullptr && below != nullptr && kind->value.text != below->value.text) {
            report_.error(
                kind->value.at,
                fmt::format(
                    "device {}: rule {} is one of kind {} already; give a rule of your own another name",
                    in_quotes(site_.device(device.id).name), in_quotes(own->key),
                    in_quotes(below->value.text)));
            ++tally.unsound;
            continue;
        }
        Node merged = each.merged;
        overlay_rule(merged, own->value);
        const RuleDraft draft = read_rule(own->key, merged, report_, owner_of(device));
        if (each.of_class) {
            doubt_weakened(device, each.draft, draft, *own);
        }
        lay(device, draft, own, tally);
    }
    lay_own(device, shared, tally);
    conclude(device, tally);
}

/// Rules that stand at the device only.
void RuleLayer::lay_own(const DeviceReader::Draft& device, const SharedRules& shared, Tally& tally) {
    std::vector<std::string> names;
    for (const Shared& each : shared) {
        names.push_back(each.draft.name);
    }
    for (const Entry& entry : device.rules) {
        if (std::find(names.begin(), names.end(), entry.key) != names.end()) {
            continue;
        }
        const std::string subject = owner_of(device);
        if (!parse_name(entry.key)) {
            report_.error(entry.at, fmt::format("{}: rule {}: a name is made of a-z A-Z 0-9 . _ -", subject,
                                                in_quotes(entry.key)));
        } else if (entry.value.find("kind") != nullptr || entry.value.kind != Node::Kind::kTable) {
            lay(device, read_rule(entry.key, entry.value, report_, subject), &entry, tally);
            continue;
        } else if (device.device_class == nullptr) {
            report_.error(
                entry.at,
                fmt::format("{}: rule {} has no kind, and the device has no class whose rule it could "
                            "change",
                            subject, in_quotes(entry.key)));
        } else {
            report_.error(entry.at,
                          fmt::format("{}: class {} has no rule {}{} (a rule of its own needs a kind)",
                                      subject, in_quotes(device.device_class->name), in_quotes(entry.key),
                                      did_you_mean(entry.key, names)));
        }
        ++tally.unsound;
    }
}

void RuleLayer::lay(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                    Tally& tally) {
    if (!draft.sound) {
        ++tally.unsound;
        return;
    }
    if (!draft.enabled) {
        const bool by_device = own != nullptr && own->value.find("enabled") != nullptr;
        ++(by_device ? tally.off_by_device : tally.off);
        idle_[{site_.device(device.id).name, draft.name}] = "is switched off (enabled = false)";
        return;
    }
    if (!draft.points.empty()) {
        lay_together(device, draft, own, tally);
        return;
    }
    const std::vector<PointRef> points = find_points(draft, device.profile->profile);
    const bool whole = watches_device(draft);
    const bool nowhere = !whole && points.empty() && !(draft.point.empty() && draft.role.empty());
    if (nowhere) {
        lose(device, draft, own, tally);
        return;
    }
    if (complain_missing(device, draft, own)) {
        ++tally.unsound;
        return;
    }
    const Device& of = site_.device(device.id);
    if (whole) {
        Rule rule = draft.rule;
        const bool timely = is_group(*draft.kind) ||
                            fits_time(device, draft, own, shortest_interval(of, device.profile->profile));
        const bool added = timely && add(device, draft, std::move(rule));
        tally.watching += added ? 1U : 0U;
        if (added && is_group(*draft.kind)) {
            const bool named = own != nullptr || device.device_class == nullptr ||
                               find_entry(device.device_class->rules, draft.name) == nullptr;
            groups_.push_back({site_.rules.size() - 1, draft.members, named});
        }
        tally.unsound += timely ? 0U : 1U;
        return;
    }
    for (const PointRef point : points) {
        const std::optional<RuleDraft> paced = at_pace_of(device, draft, own, point);
        const RuleDraft& laid = paced ? *paced : draft;
        Rule rule = laid.rule;
        rule.point = PointId{of.first_point.value + point};
        if (!find_inputs(device, laid, rule)) {
            ++tally.unsound;
            continue;
        }
        rule.deadband = deadband_of(laid, device.profile->profile.points[point]);
        if (fits(device, laid, rule, own)) {
            const bool measured = !is_helper_role(draft.role) && rule.kind != RuleKind::kSilent;
            const std::size_t added = add(device, draft, std::move(rule)) ? 1U : 0U;
            (measured ? tally.judging : tally.watching) += added;
            tally.alarming += measured && draft.rule.alarm ? added : 0U;
        } else {
            ++tally.unsound;
        }
    }
}

/// A class does not know how often a point is read: that a value is wanting is told after so many of its
/// intervals at the earliest, where the device does not say it otherwise.
std::optional<RuleDraft> RuleLayer::at_pace_of(const DeviceReader::Draft& device, const RuleDraft& draft,
                                               const Entry* own, PointRef point) const {
    const Device& of = site_.device(device.id);
    const std::optional<Duration> interval = interval_of(of, device.profile->profile.points[point]);
    if (draft.kind != RuleKind::kSilent || own != nullptr || !interval) {
        return std::nullopt;
    }
    const Duration timeout = of.bus.value < site_.buses.size() ? site_.bus(of.bus).timeout : Duration::zero();
    RuleDraft paced = draft;
    paced.rule.silent_for = std::max(draft.rule.silent_for, kIntervalsWithoutValue * *interval + timeout);
    return paced;
}

/// The other points that a rule judges by.
bool RuleLayer::find_inputs(const DeviceReader::Draft& device, const RuleDraft& draft, Rule& rule) {
    const Profile& profile = device.profile->profile;
    const std::uint32_t first = site_.device(device.id).first_point.value;
    for (const PointRef axis : find_axes(draft, profile)) {
        rule.axes.push_back(PointId{first + axis});
    }
    if (const auto warm = point_of(profile, "temperature");
        warm && rule.kind == RuleKind::kOccupied && !rule.axes.empty()) {
        rule.temperature = PointId{first + *warm};
    }
    if (draft.limit_of.empty()) {
        return true;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        const PointSpec& spec = profile.points[i];
        names.push_back(spec.name);
        if (spec.name == draft.limit_of && spec.type != Type::kString) {
            rule.limit_point = PointId{first + static_cast<std::uint32_t>(i)};
        }
    }
    if (!rule.limit_point || rule.limit_point == rule.point) {
        report_.error(draft.limits_at,
                      fmt::format("device {}: rule {} takes its limit from point {}, which {}{}",
                                  in_quotes(site_.device(device.id).name), in_quotes(draft.name),
                                  in_quotes(draft.limit_of),
                                  rule.limit_point ? "is the one it judges"
                                                   : "profile " + in_quotes(profile.name) + " does not have",
                                  rule.limit_point ? "" : did_you_mean(draft.limit_of, names)));
        return false;
    }
    return true;
}

bool RuleLayer::complain_missing(const DeviceReader::Draft& device, const RuleDraft& draft,
                                 const Entry* own) {
    if (draft.missing.empty()) {
        return false;
    }
    const std::string of_class =
        device.device_class == nullptr || find_entry(device.device_class->rules, draft.name) == nullptr
            ? ""
            : fmt::format(" of class {}", in_quotes(device.device_class->name));
    report_.error(own == nullptr ? device.at : own->at,
                  fmt::format("device {}: rule {}{} needs {}: set it in [device.rule.{}]",
                              in_quotes(site_.device(device.id).name), in_quotes(draft.name), of_class,
                              fmt::join(draft.missing, ", "), draft.name));
    return true;
}

bool RuleLayer::fits(const DeviceReader::Draft& device, const RuleDraft& draft, const Rule& rule,
                     const Entry* own) {
    const PointSpec& spec = site_.spec(*rule.point);
    const std::optional<Duration> interval = interval_of(site_.device(device.id), spec);
    const std::string subject =
        fmt::format("{}rule {} on point {} of profile {}", own == nullptr ? "" : owner_of(device) + ": ",
                    in_quotes(rule.name), in_quotes(spec.name), in_quotes(device.profile->profile.name));
    if (const std::string mistake = type_mistake(rule.kind, spec); !mistake.empty()) {
        report_.error(draft.selector_at, fmt::format("{}: {}", subject, mistake));
        return false;
    }
    const bool of_class = own == nullptr && device.device_class != nullptr &&
                          find_entry(device.device_class->rules, rule.name) != nullptr;
    const At once_at = is_over_time(rule.kind) ? draft.limits_at : draft.delay_at;
    for (const auto& [at, mistake] : {std::pair(draft.limits_at, range_mistake(rule, spec)),
                                      std::pair(draft.limits_at, reach_mistake(rule, spec)),
                                      std::pair(draft.clearing_at, clearing_mistake(rule, spec)),
                                      std::pair(draft.clearing_at, reach_sticks(rule, spec)),
                                      std::pair(once_at, interval ? std::string() : once_mistake(rule))}) {
        if (!mistake.empty()) {
            const std::string advice =
                of_class ? fmt::format("; a device's own word goes into [device.rule.{}]", rule.name) : "";
            report_.error(at, fmt::format("{}: {}{}", subject, mistake, advice));
            return false;
        }
    }
    if (const std::string doubt = of_class ? "" : reach_doubt(rule, spec); !doubt.empty()) {
        report_.warning(draft.limits_at, fmt::format("{}: {}", subject, doubt));
    }
    return !interval || fits_time(device, draft, own, *interval);
}

/// A time not much longer than the pause between two readings would make silence of every lost answer, and a
/// slope of every two readings.
bool RuleLayer::fits_time(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                          Duration interval) {
    const bool stuck = draft.rule.kind == RuleKind::kStuck;
    const bool silent = draft.rule.kind == RuleKind::kSilent || stuck;
    if (!silent && draft.rule.kind != RuleKind::kRate) {
        return true;
    }
    const Device& of = site_.device(device.id);
    const Duration time = silent ? draft.rule.silent_for : draft.rule.window;
    const bool bus_known = of.bus.value < site_.buses.size();  // else reported
    const Duration timeout = silent && !stuck && bus_known ? site_.bus(of.bus).timeout : Duration::zero();
    const Duration shortest = 2 * interval + timeout;
    if (time >= shortest) {
        return true;
    }
    const std::string least = readable(shortest);
    const std::string advice =
        parse_duration(least) ? "" : fmt::format(" (\"{}\" would do)", to_text(rounded_up(shortest)));
    const bool said = own != nullptr && draft.time_at.file == own->value.at.file;
    report_.error(
        said             ? draft.time_at
        : own != nullptr ? own->at
                         : device.at,
        fmt::format("device {}: rule {}: {} ({}) must be at least {}: two intervals{}{}", in_quotes(of.name),
                    in_quotes(draft.name), silent ? "for" : "window", readable(time), least,
                    silent && !stuck ? " and the bus's timeout" : "", advice));
    return false;
}

bool RuleLayer::add(const DeviceReader::Draft& device, const RuleDraft& draft, Rule rule) {
    if (site_.rules.size() >= kMaxRules) {
        if (!full_) {
            report_.error(device.at, fmt::format("more than {} rules in all", kMaxRules));
        }
        full_ = true;
        return false;
    }
    anomalies_ += rule.kind == RuleKind::kAnomaly ? 1U : 0U;
    if (anomalies_ > kMaxAnomalyRules) {
        if (!too_many_anomalies_) {
            report_.error(device.at,
                          fmt::format("more than {} rules of kind \"anomaly\" in all", kMaxAnomalyRules));
        }
        too_many_anomalies_ = true;
        return false;
    }
    rule.device = device.id;
    if (draft.action) {
        acting_.push_back({site_.rules.size(), *draft.action});
    }
    site_.rules.push_back(std::move(rule));
    return true;
}

}  // namespace gengfu::config
