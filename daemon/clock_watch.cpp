#include "daemon/clock_watch.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// The kernel tells a jump at once (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET); synchronisation it does not
/// tell.
constexpr auto kLookEvery = std::chrono::seconds(1);

/// A timer on the wall clock that never fires, and is cancelled whenever somebody sets that clock.
int jump_teller() {
    const int fd = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    itimerspec never{};
    never.it_value.tv_sec = INT32_MAX;
    if (fd >= 0 && ::timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

}  // namespace

ClockWatch::ClockWatch(asio::io_context& core, TrustedClock& clock, ClockTrust trust)
    : clock_(clock), trust_(trust), tracker_(trust, false), timer_(core), jumps_(core) {
    ClockTracker first(trust, false);
    known_ = first.look(clock.now(), clock_offset_us(), read_clock_signs()).known;
    clock_.set_known(known_);
}

ClockWatch::~ClockWatch() = default;

void ClockWatch::start(News news, bool undated) {
    news_ = std::move(news);
    tracker_ = ClockTracker(trust_, undated);
    if (const int fd = jump_teller(); fd >= 0) {
        jumps_.assign(fd);  // without one, the look a second later sees it
        watch_jumps();
    }
    look();
    arm();
}

void ClockWatch::stop() {
    timer_.cancel();
    boost::system::error_code ignored;
    jumps_.close(ignored);
    news_ = {};
}

void ClockWatch::arm() {
    timer_.expires_after(kLookEvery);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            look();
            arm();
        }
    });
}

void ClockWatch::watch_jumps() {
    jumps_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
        if (error) {
            return;
        }
        // ECANCELED: the clock was set. The timer has to be armed anew.
        std::array<char, sizeof(std::uint64_t)> count{};
        boost::system::error_code ignored;
        jumps_.read_some(asio::buffer(count), ignored);
        jumps_.close(ignored);
        look();
        if (const int fd = jump_teller(); fd >= 0) {
            jumps_.assign(fd);
            watch_jumps();
        }
    });
}

void ClockWatch::look() {
    const ClockTracker::Seen seen = tracker_.look(clock_.now(), clock_offset_us(), read_clock_signs());
    clock_.set_known(seen.known);
    if (seen.jump_us && news_.jumped) {
        news_.jumped(*seen.jump_us);
    }
    if (std::exchange(known_, seen.known) != seen.known && news_.known) {
        news_.known(seen.known);
    }
    if (seen.fix_us && news_.fix) {
        news_.fix(*seen.fix_us, seen.error_us);
    }
}

}  // namespace gengfu
