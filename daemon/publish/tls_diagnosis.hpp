#pragma once

#include <string>

#include "daemon/config/site.hpp"

namespace gengfu::publish {

struct TlsLook {
    std::string trouble{};   ///< empty when all is well or the broker cannot be reached at all
    bool succeeded = false;  ///< the handshake; a broker of TLS 1.3 may refuse the gateway's certificate
                             ///< after it (`trouble`)
};

/// Why TLS with a broker fails, in words: Paho says only that it does. Makes a handshake of its own and ends
/// it; blocks up to seven seconds.
TlsLook look_at_tls(const config::Mqtt& settings, const config::Broker& broker);

/// TlsLook::trouble alone.
std::string tls_trouble(const config::Mqtt& settings, const config::Broker& broker);

}  // namespace gengfu::publish
