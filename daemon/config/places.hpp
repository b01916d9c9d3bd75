#pragma once

#include <string>

#include "daemon/config/load.hpp"

namespace gengfu::config {

/// Where a program looks for its configuration.
///
/// \param file        what `--config` gave; empty: /etc/gengfu/gengfu.toml
/// \param executable  path of the running program
/// \param build       build tree that the program was made in; empty: unknown
/// \param source      source tree of that build; a program that lies below `build` takes profiles and classes
/// from its
///                    config/, an installed one from /usr/share/gengfu
Places places_for(const std::string& file, const std::string& executable, const std::string& build,
                  const std::string& source);

/// The same for this process.
Places find_places(const std::string& file);

}  // namespace gengfu::config
