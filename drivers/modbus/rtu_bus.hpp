#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "drivers/bus.hpp"
#include "drivers/line/name_lookup.hpp"
#include "drivers/line/rs485.hpp"
#include "drivers/line/unique_fd.hpp"
#include "drivers/line/waker.hpp"
#include "drivers/modbus/answer_deadline.hpp"
#include "drivers/modbus/libmodbus.hpp"
#include "drivers/modbus/quarantine.hpp"
#include "drivers/modbus/rtu_framer.hpp"
#include "drivers/modbus/twin_watch.hpp"

namespace gengfu::drivers::modbus {

/// Modbus RTU over a serial port, or over TCP through a converter that passes bytes on. docs/bus.md has the
/// timing.
///
/// transact() takes at most: the silence wanted before the request, the request's time on the wire, the
/// turnaround, the answer's time on the wire and twice LineTiming::latency; after a time-out or a bad frame
/// of the same unit also what is left of one more turnaround, in which its late answer is awaited and thrown
/// away, and before a read whose answer an owed one could pass for the exchange of a shorter one
/// (telling_read). A unit at whose address two seem to answer is listened to for its longest turnaround each
/// time (twin_watch).
class RtuBus final : public Bus {
public:
    /// What tests put in the place of the outside.
    struct Outside {
        Resolver resolver = resolve_by_system;
        Rs485Ioctl rs485 = kernel_rs485_ioctl;
    };

    /// \retval Errc::kInvalid  settings that no port can have
    /// \retval Errc::kIo       no descriptor left
    static Result<std::unique_ptr<Bus>> create(const config::Bus& bus, const Clock& clock, Outside outside);
    static Result<std::unique_ptr<Bus>> create(const config::Bus& bus, const Clock& clock);

    Result<void> open(Monotonic deadline) override;
    bool is_open() const override { return static_cast<bool>(fd_); }
    void close() override;
    Result<Answer> transact(const Request& request) override;
    void interrupt() override { waker_->interrupt(); }
    const Traffic& traffic() const override { return traffic_; }
    bool two_answer(std::uint8_t unit) const override { return twins_.is_told(unit); }
    bool is_unproven(std::uint8_t unit) const override { return twins_.is_unproven(unit); }
    Monotonic not_before(std::uint8_t unit) const override {
        return std::max(quarantine_.until(unit), twins_.not_before(unit));
    }

    RtuBus(config::Bus bus, const Clock& clock, Outside outside, std::unique_ptr<Waker> waker,
           RtuSender sender);

private:
    struct Exchange;

    std::string who(const Request& request) const;
    tl::unexpected<Error> lost(const std::string& why);
    Woken doze_until(Monotonic ready);
    Result<void> wait_for_silence(const Request& request);
    Result<bool> take_stray_bytes();
    Result<void> send(const Request& request, const Message& message);
    Result<Answer> receive(const Exchange& exchange);
    Result<Answer> answered(const Exchange& exchange, const RtuFramer::Match& match, Monotonic received);
    /// The deadline has passed.
    Result<Answer> over(const Exchange& exchange);
    Result<Answer> unanswered(const Exchange& exchange);
    /// Listens for as long as another answer may come. \return whether there was none
    Result<void> hear_out(const Request& request, bool another, bool too_early);
    Result<void> listen_until(Monotonic until, const Request& request);
    Woken wait_for_bytes(Monotonic until);
    Result<std::size_t> read_some();
    Result<Answer> ask(const Request& request, bool telling);
    void looked() { looked_ = clock_.now(); }
    /// \param came  the last of them, if it was seen coming; else it lay there when the line was looked at
    ///              again \param unseen  the look before that
    /// \return whether a frame that nobody asked for was of `asked_unit`
    enum class OfOthers : std::uint8_t { kUnasked, kForeign };
    bool count(const Leftovers& leftovers, int asked_unit, std::optional<Monotonic> came, Monotonic unseen,
               OfOthers of_others = OfOthers::kUnasked);

    config::Bus bus_;
    const Clock& clock_;
    Outside outside_;
    std::unique_ptr<Waker> waker_;
    RtuSender sender_;
    NameLookup lookup_;
    bool is_serial_;
    LineTiming line_;
    UniqueFd fd_;
    RtuFramer framer_;
    Quarantine quarantine_;
    TwinWatch twins_;
    Monotonic
        line_busy_until_{};  ///< last byte on the wire, sent or received, or a broadcast still being obeyed
    Monotonic looked_{};     ///< nothing was there to be read then that has not been
    Duration timer_late_{};  ///< by what a timer has woken us late of late
    bool echoes_ = false;
    bool was_open_ = false;
    Traffic traffic_;
};

}  // namespace gengfu::drivers::modbus
