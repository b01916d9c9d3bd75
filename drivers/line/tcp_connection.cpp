#include "drivers/line/tcp_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

#include "drivers/line/system_error.hpp"

namespace gengfu::drivers {

namespace {

// A peer that lost its power never says so. Idle 10 s, then three probes 5 s apart: a device that is polled
// less often than that is found dead before its next poll.
constexpr int kKeepIdleSeconds = 10;
constexpr int kKeepIntervalSeconds = 5;
constexpr int kKeepProbes = 3;
constexpr unsigned kUnacknowledgedMilliseconds = 10'000;

std::string describe(int error) {
    switch (error) {
        case ECONNREFUSED:
            return "refuses the connection: is Modbus TCP switched on there, and is this its port?";
        case EHOSTUNREACH:
        case ENETUNREACH:
            return "cannot be reached: no route, or nobody has this address";
        case ETIMEDOUT:
            return "does not answer";
        default:
            return "cannot be connected to: " + describe_errno(error);
    }
}

void set_options(int fd) {
    const auto set = [fd](int level, int name, auto value) {
        // Each is a refinement that the connection works without.
        static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMilliseconds);
}

int pending_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

Result<UniqueFd> connect_one(const SocketAddress& address, const std::string& who, Monotonic deadline,
                             const Clock& clock, const Waker& waker) {
    UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        return fail(Errc::kIo, "no socket for " + who + ": " + describe_errno(errno));
    }
    set_options(fd.get());
    if (::connect(fd.get(), address.get(), address.length) == 0) {
        return fd;
    }
    if (errno != EINPROGRESS) {
        return fail(Errc::kIo, who + " " + describe(errno));
    }
    switch (waker.wait(fd.get(), POLLOUT, deadline, clock)) {
        case Woken::kInterrupted:
            return fail(Errc::kInterrupted, "interrupted while connecting to " + who);
        case Woken::kDeadline:
            return fail(Errc::kIo, who + " " + describe(ETIMEDOUT));
        case Woken::kReady:
        case Woken::kHangUp:
            break;
    }
    if (const int error = pending_error(fd.get()); error != 0) {
        return fail(Errc::kIo, who + " " + describe(error));
    }
    return fd;
}

}  // namespace

Result<UniqueFd> connect_tcp(const std::string& host, std::uint16_t port, Monotonic deadline,
                             const Clock& clock, const Waker& waker, NameLookup& lookup) {
    Result<Addresses> addresses = lookup.find(host, port, deadline, clock, waker);
    if (!addresses) {
        return pass(addresses);
    }
    const std::string who = host + ":" + std::to_string(port);
    Result<UniqueFd> connection = fail(Errc::kIo, who + " has no address");
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        const Monotonic now = clock.now();
        const auto left = static_cast<std::int64_t>(addresses->size() - i);
        connection = connect_one((*addresses)[i], who, now + (deadline - now) / left, clock, waker);
        if (connection || connection.error().code == Errc::kInterrupted) {
            return connection;
        }
    }
    return connection;
}

}  // namespace gengfu::drivers
