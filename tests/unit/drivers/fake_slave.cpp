#include "tests/unit/drivers/fake_slave.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace gengfu::drivers {

namespace {

constexpr std::size_t kMbap = 6;

void check(bool good, const char* what) {
    if (!good) {
        std::perror(what);
        std::abort();
    }
}

std::size_t pdu_size(std::span<const std::uint8_t> pdu) {
    constexpr std::size_t kShort = 6, kByteCountAt = 6;
    if (pdu.size() < 2) {
        return kShort;
    }
    const bool many = pdu[1] == 15 || pdu[1] == 16;
    return !many ? kShort : pdu.size() > kByteCountAt ? 7U + pdu[kByteCountAt] : kByteCountAt + 1;
}

/// Bytes of the request at the front; more than there are while it is not whole.
std::size_t request_size(FakeSlave::Wire wire, const Bytes& bytes) {
    if (wire == FakeSlave::Wire::kTcp) {
        return bytes.size() < kMbap ? kMbap : kMbap + (static_cast<std::size_t>(bytes[4]) << 8U) + bytes[5];
    }
    return pdu_size(bytes) + 2;
}

UniqueFd open_pty(std::string& port) {
    UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    check(static_cast<bool>(master) && ::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0, "pty");
    std::array<char, 128> name{};
    check(::ptsname_r(master.get(), name.data(), name.size()) == 0, "ptsname");
    port = name.data();
    return master;
}

UniqueFd listen_on_loopback(std::uint16_t& port) {
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    check(::bind(listener.get(), generic, length) == 0 && ::listen(listener.get(), 8) == 0 &&
              ::getsockname(listener.get(), generic, &length) == 0,
          "listen");
    port = ntohs(address.sin_port);
    return listener;
}

}  // namespace

FakeSlave::FakeSlave(Wire wire, Handler handler)
    : wire_(wire), stop_(std::move(*Waker::create())), handler_(std::move(handler)) {
    if (wire == Wire::kPty) {
        master_ = open_pty(port_);
    } else {
        listener_ = listen_on_loopback(tcp_port_);
    }
    thread_ = std::thread([this] { run(); });
}

FakeSlave::~FakeSlave() {
    stop_->interrupt();
    thread_.join();
}

config::Bus FakeSlave::bus() const {
    config::Bus bus;
    bus.name = "test";
    bus.serial.baud = 115200;
    if (wire_ == Wire::kPty) {
        bus.kind = config::BusKind::kModbusRtu;
        bus.serial.port = port_;
        return bus;
    }
    bus.kind = wire_ == Wire::kTcp ? config::BusKind::kModbusTcp : config::BusKind::kModbusRtuOverTcp;
    bus.host = "127.0.0.1";
    bus.tcp_port = tcp_port_;
    return bus;
}

void FakeSlave::handle(Handler handler) {
    const std::scoped_lock lock(mutex_);
    handler_ = std::move(handler);
}

void FakeSlave::say(const Bytes& bytes) {
    const std::scoped_lock lock(mutex_);
    std::span<const std::uint8_t> rest(bytes);
    while (!rest.empty() && peer() >= 0) {
        const ssize_t written = wire_ == Wire::kPty ? ::write(peer(), rest.data(), rest.size())
                                                    : ::send(peer(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (written > 0) {
            rest = rest.subspan(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd writable{peer(), POLLOUT, 0};
            ::poll(&writable, 1, 10);
        } else {
            return;
        }
    }
}

void FakeSlave::unplug() {
    const std::scoped_lock lock(mutex_);
    if (connection_) {
        ::shutdown(connection_.get(), SHUT_RDWR);  // closing alone waits for our own thread's poll to end
    }
    master_.reset();
    connection_.reset();
}

std::vector<Bytes> FakeSlave::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

std::vector<Monotonic> FakeSlave::times() const {
    const std::scoped_lock lock(mutex_);
    return times_;
}

void FakeSlave::run() {
    using namespace std::chrono_literals;
    while (!stop_->interrupted()) {
        int fd = -1;
        bool accepting = false;
        {
            const std::scoped_lock lock(mutex_);
            accepting = wire_ != Wire::kPty && !connection_;
            fd = accepting ? listener_.get() : peer();
        }
        switch (stop_->wait(fd, POLLIN, clock_.now() + 20ms, clock_)) {
            case Woken::kInterrupted:
                return;
            case Woken::kReady:
                accepting ? accept_one() : read_some();
                break;
            case Woken::kHangUp:  // nobody has the pty open: come back soon, poll would not wait
                stop_->wait(-1, 0, clock_.now() + 1ms, clock_);
                break;
            case Woken::kDeadline:
                break;
        }
    }
}

void FakeSlave::accept_one() {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const int yes = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::scoped_lock lock(mutex_);
    connection_ = std::move(connection);
    pending_.clear();
}

void FakeSlave::read_some() {
    std::vector<Bytes> whole;
    {
        const std::scoped_lock lock(mutex_);
        std::array<std::uint8_t, 512> buffer{};
        const ssize_t size = peer() < 0 ? -1 : ::read(peer(), buffer.data(), buffer.size());
        if (size == 0 && wire_ != Wire::kPty) {
            connection_.reset();
        }
        if (size <= 0) {
            return;
        }
        pending_.insert(pending_.end(), buffer.begin(), buffer.begin() + size);
        for (std::size_t length = request_size(wire_, pending_); length <= pending_.size();
             length = request_size(wire_, pending_)) {
            const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(length);
            whole.emplace_back(pending_.begin(), end);
            pending_.erase(pending_.begin(), end);
            requests_.push_back(whole.back());
            times_.push_back(clock_.now());
        }
    }
    for (const Bytes& request : whole) {
        answer(request);
    }
}

void FakeSlave::answer(const Bytes& request) {
    Handler handler;
    {
        const std::scoped_lock lock(mutex_);
        handler = handler_;
    }
    if (!handler) {
        return;
    }
    for (const Say& one : handler(request)) {
        if (one.after > Duration::zero() &&
            stop_->wait(-1, 0, clock_.now() + one.after, clock_) == Woken::kInterrupted) {
            return;
        }
        say(one.bytes);
    }
}

Bytes honest_answer(std::span<const std::uint8_t> pdu, std::uint16_t offset) {
    const auto word = [&](std::size_t at) { return static_cast<unsigned>(pdu[at]) << 8U | pdu[at + 1]; };
    if (pdu[1] > 4) {
        return Bytes(pdu.begin(), pdu.begin() + 6);
    }
    const unsigned count = word(4);
    Bytes answer{pdu[0], pdu[1], static_cast<std::uint8_t>(2 * count)};
    for (unsigned i = 0; i < count; ++i) {
        const unsigned value = word(2) + i + offset;
        answer.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
        answer.push_back(static_cast<std::uint8_t>(value & 0xFFU));
    }
    return answer;
}

FakeSlave::Handler honest_rtu(std::uint16_t offset) {
    return [offset](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = with_crc(honest_answer(request, offset)), .after = kOnTheWire}};
    };
}

FakeSlave::Handler honest_tcp(std::uint16_t offset) {
    return [offset](const Bytes& request) -> FakeSlave::Says {
        const Bytes answer = honest_answer(std::span(request).subspan(kMbap), offset);
        Bytes frame{request[0], request[1], 0, 0, 0, static_cast<std::uint8_t>(answer.size())};
        return {{.bytes = frame + answer, .after = {}}};
    };
}

}  // namespace gengfu::drivers
