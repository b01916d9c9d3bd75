#pragma once

#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::sampling {

/// From one answer of a living device to the next at worst, while each unit of its bus lets one request time
/// out (those behind a cut all do): its interval, and a time-out of every unit. Zero for a transcript.
Duration longest_unseen(const config::Site& site, DeviceId device);

/// Rules of kind `silent` that call before that: one warning a bus, with the numbers and what to write.
/// Pure; any thread.
std::vector<config::Diagnostic> check_silence(const config::Site& site);

}  // namespace gengfu::sampling
