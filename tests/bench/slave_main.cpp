// A Modbus TCP server for tools/bench: every unit, functions 3 and 4, any register. What a register holds
// follows from the moment at which it is read (change.hpp), so the time of a change is known exactly.
//
//   bench_slave --start NS --step NS --pattern count|alternate [--settle MS]
//
// Prints the port it listens on, then serves until SIGTERM, when it says what it saw of each client, in the
// order in which they came: {"clients": [{"requests", "longest_gap_ns"}]}. A gap is from one request to the
// next, without those of the first `--settle` milliseconds of a client (0 when not given).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

constexpr std::size_t kRequest = 12;   ///< MBAP header, unit, function, address, count
constexpr std::size_t kClients = 160;  ///< more are refused: tools/bench bus has 128
constexpr unsigned kMaxRegisters = 125;

class FileDescriptor {
public:
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

struct Client {
    FileDescriptor socket;
    std::array<unsigned char, kRequest> request{};
    std::size_t have = 0;
    std::uint64_t requests = 0;
    std::chrono::nanoseconds first{}, last{}, longest_gap{};  ///< CLOCK_MONOTONIC
};

Error system_error(const char* what) {
    return {Errc::kIo, std::string(what) + ": " + std::strerror(errno)};
}

Result<FileDescriptor> listen_somewhere() {
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (!socket || ::bind(socket.get(), generic, length) != 0 || ::listen(socket.get(), 8) != 0 ||
        ::getsockname(socket.get(), generic, &length) != 0) {
        return tl::make_unexpected(system_error("listen"));
    }
    std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
    return socket;
}

std::vector<unsigned char> answer_to(const std::array<unsigned char, kRequest>& request,
                                     const Change& change) {
    const unsigned function = request[7];
    const unsigned count = request[10] * 256U + request[11];
    std::vector<unsigned char> answer(request.begin(), request.begin() + 8);
    if ((function != 3 && function != 4) || count == 0 || count > kMaxRegisters) {
        answer[5] = 3;
        answer[7] = static_cast<unsigned char>(function | 0x80U);
        answer.push_back(function == 3 || function == 4 ? 3 : 1);  // illegal value, illegal function
        return answer;
    }
    answer[4] = 0;
    answer[5] = static_cast<unsigned char>(3 + 2 * count);
    answer.push_back(static_cast<unsigned char>(2 * count));
    const unsigned value = change.value_at(monotonic_now());
    for (unsigned i = 0; i < count; ++i) {
        answer.push_back(static_cast<unsigned char>(value >> 8U));
        answer.push_back(static_cast<unsigned char>(value & 0xFFU));
    }
    return answer;
}

void note_request(Client& client, std::chrono::nanoseconds settle) {
    const std::chrono::nanoseconds now = monotonic_now();
    if (client.requests++ == 0) {
        client.first = now;
    } else if (client.last - client.first >= settle) {
        client.longest_gap = std::max(client.longest_gap, now - client.last);
    }
    client.last = now;
}

void report(const std::vector<Client>& clients) {
    std::printf(R"({"clients":[)");
    for (std::size_t i = 0; i < clients.size(); ++i) {
        std::printf(R"(%s{"requests":%llu,"longest_gap_ns":%lld})", i == 0 ? "" : ",",
                    static_cast<unsigned long long>(clients[i].requests),
                    static_cast<long long>(clients[i].longest_gap.count()));
    }
    std::printf("]}\n");
}

/// False when the client has gone or speaks something else.
bool serve(Client& client, const Change& change, std::chrono::nanoseconds settle) {
    const ssize_t got =
        ::recv(client.socket.get(), client.request.data() + client.have, kRequest - client.have, 0);
    if (got <= 0) {
        return false;
    }
    client.have += static_cast<std::size_t>(got);
    if (client.have < kRequest) {
        return true;
    }
    client.have = 0;
    if (client.request[2] != 0 || client.request[3] != 0 || client.request[4] != 0 ||
        client.request[5] != 6) {
        return false;
    }
    note_request(client, settle);
    const std::vector<unsigned char> answer = answer_to(client.request, change);
    return ::send(client.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(answer.size());
}

void take_client(const FileDescriptor& listener, std::vector<Client>& clients) {
    FileDescriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket || clients.size() >= kClients) {
        return;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    clients.push_back({.socket = std::move(socket)});
}

Result<void> run(const Options& options) {
    const Result<Change> change = options.change();
    if (!change) {
        return fail(change.error().code, change.error().what);
    }
    const auto settle_ms = options.number("settle", 0, 600'000);
    const std::chrono::milliseconds settle(settle_ms ? *settle_ms : 0);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    const FileDescriptor signals(::signalfd(-1, &ending, SFD_CLOEXEC));
    const Result<FileDescriptor> listener = listen_somewhere();
    if (!listener) {
        return fail(listener.error().code, listener.error().what);
    }
    std::vector<Client> clients;
    std::vector<pollfd> polls;
    for (;;) {
        polls.assign({{listener->get(), POLLIN, 0}, {signals.get(), POLLIN, 0}});
        for (const Client& client : clients) {
            polls.push_back({client.socket.get(), POLLIN, 0});
        }
        if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) {
            return tl::make_unexpected(system_error("poll"));
        }
        if (polls[1].revents != 0) {
            report(clients);
            return {};
        }
        for (std::size_t i = clients.size(); i > 0; --i) {
            if (polls[i + 1].revents != 0 && !serve(clients[i - 1], *change, settle)) {
                clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i - 1));
            }
        }
        if (polls[0].revents != 0) {
            take_client(*listener, clients);
        }
    }
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    const auto options = gengfu::bench::Options::parse(count, words);
    const gengfu::Result<void> done =
        options ? gengfu::bench::run(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!done) {
        std::fprintf(stderr, "bench_slave: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
