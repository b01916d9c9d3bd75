#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/rules/blind.hpp"

namespace gengfu {

/// Which rules that judge nothing are worth a line in the log: each once a run, when it has lasted for a
/// minute at a device that answers. What is learning is as it shall be; a rule over others is told by these.
/// Pure; one thread.
class BlindWatch {
public:
    /// \param site  outlives it
    explicit BlindWatch(const config::Site& site) : site_(site) {}

    /// \param blind  Judge::blind() now \param answers  whether the device does
    /// \return what is to be logged, a line each
    std::vector<config::Text> look(std::span<const rules::Blind> blind, Monotonic now,
                                   const std::function<bool(DeviceId)>& answers);

private:
    const config::Site& site_;
    std::map<RuleId, Monotonic> since_;
    std::set<RuleId> told_;
};

}  // namespace gengfu
