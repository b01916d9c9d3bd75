#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/control/desk.hpp"

namespace gengfu::control {

/// Answers `calibrate` and `learned`. \return whether the verb is one of these
bool answer_calibration(const Daemon& daemon, const nlohmann::json& request, const Peer& peer,
                        const Reply& reply);

}  // namespace gengfu::control
