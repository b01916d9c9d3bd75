#pragma once

#include <CLI/CLI.hpp>

#include "governance/commands.hpp"

namespace gengfu::governance {

/// `gengfu-ingest run`: the service.
void add_run(CLI::App& app, Shared& shared);

}  // namespace gengfu::governance
