#pragma once

#include <cstdint>

#include "daemon/core/time.hpp"

namespace gengfu::publish {

constexpr Duration kShortestWait = std::chrono::seconds(1);
constexpr Duration kLongestWait = std::chrono::seconds(60);

/// How long to wait before the next attempt to connect. Grows twofold with each failure and is spread at
/// random, so that a city's gateways do not come back in one moment when a broker does.
///
/// \param failures  attempts that failed since the last good connection, at least 1
/// \param chance    uniform in [0, 1)
/// \return within [kShortestWait, kLongestWait]: 1 to 2 s after the first failure, 30 to 60 s from the sixth
/// on
Duration wait_after(std::uint32_t failures, double chance);

}  // namespace gengfu::publish
