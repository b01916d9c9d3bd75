#include "tests/sim/serial_line.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "tests/sim/report.hpp"

namespace gengfu::sim {
namespace {

/// Used for a line without `baud` until the master has set a speed.
constexpr int kUsualBaud = 9600;
/// Time to try again when the system has no pty left.
constexpr Nanoseconds kRetry = std::chrono::milliseconds(200);

timespec until(TimePoint now, TimePoint then) {
    const Nanoseconds left = std::max(Nanoseconds(0), Nanoseconds(then - now));
    return {.tv_sec = static_cast<std::time_t>(left.count() / 1'000'000'000),
            .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
}

}  // namespace

SerialLine::SerialLine(const LineSpec& spec, std::string link, FileDescriptor wake, Plant& plant,
                       std::uint64_t seed)
    : spec_(spec),
      link_(std::move(link)),
      wake_(std::move(wake)),
      line_(
          LineFormat{.baud = spec.baud.value_or(kUsualBaud), .bits_per_character = spec.bits_per_character},
          [this, &plant](const Request& request) {
              return plant.handle(spec_.name, Framing::kRtu, 0, request, line_.format().baud);
          },
          seed) {}

Result<std::unique_ptr<SerialLine>> SerialLine::open(const LineSpec& spec, const std::string& directory,
                                                     Plant& plant, std::uint64_t seed) {
    const std::string link = directory + "/" + spec.name;
    FileDescriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!wake) {
        return fail(Errc::kIo, "line " + spec.name + ": no event descriptor");
    }
    auto pty = Pty::open(link);
    if (!pty) {
        return pass(pty);
    }
    std::unique_ptr<SerialLine> line(new SerialLine(spec, link, std::move(wake), plant, seed));
    line->pty_.emplace(std::move(*pty));
    line->thread_ = std::thread([raw = line.get()] { raw->run(); });
    return line;
}

SerialLine::~SerialLine() {
    stop_ = true;
    ::eventfd_write(wake_.get(), 1);
    if (thread_.joinable()) {
        thread_.join();
    }
}

void SerialLine::plug(Plug plug) {
    wanted_ = plug;
    ::eventfd_write(wake_.get(), 1);
}

LineStats SerialLine::stats() const {
    const std::lock_guard lock(mutex_);
    return line_.stats();
}

std::optional<TimePoint> SerialLine::next() const {
    if (!pty_) {
        return wanted_ == Plug::kIn ? std::optional(std::chrono::steady_clock::now() + kRetry) : std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    return line_.next();
}

void SerialLine::run() {
    ::prctl(PR_SET_TIMERSLACK, 1);  // the kernel's usual 50 us would be a fifth of a character at 38400
    while (!stop_) {
        const std::optional<TimePoint> due = next();
        const timespec timeout = until(std::chrono::steady_clock::now(), due.value_or(TimePoint{}));
        std::array<pollfd, 2> polls{{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                     {.fd = pty_ ? pty_->fd() : -1, .events = POLLIN, .revents = 0}}};
        ::ppoll(polls.data(), polls.size(), due ? &timeout : nullptr, nullptr);
        if (polls[0].revents != 0) {
            eventfd_t ignored = 0;
            ::eventfd_read(wake_.get(), &ignored);
        }
        obey();
        if (pty_) {
            serve(polls[1].revents);
        }
    }
    pty_.reset();
}

/// Plugs in or out as wanted.
void SerialLine::obey() {
    if (wanted_ == Plug::kOut && pty_) {
        pty_.reset();
        const std::lock_guard lock(mutex_);
        line_.reset();
    } else if (wanted_ == Plug::kIn && !pty_) {
        renew();
    }
}

void SerialLine::renew() {
    pty_.reset();
    {
        const std::lock_guard lock(mutex_);
        line_.reset();
    }
    auto pty = Pty::open(link_);
    if (pty) {
        pty_.emplace(std::move(*pty));
    } else {
        report_event("line-lost", spec_.name, pty.error().what);
    }
}

void SerialLine::serve(short events) {
    const TimePoint now = std::chrono::steady_clock::now();
    deliver(now);
    if ((events & POLLIN) != 0) {
        take_in(now);
    } else if ((events & (POLLHUP | POLLERR)) != 0) {
        report_event("line-closed", spec_.name, "the other side has closed it");
        renew();
    }
}

void SerialLine::deliver(TimePoint now) {
    Bytes out;
    {
        const std::lock_guard lock(mutex_);
        line_.advance(now, out);
    }
    if (!out.empty() && pty_->write(out) != out.size()) {
        report_event("overrun", spec_.name, "the other side does not read");
    }
}

void SerialLine::take_in(TimePoint now) {
    const Bytes bytes = pty_->read();
    if (bytes.empty()) {
        return;
    }
    const bool right = at_right_speed();
    const std::lock_guard lock(mutex_);
    if (right) {
        line_.receive(now, bytes);
    } else {
        ++baud_mismatches_;
        line_.receive_garbled(now, bytes);
    }
}

/// Compares the master's speed with the scenario's; a line without one takes the master's.
bool SerialLine::at_right_speed() {
    const int master = pty_->baud().value_or(0);
    if (!spec_.baud) {
        const std::lock_guard lock(mutex_);
        line_.set_format({.baud = master != 0 ? master : line_.format().baud,
                          .bits_per_character = spec_.bits_per_character});
        return true;
    }
    if (master == *spec_.baud) {
        wrong_baud_ = 0;
        return true;
    }
    if (wrong_baud_ != master) {
        wrong_baud_ = master;
        report_event("baud-mismatch", spec_.name,
                     "the master sends at " + std::to_string(master) + ", the devices are set to " +
                         std::to_string(*spec_.baud));
    }
    return false;
}

}  // namespace gengfu::sim
