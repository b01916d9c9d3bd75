#include "daemon/rules/blind_words.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace gengfu::rules {
namespace {

/// "device/rule", or the name alone at the same device.
std::string name_of(const config::Site& site, RuleId id, DeviceId seen_from) {
    const config::Rule& rule = site.rules[id.value];
    return rule.device == seen_from ? rule.name : site.device(rule.device).name + "/" + rule.name;
}

/// Rules of a name (one a point) are named once.
std::string names_of(const config::Site& site, const BlindGroup& group, const char* between) {
    std::vector<std::string> told;
    std::string names;
    for (const RuleId id : group.rules) {
        const std::string& name = site.rules[id.value].name;
        if (std::find(told.begin(), told.end(), name) == told.end()) {
            told.push_back(name);
            names += (names.empty() ? "" : between) + name;
        }
    }
    return names;
}

config::Text why(const config::Site& site, const BlindGroup& group) {
    const std::string point = group.point ? site.spec(*group.point).name : std::string();
    const std::string reason =
        group.reason == Reason::kNone ? std::string() : std::string(to_string(group.reason));
    const std::string en_reason = reason.empty() ? "" : " (" + reason + ")";
    const std::string zh_reason = reason.empty() ? "" : "(" + reason + ")";
    switch (group.by) {
        case BlindBy::kLimit:
            return {"限值取自 " + point + ",而该点从未给出大于 0 的值" + zh_reason +
                        ":请核对该点,或在规则中写明限值",
                    "the limit is taken from " + point + ", which has never given a value above 0" +
                        en_reason + ": is the point right? a limit can be written as a number, too"};
        case BlindBy::kValue:
            return {point + " 没有可判断的值" + zh_reason, "no value of " + point + " to judge" + en_reason};
        case BlindBy::kDirection:
            return {"三个轴的合量太小,没有方向(不足 0.33 g):传感器是否正常,比例是否正确?",
                    "its three axes add up to nothing that has a direction (less than 0.33 g): is the sensor "
                    "alive, "
                    "is the scale right?"};
        case BlindBy::kMember: {
            const std::string member =
                group.member ? name_of(site, *group.member, group.device) : std::string();
            return {"无从得知 " + member + " 是否成立",
                    "nobody knows at present whether " + member + " holds"};
        }
        case BlindBy::kLearning:
            break;
    }
    return {"尚在学习", "it is still learning"};
}

}  // namespace

std::string_view to_string(BlindBy by) {
    switch (by) {
        case BlindBy::kLimit:
            return "limit";
        case BlindBy::kValue:
            return "value";
        case BlindBy::kDirection:
            return "direction";
        case BlindBy::kMember:
            return "member";
        case BlindBy::kLearning:
            break;
    }
    return "learning";
}

std::vector<BlindGroup> gathered(const config::Site& site, std::span<const Blind> blind) {
    std::vector<BlindGroup> groups;
    // There may be as many as rules: a new gateway of a thousand devices has them all learning.
    std::map<std::tuple<DeviceId, BlindBy, std::optional<PointId>, std::optional<RuleId>>, std::size_t> known;
    for (const Blind& one : blind) {
        const DeviceId device = site.rules[one.rule.value].device;
        const auto [at, fresh] = known.try_emplace({device, one.by, one.point, one.member}, groups.size());
        if (fresh) {
            groups.push_back({device, one.by, one.point, one.reason, one.member, {}});
        }
        groups[at->second].rules.push_back(one.rule);
    }
    return groups;
}

config::Text words_of(const config::Site& site, const BlindGroup& group) {
    const config::Text because = why(site, group);
    const bool several = names_of(site, group, ", ").find(',') != std::string::npos;
    return {"规则 " + names_of(site, group, "、") + " 不作判断:" + because.zh,
            (several ? "rules " : "rule ") + names_of(site, group, ", ") +
                (several ? " judge nothing: " : " judges nothing: ") + because.en};
}

}  // namespace gengfu::rules
