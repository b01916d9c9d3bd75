#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "daemon/core/clock_trust.hpp"
#include "daemon/core/trusted_clock.hpp"

namespace gengfu {

/// Watches the machine's clock: whether it is known, and that somebody sets it. On core.
class ClockWatch {
public:
    /// Looks now, so that the first record of the run is dated right. \param clock outlives the watch
    ClockWatch(boost::asio::io_context& core, TrustedClock& clock, ClockTrust trust);
    ~ClockWatch();
    ClockWatch(const ClockWatch&) = delete;
    ClockWatch& operator=(const ClockWatch&) = delete;

    struct News {
        std::function<void(bool known)> known;  ///< when it changes
        std::function<void(std::int64_t jump_us)> jumped;
        std::function<void(std::int64_t wall_of_zero_us, std::uint64_t error_us)> fix;
    };
    /// \param undated as ClockTracker's
    void start(News news, bool undated);
    void stop();

private:
    void arm();
    void watch_jumps();
    void look();

    TrustedClock& clock_;
    ClockTrust trust_;
    ClockTracker tracker_;
    News news_;
    bool known_ = false;
    boost::asio::steady_timer timer_;
    boost::asio::posix::stream_descriptor jumps_;
};

}  // namespace gengfu
