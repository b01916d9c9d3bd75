#pragma once

#include <string>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/config/report.hpp"

namespace gengfu::config {

/// What load() does, with the report open: for tests that ask which keys are known.
Site analyse(const Bundle& bundle, Credentials credentials, Report& report);

/// Of all files, in the order in which `At::file` counts them.
std::vector<std::string> file_names(const Bundle& bundle);

}  // namespace gengfu::config
