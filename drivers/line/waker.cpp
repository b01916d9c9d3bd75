#include "drivers/line/waker.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "drivers/line/system_error.hpp"

namespace gengfu::drivers {

Result<std::unique_ptr<Waker>> Waker::create() {
    UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) {
        return fail(Errc::kIo, "cannot make an eventfd: " + describe_errno(errno));
    }
    return std::make_unique<Waker>(std::move(event));
}

Woken Waker::wait(int fd, short events, Monotonic until, const Clock& clock) const {
    std::array<pollfd, 2> watched{pollfd{fd, events, 0}, pollfd{event_.get(), POLLIN, 0}};
    for (;;) {
        const Duration left = std::max<Duration>(until - clock.now(), Duration::zero());
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        timespec timeout{};
        timeout.tv_sec = static_cast<std::time_t>(seconds.count());
        timeout.tv_nsec = static_cast<long>((left - seconds).count());
        const int count = ::ppoll(watched.data(), watched.size(), &timeout, nullptr);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return Woken::kHangUp;
        }
        if (watched[1].revents != 0) {
            return Woken::kInterrupted;
        }
        if (count == 0) {
            return Woken::kDeadline;
        }
        return (watched[0].revents & events) != 0 ? Woken::kReady : Woken::kHangUp;
    }
}

void Waker::interrupt() {
    interrupted_.store(true, std::memory_order_relaxed);
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the descriptor is readable already.
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace gengfu::drivers
