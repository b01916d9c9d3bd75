#include "governance/ingest/reach.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace gengfu::ingest {
namespace {

struct Addresses {
    addrinfo* first = nullptr;
    ~Addresses() {
        if (first != nullptr) {
            freeaddrinfo(first);
        }
    }
};

std::string why_not(const addrinfo& address, int wait_ms) {
    const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return std::strerror(errno);
    }
    int error = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        pollfd ready{socket, POLLOUT, 0};
        socklen_t length = sizeof error;
        if (::poll(&ready, 1, wait_ms) <= 0) {
            error = ETIMEDOUT;
        } else if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
            error = errno;
        }
    }
    ::close(socket);
    return error == 0 ? "" : std::strerror(error);
}

}  // namespace

std::string why_unreachable(const std::string& host, std::uint16_t port, Duration within) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    Addresses addresses;
    const int found = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &addresses.first);
    if (found != 0) {
        return gai_strerror(found);
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(within);
    std::string why = "no address";
    for (const addrinfo* address = addresses.first; address != nullptr; address = address->ai_next) {
        why = why_not(*address, static_cast<int>(wait.count()));
        if (why.empty()) {
            break;
        }
    }
    return why;
}

}  // namespace gengfu::ingest
