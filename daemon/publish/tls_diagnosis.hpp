#pragma once

#include <string>

#include "daemon/config/site.hpp"

namespace gengfu::publish {

/// Why TLS with a broker fails, in words: Paho says only that it does. Makes a handshake of its own and ends
/// it; blocks up to five seconds. \return empty when the handshake succeeds or the broker cannot be reached
/// at all
std::string tls_trouble(const config::Mqtt& settings, const config::Broker& broker);

}  // namespace gengfu::publish
