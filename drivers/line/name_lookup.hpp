#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "drivers/line/waker.hpp"

namespace gengfu::drivers {

/// Where to connect to.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    const sockaddr* get() const;
};

using Addresses = std::vector<SocketAddress>;

/// Finds the addresses of a host; may block for as long as it likes. Called on a thread of its own.
/// \retval Errc::kIo  `what` without the host's name
using Resolver = std::function<Result<Addresses>(const std::string& host, std::uint16_t port)>;

/// getaddrinfo(3): files, DNS and whatever else the system is set up to ask.
Result<Addresses> resolve_by_system(const std::string& host, std::uint16_t port);

/// Name look-up that a deadline or interrupt() can leave behind: the thread that hangs in it keeps only what
/// it shares with nobody else and frees that when it ends. At most one such thread per object: while it
/// hangs, find() waits for that one.
class NameLookup {
public:
    explicit NameLookup(Resolver resolver = resolve_by_system) : resolver_(std::move(resolver)) {}

    /// Never empty. Numeric addresses are answered at once, without a thread.
    /// \retval Errc::kIo  no such name, no answer by `deadline`
    /// \retval Errc::kInterrupted
    Result<Addresses> find(const std::string& host, std::uint16_t port, Monotonic deadline,
                           const Clock& clock, const Waker& waker);

private:
    struct Job;

    Result<void> start(const std::string& host, std::uint16_t port);

    Resolver resolver_;
    std::shared_ptr<Job> running_;
};

}  // namespace gengfu::drivers
