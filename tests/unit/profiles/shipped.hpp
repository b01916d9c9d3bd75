#pragma once

#include <string>
#include <vector>

#include "daemon/config/load.hpp"

/// The profiles and classes of the source tree, loaded as the daemon loads them.
namespace gengfu::profiles {

/// Of a file in the source tree; fails the test when it is not there.
std::string read_text(const std::string& path_from_root);

/// Names of the files with this ending in a folder of the source tree, without it, in order.
std::vector<std::string> names_in(const std::string& folder, const std::string& ending);

/// Loads a gateway with one replay bus "line" and what `devices` says (TOML), with all shipped profiles and
/// classes.
config::Loaded load_with(const std::string& devices,
                         const std::vector<config::Bundle::File>& more_profiles = {});

/// A device on that bus.
std::string device_text(const std::string& profile, unsigned unit, const std::string& more = "");

/// All diagnostics, a line each.
std::string complaints(const config::Loaded& loaded);

}  // namespace gengfu::profiles
