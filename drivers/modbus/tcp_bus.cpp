#include "drivers/modbus/tcp_bus.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "drivers/line/system_error.hpp"
#include "drivers/line/tcp_connection.hpp"
#include "drivers/modbus/timing.hpp"

namespace gengfu::drivers::modbus {

Result<std::unique_ptr<Bus>> TcpBus::create(const config::Bus& bus, const Clock& clock, Resolver resolver) {
    Result<std::unique_ptr<Waker>> waker = Waker::create();
    if (!waker) {
        return pass(waker);
    }
    return std::make_unique<TcpBus>(bus, clock, std::move(resolver), std::move(*waker));
}

TcpBus::TcpBus(config::Bus bus, const Clock& clock, Resolver resolver, std::unique_ptr<Waker> waker)
    : bus_(std::move(bus)), clock_(clock), waker_(std::move(waker)), lookup_(std::move(resolver)) {}

Result<void> TcpBus::open(Monotonic deadline) {
    if (waker_->interrupted()) {
        return fail(Errc::kInterrupted, "bus " + bus_.name + ": interrupted");
    }
    if (fd_) {
        return {};
    }
    Result<UniqueFd> connected = connect_tcp(bus_.host, bus_.tcp_port, deadline, clock_, *waker_, lookup_);
    if (!connected) {
        return fail(connected.error().code, "bus " + bus_.name + ": " + connected.error().what);
    }
    fd_ = std::move(*connected);
    framer_.clear();
    last_traffic_ = clock_.now();
    traffic_.reopened += was_open_ ? 1 : 0;
    was_open_ = true;
    return {};
}

void TcpBus::close() {
    fd_.reset();
}

Result<Answer> TcpBus::transact(const Request& request) {
    if (waker_->interrupted()) {
        return fail(Errc::kInterrupted, who(request) + ": interrupted");
    }
    if (!fd_) {
        return fail(Errc::kIo, "bus " + bus_.name + " is not open");
    }
    const Result<Message> message = encode(request);
    if (!message) {
        return fail(message.error().code, who(request) + ": " + message.error().what);
    }
    if (Result<void> waited = wait_for_gap(request); !waited) {
        return pass(waited);
    }
    if (Result<void> connected = reconnect_if_closed(request); !connected) {
        return pass(connected);
    }
    const Monotonic sent = clock_.now();
    ++traffic_.requests;
    if (Result<void> gone = send(*message); !gone) {
        return pass(gone);
    }
    last_traffic_ = sent;
    if (request.unit == kBroadcast && is_write(request.function)) {
        return Answer{
            .values = {}, .sent = sent, .received = sent};  // who answers all the same is skipped later
    }
    return receive(request, sent);
}

std::string TcpBus::who(const Request& request) const {
    return "bus " + bus_.name + " unit " + std::to_string(request.unit);
}

tl::unexpected<Error> TcpBus::lost(const std::string& why) {
    close();
    return fail(Errc::kIo, "bus " + bus_.name + ": " + why);
}

Result<void> TcpBus::wait_for_gap(const Request& request) {
    if (request.min_gap <= Duration::zero() || clock_.now() >= last_traffic_ + request.min_gap) {
        return {};
    }
    if (waker_->wait(-1, 0, last_traffic_ + request.min_gap, clock_) == Woken::kInterrupted) {
        return fail(Errc::kInterrupted, who(request) + ": interrupted");
    }
    return {};
}

/// Many devices close a connection that has been idle, some after a few seconds. Seen before the request goes
/// out, that costs no reading. Not looked for while traffic is dense: it would cost a system call each time.
Result<void> TcpBus::reconnect_if_closed(const Request& request) {
    constexpr Duration kIdle = std::chrono::milliseconds(100);
    const Monotonic now = clock_.now();
    if (now < last_traffic_ + kIdle) {
        return {};
    }
    if (const Result<bool> came = read_some(); came) {
        return {};
    }
    return open(now + request.turnaround + kLatency);
}

/// Our own header: what libmodbus 3.1.6 can send without waiting for the answer itself always has transaction
/// id 0, and without an id a late answer cannot be told from the right one.
Result<void> TcpBus::send(const Message& message) {
    const MbapFrame frame = wrap(++transaction_, message);
    if (is_tapped()) {
        show(Direction::kSent, std::span(frame.bytes).first(frame.size), clock_.now());
    }
    const ssize_t sent = ::send(fd_.get(), frame.bytes.data(), frame.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(frame.size)) {
        return {};
    }
    const int error = errno;
    const bool full = sent >= 0 || error == EAGAIN || error == EWOULDBLOCK;
    return lost(full ? bus_.host + " takes no more requests"
                     : "the connection to " + bus_.host + " is lost (" + describe_errno(error) + ")");
}

Result<Answer> TcpBus::receive(const Request& request, Monotonic sent) {
    const Monotonic deadline = sent + request.turnaround + kLatency;
    for (;;) {
        const Woken woken = waker_->wait(fd_.get(), POLLIN, deadline, clock_);
        if (woken == Woken::kInterrupted) {
            return fail(Errc::kInterrupted, who(request) + ": interrupted");
        }
        if (woken != Woken::kDeadline) {
            Result<bool> came = read_some();  // says best why a connection hung up
            if (!came) {
                return pass(came);
            }
            Result<std::optional<Answer>> answer = look_through(request, sent);
            if (!answer) {
                return pass(answer);
            }
            if (*answer) {
                return std::move(**answer);
            }
        }
        if (woken == Woken::kDeadline || clock_.now() >= deadline) {
            break;
        }
    }
    ++traffic_.timeouts;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - sent);
    return fail(Errc::kTimeout, who(request) + ": no answer in " + std::to_string(waited.count()) + " ms");
}

/// \return whether bytes came. Closes when the connection is gone.
Result<bool> TcpBus::read_some() {
    const std::span<std::uint8_t> room = framer_.room();
    const ssize_t size = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (size > 0) {
        if (is_tapped()) {
            show(Direction::kReceived, room.first(static_cast<std::size_t>(size)), clock_.now());
        }
        framer_.filled(static_cast<std::size_t>(size));
        return true;
    }
    if (size == 0) {
        return lost(bus_.host + " has closed the connection");
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return false;
    }
    return lost("the connection to " + bus_.host + " is lost (" + describe_errno(errno) + ")");
}

/// Passes over what answers other requests; ends at the answer to this one.
Result<std::optional<Answer>> TcpBus::look_through(const Request& request, Monotonic sent) {
    for (;;) {
        Result<std::optional<MbapFramer::Frame>> frame = framer_.next();
        if (!frame) {
            ++traffic_.bad_frames;
            return lost(frame.error().what + "; connecting anew");
        }
        if (!*frame) {
            return std::optional<Answer>();
        }
        if ((*frame)->transaction != transaction_) {
            ++traffic_.late_frames;
        } else if ((*frame)->message.front() != request.unit) {
            ++traffic_.foreign_frames;
        } else {
            Result<Answer> answer = judge(request, (*frame)->message, sent);
            if (!answer) {
                return pass(answer);
            }
            return std::optional(std::move(*answer));
        }
    }
}

Result<Answer> TcpBus::judge(const Request& request, std::span<const std::uint8_t> message, Monotonic sent) {
    const Monotonic received = clock_.now();
    last_traffic_ = received;
    switch (fit(request, message)) {
        case Fit::kAnswer:
            ++traffic_.answers;
            return Answer{.values = values(request, message), .sent = sent, .received = received};
        case Fit::kException:
            ++traffic_.answers;
            ++traffic_.exceptions;
            return tl::make_unexpected(exception_error(message.back(), who(request)));
        case Fit::kOther:
            break;
    }
    ++traffic_.bad_frames;
    return fail(Errc::kBadFrame, who(request) + ": " + misfit(request, message));
}

}  // namespace gengfu::drivers::modbus
