#pragma once

#include <memory>
#include <optional>
#include <string>

#include "drivers/bus.hpp"
#include "drivers/line/name_lookup.hpp"
#include "drivers/line/unique_fd.hpp"
#include "drivers/line/waker.hpp"
#include "drivers/modbus/mbap_framer.hpp"

namespace gengfu::drivers::modbus {

/// Modbus TCP. An answer is known by its transaction id, so that a late one is never taken for another, and a
/// unit that timed out may be asked again at once.
///
/// transact() takes at most min_gap, turnaround and kLatency, and as long again where the peer has closed an
/// idle connection and must be connected to anew. A stream that is no Modbus TCP closes the connection
/// (Errc::kIo), since where the next frame begins is unknown.
class TcpBus final : public Bus {
public:
    /// \retval Errc::kIo  no descriptor left
    static Result<std::unique_ptr<Bus>> create(const config::Bus& bus, const Clock& clock,
                                               Resolver resolver = resolve_by_system);

    Result<void> open(Monotonic deadline) override;
    bool is_open() const override { return static_cast<bool>(fd_); }
    void close() override;
    Result<Answer> transact(const Request& request) override;
    void interrupt() override { waker_->interrupt(); }
    const Traffic& traffic() const override { return traffic_; }

    TcpBus(config::Bus bus, const Clock& clock, Resolver resolver, std::unique_ptr<Waker> waker);

private:
    std::string who(const Request& request) const;
    tl::unexpected<Error> lost(const std::string& why);
    Result<void> wait_for_gap(const Request& request);
    Result<void> reconnect_if_closed(const Request& request);
    Result<void> send(const Message& message);
    Result<Answer> receive(const Request& request, Monotonic sent);
    Result<bool> read_some();
    Result<std::optional<Answer>> look_through(const Request& request, Monotonic sent);
    Result<Answer> judge(const Request& request, std::span<const std::uint8_t> message, Monotonic sent);

    config::Bus bus_;
    const Clock& clock_;
    std::unique_ptr<Waker> waker_;
    NameLookup lookup_;
    UniqueFd fd_;
    MbapFramer framer_;
    std::uint16_t transaction_ = 0;
    Monotonic last_traffic_{};
    bool was_open_ = false;
    Traffic traffic_;
};

}  // namespace gengfu::drivers::modbus
