#pragma once

#include "governance/ingest/settings.hpp"

namespace gengfu::ingest {

/// The service: all lanes, upkeep, HTTP, systemd, until SIGTERM or SIGINT. \return exit status
int serve(const Settings& settings);

}  // namespace gengfu::ingest
