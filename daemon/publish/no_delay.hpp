#pragma once

#include <cstddef>
#include <cstdint>

namespace gengfu::publish {

/// Lets small messages go out at once (TCP_NODELAY) on every TCP connection of this process to `port`: an
/// alarm right behind a batch would wait for the batch's acknowledgement. Paho has no option for it and does
/// not give its socket away, so they are looked for; one that was set before, or belongs to somebody else, is
/// none the worse for it. A few hundred system calls: once a connection. Any thread.
/// \return on how many it is set now.
std::size_t send_without_delay(std::uint16_t port);

}  // namespace gengfu::publish
