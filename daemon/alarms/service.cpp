#include "daemon/alarms/service.hpp"

#include <algorithm>
#include <utility>

#include "daemon/alarms/hold.hpp"
#include "daemon/alarms/own_reasons.hpp"

namespace gengfu::alarms {

ServiceChange Service::take_out(const std::string& device, const Actor& actor, const Stamp& at,
                                Duration lasts) {
    Hold hold{.by = actor, .since = at, .expires = later(at, lasts)};
    holds_[device] = hold;
    returned_.erase(device);
    return {device, std::move(hold), actor};
}

std::optional<ServiceChange> Service::bring_back(const std::string& device, const Actor& actor) {
    if (holds_.erase(device) == 0) {
        return std::nullopt;
    }
    returned_[device] = actor;
    return ServiceChange{device, std::nullopt, actor};
}

std::optional<ServiceChange> Service::expire(const Stamp& now) {
    for (const auto& [device, hold] : holds_) {
        if (expired(hold, now)) {
            const std::string name = device;
            return bring_back(name, time_is_over());
        }
    }
    return std::nullopt;
}

void Service::restore(const std::string& device, std::optional<Hold> hold) {
    if (hold) {
        holds_[device] = std::move(*hold);
    } else {
        holds_.erase(device);
    }
}

void Service::carry_over(const std::vector<std::string>& known, const Stamp& last, const Stamp& now) {
    for (auto each = holds_.begin(); each != holds_.end();) {
        if (std::find(known.begin(), known.end(), each->first) == known.end()) {
            each = holds_.erase(each);
            continue;
        }
        each->second = carried_over(std::move(each->second), last, now);
        ++each;
    }
}

Actor Service::returned_by(const std::string& device) const {
    const auto found = returned_.find(device);
    return found == returned_.end() ? gateway_because("设备已恢复使用", "its device is back in service")
                                    : found->second;
}

const Hold* Service::find(const std::string& device) const {
    const auto found = holds_.find(device);
    return found == holds_.end() ? nullptr : &found->second;
}

}  // namespace gengfu::alarms
