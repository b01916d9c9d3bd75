#include "daemon/alarms/memory.hpp"

#include <map>
#include <set>
#include <utility>

#include "daemon/alarms/describe.hpp"

namespace gengfu::alarms {
namespace {

using Rules = std::map<Key, const config::Rule*>;

/// Level that has this severity; -1 when none has (the configuration has changed) or the rule is gone.
int level_of(const Rules& rules, const Key& key, Severity severity) {
    const auto found = rules.find(key);
    if (found == rules.end()) {
        return -1;
    }
    const config::Rule& rule = *found->second;
    if (rule.levels.empty()) {
        return rule.severity == severity ? 0 : -1;
    }
    for (int i = 0; const config::Level& level : rule.levels) {
        if (level.severity == severity) {
            return i;
        }
        ++i;
    }
    return -1;
}

rules::RuleMemory bare(const Alarm& alarm, int level) {
    rules::RuleMemory memory;
    memory.device = alarm.key.device;
    memory.point = alarm.key.point;
    memory.rule = alarm.key.rule;
    memory.active = true;
    memory.uncertain = alarm.uncertain;
    memory.level = level;
    memory.pending_level = level;
    return memory;
}

}  // namespace

std::vector<rules::RuleMemory> memory_from(const std::vector<const Alarm*>& standing,
                                           std::span<const rules::RuleMemory> saved,
                                           const config::Site& site) {
    Rules by_key;
    for (const config::Rule& rule : site.rules) {
        by_key.emplace(key_of(site, rule), &rule);
    }
    std::map<Key, const Alarm*> active;
    for (const Alarm* alarm : standing) {
        if (alarm->active) {
            active[alarm->key] = alarm;
        }
    }
    std::vector<rules::RuleMemory> memory;
    std::set<Key> remembered;
    std::map<Key, const rules::RuleMemory*> counting;
    for (const rules::RuleMemory& one : saved) {
        const Key key{one.device, one.point, one.rule};
        const auto found = active.find(key);
        const auto rule = by_key.find(key);
        const bool mere_condition = rule != by_key.end() && !rule->second->alarm;
        if ((!one.active || mere_condition) && found == active.end()) {
            memory.push_back(one);  // on its way to a raise, or a condition that only groups ask for
        } else if (one.active && found != active.end() && one.level >= 0 &&
                   one.level == level_of(by_key, key, found->second->severity)) {
            memory.push_back(one);
            memory.back().uncertain = found->second->uncertain;
            remembered.insert(key);
        } else if (one.counted) {
            counting[key] = &one;
        }
    }
    for (const auto& [key, alarm] : active) {
        if (remembered.count(key) == 0) {
            memory.push_back(bare(*alarm, level_of(by_key, key, alarm->severity)));
            if (const auto found = counting.find(key); found != counting.end()) {
                // What has made it an alarm goes on towards a graver one.
                memory.back().counted = found->second->counted;
                memory.back().low = found->second->low;
                memory.back().high = found->second->high;
            }
        }
    }
    return memory;
}

}  // namespace gengfu::alarms
