#pragma once

#include <poll.h>

#include <atomic>
#include <memory>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "drivers/line/unique_fd.hpp"

namespace gengfu::drivers {

/// Why a wait ended.
enum class Woken : std::uint8_t {
    kReady,        ///< the descriptor can be read (or written, as asked)
    kDeadline,     ///< time is over
    kInterrupted,  ///< interrupt() was called, now or earlier
    kHangUp,       ///< the descriptor is of no use any more
};

/// Waits for a descriptor until a deadline, and can be broken from another thread. Uses poll, so that a
/// descriptor above FD_SETSIZE is as good as any. One thread waits; interrupt() from any.
class Waker {
public:
    /// \retval Errc::kIo  no descriptor left
    static Result<std::unique_ptr<Waker>> create();
    explicit Waker(UniqueFd event) : event_(std::move(event)) {}

    /// Looks at `fd` at least once, also when `until` has passed. A negative `fd` waits for time and
    /// interrupt only.
    Woken wait(int fd, short events, Monotonic until, const Clock& clock) const;

    /// Ends the wait of now and all later ones.
    void interrupt();
    bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }

private:
    UniqueFd event_;
    std::atomic<bool> interrupted_{false};
};

}  // namespace gengfu::drivers
