#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"

namespace gengfu::alarms {

/// Devices that are out of service: being worked on, so that their alarms call nobody. Pure.
class Service {
public:
    /// A new time replaces what was left of an earlier one.
    ServiceChange take_out(const std::string& device, const Actor& actor, const Stamp& at, Duration lasts);
    /// \return nothing when the device is in service
    std::optional<ServiceChange> bring_back(const std::string& device, const Actor& actor);
    /// One whose time is over is brought back by the gateway; call again until nothing comes.
    std::optional<ServiceChange> expire(const Stamp& now);

    /// Takes up what an earlier run knew.
    void restore(const std::string& device, std::optional<Hold> hold);
    /// Devices that the configuration no longer has are forgotten. `last`, `now`: see carried_over().
    void carry_over(const std::vector<std::string>& known, const Stamp& last, const Stamp& now);

    const Hold* find(const std::string& device) const;
    /// Who brought the device back, and why; the gateway when that was before this run.
    Actor returned_by(const std::string& device) const;
    const std::map<std::string, Hold>& all() const { return holds_; }

private:
    std::map<std::string, Hold> holds_;
    std::map<std::string, Actor> returned_;  ///< devices that were brought back in this run
};

}  // namespace gengfu::alarms
