#pragma once

#include <cstddef>

#include "daemon/config/site.hpp"
#include "daemon/sampling/batch.hpp"

namespace gengfu {

/// What came from devices that count as silent, since nothing of it could be used. Pure.
struct WhatCame {
    std::size_t shared = 0;    ///< two answer at their address
    std::size_t unusable = 0;  ///< damaged, cut, another's, to something else

    void add(const sampling::UnitTraffic& unit);
};

/// A device's traffic in a snapshot of its bus; nullptr when there is none of it yet.
const sampling::UnitTraffic* unit_of(const config::Site& site, DeviceId device,
                                     const sampling::BusSnapshot& seen);

/// Stands behind "5 devices give no answer that can be used": ", of 7 that are on it; ...". Whoever
/// goes there must know whether to look for a cut cable, or for two at one address.
/// \param of  devices on the line or feed
config::Text words_of(const WhatCame& came, std::size_t of);

}  // namespace gengfu
