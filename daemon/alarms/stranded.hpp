#pragma once

#include <string>
#include <vector>

#include "daemon/alarms/actions.hpp"

namespace gengfu::alarms {

/// Outputs that may be on and that no daemon with the configuration `fresh` could switch off: their device is
/// not in it, or is another one on the wire: at another line or with another unit id. Pure.
/// \param kept  as it is with the configuration `now`
std::vector<KeptOutput> stranded(const std::vector<KeptOutput>& kept, const config::Site& now,
                                 const config::Site& fresh);

}  // namespace gengfu::alarms
