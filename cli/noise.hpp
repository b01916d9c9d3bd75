#pragma once

#include "cli/line.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// Whether bytes come when nobody is asked: a unit is, whose address no device may have. Damaged answers on
/// such a line say nothing of how many answer. Reads only; takes up to some seconds.
/// \param timeout  as that of the questions that were answered damaged
/// \retval Errc::kIo, kStale, kInterrupted  the line itself
Result<bool> is_noisy(Line& line, Duration timeout);

/// Hears what a slow unit still answers: returns when the line has been silent for a second.
/// \retval Errc::kIo, kStale, kInterrupted  the line itself
Result<void> listen(Line& line);

/// What to do about noise.
constexpr const char* kNoiseAdvice =
    "look for a missing terminator (120 ohm at both ends), a missing bias or shield, swapped wires, or "
    "somebody "
    "who talks at another speed";

}  // namespace gengfu::cli
