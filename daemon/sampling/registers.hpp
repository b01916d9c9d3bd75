#pragma once

#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"

namespace gengfu::sampling {

/// What one request brought, before any meaning is put to it: for `gengfu read --raw`.
struct RawRead {
    config::Register first;
    std::uint16_t count = 0;
    std::vector<std::uint16_t> words;  ///< registers, or bits as 0 and 1; empty when it failed
    std::string trouble;               ///< why it failed
};

/// Reads all registers of a device's points, by the same requests as a poll makes. Blocks for as long as the
/// device takes, one time-out at most when it is silent. The bus is open.
/// \retval Errc::kInvalid  no allowed request can fetch a point
Result<std::vector<RawRead>> read_registers(const config::Site& site, DeviceId id, drivers::Bus& bus);

}  // namespace gengfu::sampling
