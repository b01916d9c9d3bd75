#pragma once

#include <string>

#include "drivers/bus.hpp"
#include "drivers/replay/transcript.hpp"

namespace gengfu::drivers::replay {

/// What came back for a request, judged as if it had come over the line just now. Pure; any thread.
/// \param who      begins every error
/// \param now      when it came
/// \param traffic  what it was is counted there
/// \retval Errc::kTimeout, kBadFrame, and the exceptions
Result<Answer> judge(Protocol protocol, const Request& request, const Exchange& exchange,
                     const std::string& who, Monotonic now, Traffic& traffic);

}  // namespace gengfu::drivers::replay
