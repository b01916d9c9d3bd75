#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "drivers/line/name_lookup.hpp"
#include "drivers/line/unique_fd.hpp"
#include "drivers/line/waker.hpp"

namespace gengfu::drivers {

/// Connects by TCP to the first address of the host that takes it, each tried with an equal share of the time
/// left. The socket does not block, sends at once (TCP_NODELAY), and finds a peer that vanished within about
/// 25 s while idle and 10 s while something is unacknowledged. \retval Errc::kIo  name not found, refused,
/// unreachable, no answer by `deadline` \retval Errc::kInterrupted
Result<UniqueFd> connect_tcp(const std::string& host, std::uint16_t port, Monotonic deadline,
                             const Clock& clock, const Waker& waker, NameLookup& lookup);

}  // namespace gengfu::drivers
