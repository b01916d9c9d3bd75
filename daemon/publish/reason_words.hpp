#pragma once

#include <string>

/// What a broker's numbers mean, in words for the installer. Pure.
namespace gengfu::publish {

/// A reason code of MQTT 5 (OASIS MQTT 5.0, section 2.4): of CONNACK, PUBACK, SUBACK or DISCONNECT.
/// \return "not authorised: the broker's access list denies it (0x87)"
std::string reason_words(int reason);

/// A return code of a CONNACK of MQTT 3.1.1 (section 3.2.2.3), 1 to 5.
std::string connack_words(int code);

/// True when asking in MQTT 3.1.1 may help where 5 was answered so (MQTT 5's "unsupported protocol version",
/// or the code by which brokers of 3.1.1 say it).
bool older_version_may_help(int reason);

}  // namespace gengfu::publish
