#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/control/desk.hpp"

/// The requests about alarms: who sees, changes and silences them.
namespace gengfu::control {

/// Answers `alarms`, `ack`, `reset`, `shelve`, `unshelve`, `handling`, `out-of-service` and `return`. \return
/// whether the verb is one of these
bool answer_alarms(const Daemon& daemon, const nlohmann::json& request, const Peer& peer, const Reply& reply);

}  // namespace gengfu::control
