#pragma once

#include <string>

#include "daemon/core/result.hpp"

/// The mark in the store's folder of a gateway that was taken out of service for good: it stays silent over
/// restarts until somebody takes the mark away (`gengfu decommission --undo`).
namespace gengfu::control {

std::string decommissioned_file(const std::string& store_path);

/// \param who one line: when, by whom, why. \retval Errc::kIo
Result<void> mark_decommissioned(const std::string& store_path, const std::string& who);

/// The line; empty: in service.
std::string decommissioned(const std::string& store_path);

}  // namespace gengfu::control
