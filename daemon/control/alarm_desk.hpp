#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "daemon/control/desk.hpp"

/// The requests about alarms: who sees, changes and silences them.
namespace gengfu::control {

/// Of why something is done, as it was sent: bytes.
constexpr std::size_t kLongestReason = 1000;

/// Answers `alarms`, `ack`, `reset`, `shelve`, `unshelve`, `handling`, `out-of-service` and `return`. \return
/// whether the verb is one of these
bool answer_alarms(const Daemon& daemon, const nlohmann::json& request, const Peer& peer, const Reply& reply);

}  // namespace gengfu::control
