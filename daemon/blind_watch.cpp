#include "daemon/blind_watch.hpp"

#include <chrono>
#include <utility>

#include "daemon/rules/blind_words.hpp"

namespace gengfu {
namespace {

constexpr Duration kPatience = std::chrono::minutes(1);

}  // namespace

std::vector<config::Text> BlindWatch::look(std::span<const rules::Blind> blind, Monotonic now,
                                           const std::function<bool(DeviceId)>& answers) {
    std::map<RuleId, Monotonic> since;
    std::vector<rules::Blind> news;
    for (const rules::Blind& one : blind) {
        const bool worth_it = one.by == rules::BlindBy::kLimit || one.by == rules::BlindBy::kValue ||
                              one.by == rules::BlindBy::kDirection;
        if (!worth_it || told_.count(one.rule) > 0 || !answers(site_.rules[one.rule.value].device)) {
            continue;
        }
        const auto before = since_.find(one.rule);
        const Monotonic from = before == since_.end() ? now : before->second;
        if (now - from >= kPatience) {
            told_.insert(one.rule);
            news.push_back(one);
        } else {
            since.emplace(one.rule, from);
        }
    }
    since_ = std::move(since);
    std::vector<config::Text> lines;
    for (const rules::BlindGroup& group : rules::gathered(site_, news)) {
        const config::Text words = rules::words_of(site_, group);
        const std::string& device = site_.device(group.device).name;
        lines.push_back({"设备 " + device + ":" + words.zh, "device " + device + ": " + words.en});
    }
    return lines;
}

}  // namespace gengfu
