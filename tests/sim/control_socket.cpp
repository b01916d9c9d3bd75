#include "tests/sim/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace gengfu::sim {
namespace {

constexpr std::size_t kMaxLine = 1U << 20U;  ///< a whole bank of registers in hexadecimal fits
constexpr std::size_t kMaxConnections = 16;

// The socket interface takes every address as a sockaddr*; this is the one place that pretends.
const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

void remove_old_socket(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        ::unlink(path.c_str());
    }
}

}  // namespace

Result<ControlSocket> ControlSocket::open(const std::string& path, Answerer answerer) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Errc::kIo, "control socket " + path + ": a path has 1 to 107 bytes");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    remove_old_socket(path);
    FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || ::bind(fd.get(), generic(address), sizeof address) != 0 || ::listen(fd.get(), 8) != 0) {
        return fail(Errc::kIo, "control socket " + path + ": " + std::system_category().message(errno));
    }
    return ControlSocket(std::move(fd), path, std::move(answerer));
}

ControlSocket::~ControlSocket() {
    if (listener_) {
        ::unlink(path_.c_str());
    }
}

void ControlSocket::watch(std::vector<pollfd>& polls) const {
    polls.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
    for (const Connection& connection : connections_) {
        polls.push_back({.fd = connection.fd.get(), .events = POLLIN, .revents = 0});
    }
}

void ControlSocket::serve(const std::vector<pollfd>& polls) {
    const auto ready = [&polls](int fd) {
        return std::any_of(polls.begin(), polls.end(),
                           [fd](const pollfd& poll) { return poll.fd == fd && poll.revents != 0; });
    };
    for (Connection& connection : connections_) {
        if (ready(connection.fd.get())) {
            take_in(connection);
        }
    }
    connections_.remove_if([](const Connection& connection) { return connection.over; });
    while (ready(listener_.get())) {
        FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            return;
        }
        if (connections_.size() < kMaxConnections) {
            connections_.push_back({.fd = std::move(fd), .in = {}});
        }
    }
}

void ControlSocket::take_in(Connection& connection) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        connection.over = got == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(got));
    answer_lines(connection);
    connection.over = connection.over || connection.in.size() > kMaxLine;
}

void ControlSocket::answer_lines(Connection& connection) {
    for (std::size_t end = connection.in.find('\n'); end != std::string::npos;
         end = connection.in.find('\n')) {
        const std::string answer = answerer_(std::string_view(connection.in).substr(0, end)) + "\n";
        connection.in.erase(0, end + 1);
        const ssize_t put = ::send(connection.fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        if (put != static_cast<ssize_t>(answer.size())) {
            connection.over = true;  // a peer that does not read its answers
            return;
        }
    }
}

}  // namespace gengfu::sim
