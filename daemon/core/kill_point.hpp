#pragma once

#ifdef GENGFU_KILL_POINTS
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#endif

/// Named moments at which the tests end the process as a crash would (tests/chaos). Nothing of this is in a
/// build without the option GENGFU_KILL_POINTS: the release preset does not have it
/// (docs/decisions/0036-kill-points.md).
namespace gengfu {

#ifdef GENGFU_KILL_POINTS
/// The environment's GENGFU_KILL_AT is "name" or "name:n": SIGKILL when `name` is passed the n-th time
/// (default 1st) in this process. Any thread.
inline void kill_point(const char* name) {
    static const char* const wanted = std::getenv("GENGFU_KILL_AT");
    if (wanted == nullptr) {
        return;
    }
    const std::size_t length = std::strcspn(wanted, ":");
    if (std::strlen(name) != length || std::strncmp(name, wanted, length) != 0) {
        return;
    }
    static std::atomic<long> left{wanted[length] == ':' ? std::atol(wanted + length + 1) : 1};
    if (--left <= 0) {
        ::kill(::getpid(), SIGKILL);
    }
}
#else
constexpr void kill_point(const char* /*name*/) {}
#endif

}  // namespace gengfu
