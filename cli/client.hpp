#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/commands.hpp"
#include "daemon/core/result.hpp"

/// The command's side of the daemon's socket (daemon/control/server.hpp).
namespace gengfu::cli {

/// Where the daemon of this configuration listens. \retval Errc::kNotFound no daemon is running there; says
/// where was looked
Result<std::string> find_socket(const Common& common);

/// One request, one answer, within a few seconds.
/// \retval Errc::kIo no daemon, no right to ask it, no answer
/// \retval Errc::kInvalid the daemon's own words about what is wrong with the request
Result<nlohmann::json> ask(const Common& common, const nlohmann::json& request);

}  // namespace gengfu::cli
