#pragma once

#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::cli {

/// What `--since` says: "7d", "12h". \retval Errc::kInvalid  what it must be
Result<Duration> span_of(const std::string& since);
/// Whole seconds, as a person counts: "45s", "3h 20min".
std::string in_seconds(Duration span);

}  // namespace gengfu::cli
