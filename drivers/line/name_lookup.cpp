#include "drivers/line/name_lookup.hpp"

#include <netdb.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/line/system_error.hpp"

namespace gengfu::drivers {

namespace {

Result<Addresses> ask(const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
        error != 0) {
        return fail(Errc::kIo, ::gai_strerror(error));
    }
    Addresses addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        SocketAddress address;
        address.length = one->ai_addrlen;
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    return addresses;
}

/// Runs `work` on a thread of its own that takes no signals: those belong to the daemon's main thread.
template <class Work>
Result<void> detach(Work work) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    Result<void> started;
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error& error) {
        started = fail(Errc::kIo, std::string("no thread for the name look-up: ") + error.what());
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

}  // namespace

const sockaddr* SocketAddress::get() const {
    // The socket interface is made of this cast.
    return reinterpret_cast<const sockaddr*>(
        &storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

Result<Addresses> resolve_by_system(const std::string& host, std::uint16_t port) {
    return ask(host, port, 0);
}

/// What the looking thread and find() share; the last of them frees it.
struct NameLookup::Job {
    explicit Job(UniqueFd event) : done(std::move(event)) {}

    std::string host;
    std::uint16_t port = 0;
    UniqueFd done;  ///< readable once `result` is there
    std::mutex mutex;
    std::optional<Result<Addresses>> result;
};

Result<void> NameLookup::start(const std::string& host, std::uint16_t port) {
    UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) {
        return fail(Errc::kIo, "cannot make an eventfd: " + describe_errno(errno));
    }
    auto job = std::make_shared<Job>(std::move(event));
    job->host = host;
    job->port = port;
    Result<void> started = detach([job, resolver = resolver_] {
        Result<Addresses> result = resolver(job->host, job->port);
        const std::scoped_lock lock(job->mutex);
        job->result.emplace(std::move(result));
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(job->done.get(), &one, sizeof one);
    });
    if (started) {
        running_ = std::move(job);
    }
    return started;
}

Result<Addresses> NameLookup::find(const std::string& host, std::uint16_t port, Monotonic deadline,
                                   const Clock& clock, const Waker& waker) {
    if (Result<Addresses> numeric = ask(host, port, AI_NUMERICHOST); numeric) {
        return numeric;
    }
    if (running_ == nullptr) {
        if (Result<void> started = start(host, port); !started) {
            return pass(started);
        }
    }
    switch (waker.wait(running_->done.get(), POLLIN, deadline, clock)) {
        case Woken::kInterrupted:
            return fail(Errc::kInterrupted, "interrupted while looking up " + host);
        case Woken::kDeadline:
        case Woken::kHangUp:
            return fail(Errc::kIo,
                        "the name " + host + " cannot be looked up: no answer from the name server");
        case Woken::kReady:
            break;
    }
    const std::shared_ptr<Job> job = std::exchange(running_, nullptr);
    const std::scoped_lock lock(job->mutex);
    Result<Addresses> result = std::move(*job->result);
    if (!result) {
        return fail(Errc::kIo, "the name " + host + " cannot be looked up: " + result.error().what);
    }
    if (result->empty()) {
        return fail(Errc::kIo, "the name " + host + " has no address");
    }
    return result;
}

}  // namespace gengfu::drivers
