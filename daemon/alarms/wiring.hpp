#pragma once

#include <map>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::alarms {

/// What explains what, from the wiring: a line explains the silence of the devices on it, a feed that of
/// those that it feeds, a silent device that of its points. Only silence is explained: a danger that was seen
/// before the line went stays what it is. A group is explained by what explains all that it holds by. Pure.
class Wiring {
public:
    explicit Wiring(const config::Site& site);

    /// Conditions that would explain `key`, the one nearest to the root first; empty: none can.
    const std::vector<Key>& causes_of(const Key& key) const;

    /// Rules over rules of which one at least is about silence: others nothing explains.
    const std::vector<RuleId>& groups() const { return groups_; }

private:
    std::map<Key, std::vector<Key>> causes_;
    std::vector<RuleId> groups_;
};

}  // namespace gengfu::alarms
