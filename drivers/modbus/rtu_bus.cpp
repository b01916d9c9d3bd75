#include "drivers/modbus/rtu_bus.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "drivers/line/serial_port.hpp"
#include "drivers/line/system_error.hpp"
#include "drivers/line/tcp_connection.hpp"

namespace gengfu::drivers::modbus {

namespace {

/// Bytes of the shortest answer, an exception: what is less is the line's own noise.
constexpr std::size_t kLeastAnswer = 5;

/// What a broadcast is given when nothing is known: units need 100 to 200 ms to obey (Modbus over Serial Line
/// V1.02, 2.4.1).
constexpr Duration kBroadcastDelay = std::chrono::milliseconds(100);

/// So long at most before each request the processor is kept awake, and a bound on it for a clock that
/// stands.
constexpr Duration kMostAwake = std::chrono::microseconds(150);
constexpr int kMostLooks = 20'000;

LineTiming timing_of(const config::Bus& bus) {
    const Duration character = character_time(bus.serial);
    if (bus.kind == config::BusKind::kModbusRtu) {
        return {character, silent_interval(bus.serial), kLatency};
    }
    return {character, Duration::zero(), kConverterLatency};
}

std::int64_t signed_count(std::size_t count) {
    return static_cast<std::int64_t>(count);
}

}  // namespace

/// One request under way.
struct RtuBus::Exchange {
    const Request& request;
    const Message& message;
    Monotonic sent;
    Monotonic request_end;
    bool telling = false;  ///< telling_read.hpp
};

Result<std::unique_ptr<Bus>> RtuBus::create(const config::Bus& bus, const Clock& clock) {
    return create(bus, clock, Outside{});
}

Result<std::unique_ptr<Bus>> RtuBus::create(const config::Bus& bus, const Clock& clock, Outside outside) {
    if (const Result<termios> settings = raw_settings(bus.serial); !settings) {
        return fail(settings.error().code, "bus " + bus.name + ": " + settings.error().what);
    }
    Result<RtuSender> sender = RtuSender::create(bus.serial);
    if (!sender) {
        return fail(sender.error().code, "bus " + bus.name + ": " + sender.error().what);
    }
    Result<std::unique_ptr<Waker>> waker = Waker::create();
    if (!waker) {
        return pass(waker);
    }
    return std::make_unique<RtuBus>(bus, clock, std::move(outside), std::move(*waker), std::move(*sender));
}

RtuBus::RtuBus(config::Bus bus, const Clock& clock, Outside outside, std::unique_ptr<Waker> waker,
               RtuSender sender)
    : bus_(std::move(bus)),
      clock_(clock),
      outside_(std::move(outside)),
      waker_(std::move(waker)),
      sender_(std::move(sender)),
      lookup_(outside_.resolver),
      is_serial_(bus_.kind == config::BusKind::kModbusRtu),
      line_(timing_of(bus_)),
      twins_(line_.silent) {}

Result<void> RtuBus::open(Monotonic deadline) {
    if (waker_->interrupted()) {
        return fail(Errc::kInterrupted, "bus " + bus_.name + ": interrupted");
    }
    if (fd_) {
        return {};
    }
    Result<UniqueFd> opened = is_serial_
                                  ? open_serial_port(bus_.serial, outside_.rs485)
                                  : connect_tcp(bus_.host, bus_.tcp_port, deadline, clock_, *waker_, lookup_);
    if (!opened) {
        return fail(opened.error().code, "bus " + bus_.name + ": " + opened.error().what);
    }
    fd_ = std::move(*opened);
    sender_.use(fd_.get());
    line_busy_until_ = clock_.now();
    twins_.reopened();
    traffic_.reopened += was_open_ ? 1 : 0;
    was_open_ = true;
    return {};
}

void RtuBus::close() {
    sender_.use(-1);
    fd_.reset();
    looked_ = {};
}

Result<Answer> RtuBus::transact(const Request& request) {
    if (waker_->interrupted()) {
        return fail(Errc::kInterrupted, who(request) + ": interrupted");
    }
    if (!fd_) {
        return fail(Errc::kIo, "bus " + bus_.name + " is not open");
    }
    if (const Result<Message> message = encode(request); !message) {
        return fail(message.error().code, who(request) + ": " + message.error().what);
    }
    if (request.unit == kBroadcast && !is_write(request.function)) {
        return fail(Errc::kInvalid, who(request) + ": no unit answers to address 0");
    }
    // A second answer is minded by who asks for the unit's values, not by who looks for units.
    const bool minded = request.longest_turnaround > Duration::zero();
    if (const auto telling =
            minded ? telling_read(request, quarantine_.shapes_to_tell(request.unit)) : std::nullopt) {
        const Result<Answer> told = ask(*telling, true);
        const bool refused =
            !told && (told.error().code == Errc::kRefused || told.error().code == Errc::kBusy ||
                      told.error().code == Errc::kUnsupported);
        if (!told && !refused) {
            return told;
        }
    }
    return ask(request, false);
}

Result<Answer> RtuBus::ask(const Request& request, bool telling) {
    const Result<Message> message = encode(request);
    Result<void> silent = wait_for_silence(request);
    if (!silent && silent.error().code == Errc::kIo && !is_serial_) {
        // Converters close connections that have been idle: connected anew before the request, that costs no
        // reading.
        silent = open(clock_.now() + request.turnaround + line_.latency);
    }
    if (!silent) {
        return pass(silent);
    }
    const Monotonic sent = clock_.now();
    if (Result<void> gone = send(request, *message); !gone) {
        return pass(gone);
    }
    const Monotonic request_end = sent + line_.character * signed_count(message->size + kCrcBytes);
    line_busy_until_ = request_end;
    if (request.unit == kBroadcast) {
        line_busy_until_ += std::max(request.turnaround, kBroadcastDelay);
        return Answer{.values = {}, .sent = sent, .received = sent};
    }
    quarantine_.asked(request.unit);
    if (request.longest_turnaround > Duration::zero()) {
        twins_.asked(request.unit, request_end, request.longest_turnaround);
    }
    return receive({request, *message, sent, request_end, telling});
}

std::string RtuBus::who(const Request& request) const {
    return "bus " + bus_.name + " unit " + std::to_string(request.unit);
}

tl::unexpected<Error> RtuBus::lost(const std::string& why) {
    close();
    return fail(Errc::kIo, "bus " + bus_.name + ": " + why);
}

/// Waits until the line has been silent for long enough and the unit owes nothing, throwing away what comes
/// meanwhile. A line that is never silent is waited for as long as the longest frame takes, then sent on all
/// the same.
Result<void> RtuBus::wait_for_silence(const Request& request) {
    const Duration gap = std::max(line_.silent, request.min_gap);
    const bool is_watched = request.longest_turnaround > Duration::zero();
    const Monotonic paid = is_watched ? not_before(request.unit) : quarantine_.until(request.unit);
    const Monotonic latest = std::max({line_busy_until_ + gap, paid, clock_.now() + gap}) +
                             line_.character * signed_count(kRtuFrameMax);
    framer_.expect_nothing();
    const Monotonic unseen = looked_;
    std::optional<Monotonic> seen_coming;  // what is there at the first look may have lain there for long
    for (bool first = true;; first = false) {
        Result<bool> came = take_stray_bytes();
        if (!came) {
            return pass(came);
        }
        const Monotonic now = clock_.now();
        if (*came && !first) {
            seen_coming = now;
        }
        line_busy_until_ = *came ? std::max(line_busy_until_, now) : line_busy_until_;
        const Monotonic ready = std::min(std::max(line_busy_until_ + gap, paid), latest);
        if (now >= ready) {
            break;
        }
        const Woken woken = doze_until(ready);
        if (woken == Woken::kInterrupted) {
            return fail(Errc::kInterrupted, who(request) + ": interrupted");
        }
        if (woken == Woken::kHangUp) {
            return lost("the port is unplugged or the connection lost");
        }
        if (woken == Woken::kDeadline) {
            break;  // nothing came to the end
        }
    }
    count(framer_.finish(), -1, seen_coming, unseen);
    return {};
}

/// A timer wakes us late, and so long the line is idle: at 115200 baud that is one part in a hundred of its
/// time. It is set earlier by what it is late usually; the rest is waited out awake.
Woken RtuBus::doze_until(Monotonic ready) {
    if (!is_serial_) {
        return waker_->wait(fd_.get(), POLLIN, ready, clock_);
    }
    const Monotonic doze = ready - timer_late_;
    const Woken woken = waker_->wait(fd_.get(), POLLIN, doze, clock_);
    if (woken != Woken::kDeadline) {
        return woken;
    }
    constexpr int kOfEight = 8;  // the mean of the last few
    const Duration late = std::clamp<Duration>(clock_.now() - doze, Duration::zero(), kMostAwake);
    timer_late_ += (late - timer_late_) / kOfEight;
    for (int looks = 0; looks < kMostLooks && clock_.now() < ready; ++looks) {
    }
    return woken;
}

/// Reads all that has come unasked. \return whether there was anything
Result<bool> RtuBus::take_stray_bytes() {
    bool any = false;
    for (std::size_t reads = 0; reads < 16; ++reads) {  // 4 KiB, a tty's whole buffer
        Result<std::size_t> size = read_some();
        if (!size) {
            return pass(size);
        }
        if (*size == 0) {
            break;
        }
        framer_.filled(*size);
        any = true;
    }
    return any;
}

/// Bytes read into the framer's room; 0 when there are none now. Closes when the line is gone.
Result<std::size_t> RtuBus::read_some() {
    const std::span<std::uint8_t> room = framer_.room();
    const ssize_t size = ::read(fd_.get(), room.data(), room.size());
    if (size > 0) {
        if (is_tapped()) {
            show(Direction::kReceived, room.first(static_cast<std::size_t>(size)), clock_.now());
        }
        return static_cast<std::size_t>(size);
    }
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        looked();
        return std::size_t{0};
    }
    const int error = errno;
    if (is_serial_) {
        return lost("the port " + bus_.serial.port + " is unplugged" +
                    (size < 0 && error != EIO ? " (" + describe_errno(error) + ")" : ""));
    }
    return lost(size == 0 ? bus_.host + " has closed the connection"
                          : "the connection to " + bus_.host + " is lost (" + describe_errno(error) + ")");
}

Result<void> RtuBus::send(const Request& request, const Message& message) {
    if (request.unit != kBroadcast) {
        framer_.expect(request, message.view(),
                       echoes_ ? RtuFramer::Echo::kExpected : RtuFramer::Echo::kUnknown);
    }
    ++traffic_.requests;
    if (is_tapped()) {
        std::vector<std::uint8_t> frame(message.view().begin(), message.view().end());
        const std::uint16_t crc = crc16(message.view());
        frame.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
        frame.push_back(static_cast<std::uint8_t>(crc >> 8U));
        show(Direction::kSent, frame, clock_.now());
    }
    if (Result<void> sent = sender_.send(message); !sent) {
        return lost(sent.error().what);
    }
    return {};
}

Result<Answer> RtuBus::receive(const Exchange& exchange) {
    AnswerDeadline deadline(line_, exchange.request_end, exchange.request.turnaround,
                            answer_size(exchange.request) + kCrcBytes);
    for (;;) {
        const Woken woken = wait_for_bytes(deadline.until());
        if (woken == Woken::kInterrupted) {
            return fail(Errc::kInterrupted, who(exchange.request) + ": interrupted");
        }
        if (woken == Woken::kHangUp) {
            return lost("the port is unplugged or the connection lost");
        }
        if (woken == Woken::kDeadline) {
            looked();
            return over(exchange);
        }
        Result<std::size_t> size = read_some();
        if (!size) {
            return pass(size);
        }
        if (const auto match = framer_.filled(*size)) {
            return answered(exchange, *match, clock_.now());
        }
        const Monotonic now = clock_.now();
        if (*size > 0) {
            line_busy_until_ = std::max(line_busy_until_, now);
            deadline.bytes_came(now, framer_.progress());
        }
        if (now >= deadline.until()) {
            return over(exchange);
        }
    }
}

/// A serial line would wake us for each byte. While it is known how many must still come, we sleep through
/// most of their time; 19 of 20 parts, because the unit's clock may run faster than ours.
Woken RtuBus::wait_for_bytes(Monotonic until) {
    const std::size_t missing = framer_.progress().least_missing;
    constexpr std::size_t kWorthwhile = 3;
    if (is_serial_ && missing >= kWorthwhile) {
        const Monotonic most_came = clock_.now() + line_.character * signed_count(missing - 1) * 19 / 20;
        const Woken woken = waker_->wait(-1, 0, std::min(most_came, until), clock_);
        if (woken != Woken::kDeadline) {
            return woken;
        }
    }
    return waker_->wait(fd_.get(), POLLIN, until, clock_);
}

Result<Answer> RtuBus::over(const Exchange& exchange) {
    // A line that is not silent yet can show what looks like an answer to be a part of something else.
    const bool silent = clock_.now() - line_busy_until_ >= line_.silent;
    const Monotonic last_byte = line_busy_until_;
    const auto match = silent ? framer_.settle() : std::nullopt;
    return match ? answered(exchange, *match, last_byte) : unanswered(exchange);
}

Result<Answer> RtuBus::answered(const Exchange& exchange, const RtuFramer::Match& match, Monotonic received) {
    const Request& request = exchange.request;
    line_busy_until_ = std::max(line_busy_until_, received);
    if (request.function != 5 && request.function != 6) {  // theirs is looked for only where it is expected
        echoes_ = framer_.echoed();
    }
    const auto bytes = signed_count(match.message.size() + kCrcBytes);
    const Duration response = received - exchange.request_end - line_.character * bytes;
    using Doubt = TwinWatch::Doubt;
    const bool is_watched = request.longest_turnaround > Duration::zero();
    Doubt doubt = is_watched ? twins_.doubt(request.unit, response) : Doubt::kNone;
    if (is_watched && doubt == Doubt::kNone && quarantine_.is_doubtful(request.unit)) {
        doubt = Doubt::kAnother;
    }
    quarantine_.paid(request.unit, exchange.telling);
    const bool is_exception = match.fit == Fit::kException;
    Answer answer{.values = {}, .sent = exchange.sent, .received = received};
    Error error;
    if (is_exception) {
        error = exception_error(match.message.back(), who(request));
    } else {
        answer.values = values(request, match.message);
    }
    const Leftovers leftovers = framer_.finish();
    const bool another = count(leftovers, request.unit, received, received);
    // Its own answer may be what was damaged, by that of a second one to the request before.
    if (is_watched && leftovers.noise_bytes >= kLeastAnswer) {
        twins_.unclear(request.unit);
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) +
                                         ": something damaged came before its answer, which may be "
                                         "that of a second unit with this address");
    }
    if (doubt != Doubt::kNone || (another && is_watched)) {
        if (Result<void> only = hear_out(request, another, doubt == Doubt::kTooEarly); !only) {
            return pass(only);
        }
    }
    twins_.answered(request.unit, response, received);
    ++traffic_.answers;
    traffic_.exceptions += is_exception ? 1 : 0;
    return is_exception ? Result<Answer>(tl::make_unexpected(std::move(error)))
                        : Result<Answer>(std::move(answer));
}

/// The deadline has passed without an answer. One may still come: the unit owes it.
Result<Answer> RtuBus::unanswered(const Exchange& exchange) {
    const Request& request = exchange.request;
    const Monotonic now = clock_.now();
    const RtuFramer::Progress progress = framer_.progress();
    const bool damaged = progress.spoiled || progress.begun || progress.held;
    const std::span<const std::uint8_t> other = framer_.misfit();
    const bool late = other.size() > 1 && quarantine_.is_owed(request.unit, {other[1], other.size()});
    const std::string misfits = other.empty() || late ? std::string() : misfit(request, other);
    const Leftovers leftovers = framer_.finish();
    if (late) {  // that of an earlier request, told by its shape
        quarantine_.came_late(request.unit, {line_busy_until_, line_busy_until_});
    }
    // Whatever whole frame of it came or comes yet is its answer, wrong or late, and no second one.
    quarantine_.owes(request.unit, exchange.request_end, now);
    count(leftovers, request.unit, line_busy_until_, line_busy_until_, OfOthers::kForeign);
    twins_.disturbed(now);
    if (damaged) {
        twins_.unclear(request.unit);
        ++traffic_.bad_frames;  // it has answered, and is not waited for
        Error error{Errc::kBadFrame,
                    who(request) +
                        ": wrong check sum, or an answer cut short: noise, wiring, or two units "
                        "with one address"};
        error.damaged_answer = true;
        return tl::make_unexpected(std::move(error));
    }
    if (!misfits.empty()) {
        twins_.unclear(request.unit);
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) + ": " + misfits);
    }
    quarantine_.owes(request.unit, exchange.request_end,
                     now + std::max(request.turnaround, request.longest_turnaround));
    quarantine_.owes_shape(request.unit, answer_shape(request), exchange.telling);
    if (leftovers.noise_bytes > 0) {
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) + ": no answer, only noise");
    }
    twins_.alone(request.unit, now);
    ++traffic_.timeouts;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - exchange.request_end);
    return fail(Errc::kTimeout, who(request) + ": no answer in " + std::to_string(waited.count()) + " ms");
}

}  // namespace gengfu::drivers::modbus
