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

/// A chattering alarm stands whether its condition holds or not. That of a group is judged by its members,
/// which are in doubt themselves where they have to be.
bool leaves_doubt(const Rules& rules, const Alarm& alarm) {
    const auto rule = rules.find(alarm.key);
    return alarm.chattering && rule != rules.end() && !config::is_group(rule->second->kind);
}

/// Of what was saved: which rules held their condition for true.
std::set<Key> held(std::span<const rules::RuleMemory> saved) {
    std::set<Key> keys;
    for (const rules::RuleMemory& one : saved) {
        if (one.active) {
            keys.insert({one.device, one.point, one.rule});
        }
    }
    return keys;
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
    const std::set<Key> holding = held(saved);
    const auto at_rest = [&](const Alarm& alarm) {
        return leaves_doubt(by_key, alarm) && holding.count(alarm.key) == 0;
    };
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
            memory.back().in_doubt = leaves_doubt(by_key, *found->second);
            remembered.insert(key);
        } else if (!one.active && at_rest(*found->second)) {
            memory.push_back(one);
            memory.back().in_doubt = true;
            remembered.insert(key);
        } else if (one.counted) {
            counting[key] = &one;
        }
    }
    for (const auto& [key, alarm] : active) {
        if (remembered.count(key) == 0) {
            const bool rests = at_rest(*alarm);
            memory.push_back(bare(*alarm, rests ? -1 : level_of(by_key, key, alarm->severity)));
            memory.back().active = !rests;
            memory.back().in_doubt = leaves_doubt(by_key, *alarm);
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
