#pragma once

#include <string>

#include "daemon/config/load.hpp"

namespace gengfu::config {

/// Source tree's tests/golden/config.
std::string golden_folder();

std::string read_golden(const std::string& path);

/// The bundle that a golden case stands for (tests/golden/config/README.md).
Bundle golden_bundle(const std::string& text);

/// What loading says, a line a diagnostic.
std::string said(const Loaded& loaded);

/// A whole configuration, like base/, with this as devices.d/case.toml.
Loaded load_case(const std::string& text);

}  // namespace gengfu::config
