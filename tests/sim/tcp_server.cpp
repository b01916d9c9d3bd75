#include "tests/sim/tcp_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <system_error>
#include <utility>

namespace gengfu::sim {
namespace {

constexpr std::size_t kHeader = 7;       // MBAP with the unit
constexpr std::size_t kMaxLength = 254;  // unit and PDU (Modbus Messaging on TCP/IP V1.0b, 3.1.3)
constexpr std::size_t kMaxConnections = 64;

// The socket interface takes every address as a sockaddr*; this is the one place that pretends.
sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

std::string port_text(const TcpSpec& spec) {
    return spec.address + ":" + std::to_string(spec.port);
}

Result<FileDescriptor> listen_on(TcpSpec& spec) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(spec.port);
    if (::inet_pton(AF_INET, spec.address.c_str(), &address.sin_addr) != 1) {
        return fail(Errc::kIo, "tcp " + spec.name + ": \"" + spec.address + "\" is no IPv4 address");
    }
    FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    socklen_t size = sizeof address;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), generic(address), size) != 0 || ::listen(fd.get(), 16) != 0 ||
        ::getsockname(fd.get(), generic(address), &size) != 0) {
        return fail(Errc::kIo, "tcp " + spec.name + ": " + port_text(spec) + ": " +
                                   std::system_category().message(errno));
    }
    spec.port = ntohs(address.sin_port);
    return fd;
}

unsigned word_at(const Bytes& bytes, std::size_t offset) {
    return static_cast<unsigned>(bytes[offset]) << 8U | bytes[offset + 1];
}

}  // namespace

StreamCut cut_mbap(const Bytes& stream) {
    StreamCut cut;
    if (stream.size() < kHeader) {
        return cut;
    }
    const std::size_t length = word_at(stream, 4);
    if (word_at(stream, 2) != 0 || length < 2 || length > kMaxLength) {
        cut.used = stream.size();
        cut.bad = true;
        return cut;
    }
    if (stream.size() < kHeader - 1 + length) {
        return cut;
    }
    cut.used = kHeader - 1 + length;
    cut.transaction = static_cast<std::uint16_t>(word_at(stream, 0));
    const auto end = stream.begin() + static_cast<std::ptrdiff_t>(cut.used);
    cut.request = Request{.unit = stream[kHeader - 1], .pdu = Bytes(stream.begin() + kHeader, end)};
    return cut;
}

StreamCut cut_rtu(const Bytes& stream) {
    StreamCut cut;
    const std::optional<std::size_t> length = rtu_request_length(stream);
    if (!length || stream.size() < *length) {
        return cut;
    }
    if (*length > 0) {
        cut.request = parse_rtu(std::span(stream).first(*length));
    }
    cut.bad = !cut.request;
    cut.used = cut.bad ? 1 : *length;
    return cut;
}

Result<TcpServer> TcpServer::open(const TcpSpec& spec, Plant& plant) {
    TcpServer server(spec, plant);
    if (auto plugged = server.plug(Plug::kIn); !plugged) {
        return pass(plugged);
    }
    return server;
}

Result<void> TcpServer::plug(Plug plug) {
    if (plug == Plug::kOut) {
        listener_.close();
        connections_.clear();
        return {};
    }
    if (!listener_) {
        auto listener = listen_on(spec_);
        if (!listener) {
            return pass(listener);
        }
        listener_ = std::move(*listener);
    }
    return {};
}

void TcpServer::watch(std::vector<pollfd>& polls) const {
    if (!listener_) {
        return;
    }
    polls.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
    for (const Connection& connection : connections_) {
        polls.push_back({.fd = connection.fd.get(), .events = POLLIN, .revents = 0});
    }
}

void TcpServer::accept_all() {
    for (;;) {
        FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            return;
        }
        if (connections_.size() >= kMaxConnections) {
            continue;
        }
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ++stats_.connections;
        connections_.push_back({.fd = std::move(fd), .in = {}, .answers = {}});
    }
}

void TcpServer::serve(TimePoint now, const std::vector<pollfd>& polls) {
    const auto ready = [&polls](int fd) {
        return std::any_of(polls.begin(), polls.end(),
                           [fd](const pollfd& poll) { return poll.fd == fd && poll.revents != 0; });
    };
    for (Connection& connection : connections_) {
        if (ready(connection.fd.get())) {
            take_in(connection, now);
        }
    }
    connections_.remove_if([](const Connection& connection) { return connection.over; });
    if (listener_ && ready(listener_.get())) {
        accept_all();
    }
}

void TcpServer::take_in(Connection& connection, TimePoint now) {
    std::array<std::uint8_t, 4096> buffer{};
    const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        connection.over = got == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    stats_.bytes_in += static_cast<std::uint64_t>(got);
    connection.in.insert(connection.in.end(), buffer.begin(), buffer.begin() + got);
    answer(connection, now);
}

void TcpServer::answer(Connection& connection, TimePoint now) {
    const bool mbap = spec_.kind == TcpKind::kModbusTcp;
    for (;;) {
        const StreamCut cut = mbap ? cut_mbap(connection.in) : cut_rtu(connection.in);
        if (cut.used == 0) {
            return;
        }
        connection.in.erase(connection.in.begin(),
                            connection.in.begin() + static_cast<std::ptrdiff_t>(cut.used));
        if (cut.bad) {
            ++stats_.bad_frames;
            continue;
        }
        ++stats_.requests;
        const Framing framing = mbap ? Framing::kTcp : Framing::kRtu;
        for (Answer& one : plant_->handle(spec_.name, framing, cut.transaction, *cut.request)) {
            connection.answers.emplace(now + one.turnaround, std::move(one.bytes));
        }
    }
}

void TcpServer::advance(TimePoint now) {
    for (Connection& connection : connections_) {
        auto& answers = connection.answers;
        while (!answers.empty() && answers.begin()->first <= now) {
            const Bytes& bytes = answers.begin()->second;
            // An answer is at most 260 bytes and 128 of noise; a peer that leaves no room for that has
            // stopped reading, and is cut like one that has gone.
            const ssize_t put = ::send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            connection.over = put != static_cast<ssize_t>(bytes.size());
            stats_.bytes_out += put > 0 ? static_cast<std::uint64_t>(put) : 0;
            answers.erase(answers.begin());
        }
    }
    connections_.remove_if([](const Connection& connection) { return connection.over; });
}

std::optional<TimePoint> TcpServer::next() const {
    std::optional<TimePoint> soonest;
    for (const Connection& connection : connections_) {
        if (!connection.answers.empty()) {
            const TimePoint at = connection.answers.begin()->first;
            soonest = soonest ? std::min(*soonest, at) : at;
        }
    }
    return soonest;
}

}  // namespace gengfu::sim
