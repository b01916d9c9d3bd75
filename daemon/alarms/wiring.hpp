#pragma once

#include <map>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::alarms {

/// What explains what, from the wiring: a line explains the silence of the devices on it, a feed that of
/// those that it feeds, a silent device that of its points. Only silence is explained: a danger that was seen
/// before the line went stays what it is. Pure.
class Wiring {
public:
    explicit Wiring(const config::Site& site);

    /// Conditions that would explain `key`, the one nearest to the root first; empty: none can.
    const std::vector<Key>& causes_of(const Key& key) const;

private:
    std::map<Key, std::vector<Key>> causes_;
};

}  // namespace gengfu::alarms
