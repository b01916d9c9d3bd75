#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "drivers/line/unique_fd.hpp"
#include "drivers/line/waker.hpp"
#include "tests/unit/drivers/bytes.hpp"

namespace gengfu::drivers {

/// A Modbus slave in this process, at the other end of a pty or of a TCP connection on loopback. What it says
/// to each request is the test's business; it knows only where requests end. Written without the product's
/// framers.
class FakeSlave {
public:
    /// Bytes to send, and how long to wait before them.
    struct Say {
        Bytes bytes;
        Duration after{};
    };
    using Says = std::vector<Say>;
    /// Called on the slave's thread with each whole request (RTU with CRC, TCP with MBAP header).
    using Handler = std::function<Says(const Bytes& request)>;

    enum class Wire { kPty, kRtuOverTcp, kTcp };

    explicit FakeSlave(Wire wire, Handler handler = {});
    ~FakeSlave();
    FakeSlave(const FakeSlave&) = delete;
    FakeSlave& operator=(const FakeSlave&) = delete;

    /// Configuration of a bus that reaches it: ptys at 115200 8N1.
    config::Bus bus() const;
    const std::string& port() const { return port_; }

    void handle(Handler handler);
    /// Sends at once, unasked.
    void say(const Bytes& bytes);
    /// Takes the adapter away, or closes the connection (a new one is accepted).
    void unplug();

    std::vector<Bytes> requests() const;
    /// When the last byte of each request came.
    std::vector<Monotonic> times() const;

private:
    void run();
    void accept_one();
    void read_some();
    void answer(const Bytes& request);
    int peer() const { return wire_ == Wire::kPty ? master_.get() : connection_.get(); }

    const Wire wire_;
    SystemClock clock_;
    std::unique_ptr<Waker> stop_;
    std::string port_;
    std::uint16_t tcp_port_ = 0;
    UniqueFd master_, listener_, connection_;
    Bytes pending_;
    mutable std::mutex mutex_;
    Handler handler_;
    std::vector<Bytes> requests_;
    std::vector<Monotonic> times_;
    std::thread thread_;
};

/// No answer is here sooner on a line of 115200 baud: a pty has no baud rate, and one that came before the
/// request can have ended is not believed.
constexpr Duration kOnTheWire = std::chrono::milliseconds(5);

/// Answers reads of any unit with the register's own address + `offset` as its value, RTU.
FakeSlave::Handler honest_rtu(std::uint16_t offset = 0);
/// The same for Modbus TCP.
FakeSlave::Handler honest_tcp(std::uint16_t offset = 0);

/// The answer (unit, function, byte count, values) of honest slaves to a read of registers; `pdu` without CRC
/// or header.
Bytes honest_answer(std::span<const std::uint8_t> pdu, std::uint16_t offset);

}  // namespace gengfu::drivers
