#pragma once

#include <cstdint>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"

/// Requests that write. Nothing is ever written that the unit's profile does not name. Pure; any thread.
namespace gengfu::sampling {

/// The request that writes `value` (a coil: 0 or 1), if a [[write]] of the profile allows it.
/// \retval Errc::kInvalid  no [[write]] for the register, or the value is outside its range: `what` says
/// which
///                         and what would be allowed
Result<drivers::Request> write_request(const config::Site& site, DeviceId device, config::Register reg,
                                       std::int64_t value);

/// The request for one entry of the profile's [[setup]].
drivers::Request setup_request(const config::Site& site, DeviceId device, const config::SetupWrite& write);

}  // namespace gengfu::sampling
