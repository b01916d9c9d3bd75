// What the rules of kind `anomaly` have learnt, out of and into the judge.
#include <map>
#include <tuple>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_state.hpp"

namespace gengfu::rules {

std::size_t Judge::learners() const {
    return state_->anomalies.size();
}

Learnt Judge::learnt(std::size_t learner) const {
    const config::Site& site = state_->site;
    const config::Rule& rule = site.rules[state_->anomaly_rules.at(learner)];
    const AnomalyWatch& watch = state_->anomalies.at(learner);
    Learnt out{.device = site.device(rule.device).name,
               .point = rule.point ? site.spec(*rule.point).name : std::string(),
               .rule = rule.name,
               .fingerprint = AnomalyWatch::fingerprint(site, rule),
               .state = std::string(watch.state_size(), '\0')};
    std::vector<std::uint8_t> bytes(watch.state_size());
    watch.save(bytes);
    out.state.assign(bytes.begin(), bytes.end());
    return out;
}

Recalled Judge::recall(std::span<const Learnt> learnt) {
    using Names = std::tuple<std::string_view, std::string_view, std::string_view>;
    std::map<Names, const Learnt*> by_names;
    for (const Learnt& one : learnt) {
        by_names[{one.device, one.point, one.rule}] = &one;
    }
    Recalled told;
    std::size_t found = 0;
    for (std::size_t i = 0; i < state_->anomalies.size(); ++i) {
        const config::Site& site = state_->site;
        const config::Rule& rule = site.rules[state_->anomaly_rules[i]];
        const auto one =
            by_names.find({site.device(rule.device).name,
                           rule.point ? std::string_view(site.spec(*rule.point).name) : "", rule.name});
        if (one == by_names.end()) {
            continue;
        }
        ++found;
        if (one->second->fingerprint != AnomalyWatch::fingerprint(site, rule)) {
            ++told.changed;
            continue;
        }
        const std::vector<std::uint8_t> bytes(one->second->state.begin(), one->second->state.end());
        ++(state_->anomalies[i].restore(bytes) ? told.restored : told.damaged);
    }
    told.changed += by_names.size() - found;
    return told;
}

}  // namespace gengfu::rules
