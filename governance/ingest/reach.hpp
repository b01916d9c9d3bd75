#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/time.hpp"

namespace gengfu::ingest {

/// Tries to open a TCP connection and closes it again. libmosquitto's own connect waits as long as the
/// kernel does, minutes where a host is gone without a word; this asks first.
/// \return empty when it can be reached, else why not
std::string why_unreachable(const std::string& host, std::uint16_t port, Duration within);

}  // namespace gengfu::ingest
