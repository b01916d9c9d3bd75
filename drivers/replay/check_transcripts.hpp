#pragma once

#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::drivers::replay {

/// What is wrong with the transcripts that the buses of a site play, with its place in them, and which of the
/// devices behind such a bus stands in none of its requests. For `gengfu check`. What cannot be read at all
/// is told by config::check_files(), and passed over here. Reads files; any thread.
std::vector<config::Diagnostic> check_transcripts(const config::Site& site);

}  // namespace gengfu::drivers::replay
