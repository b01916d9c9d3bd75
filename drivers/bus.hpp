#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// The only seam to hardware: one half-duplex line or connection, one transaction in flight.
namespace gengfu::drivers {

/// One Modbus request. `function` is 1, 2, 3, 4 (reads) or 5, 6, 15, 16 (writes).
struct Request {
    std::uint8_t unit = 1;
    std::uint8_t function = 3;
    std::uint16_t address = 0;
    std::uint16_t count = 1;            ///< registers or bits
    std::vector<std::uint16_t> values;  ///< of writes: registers, or bits as 0 and 1
    Duration turnaround{};  ///< from the end of the request to the first byte of the answer, at most
    Duration min_gap{};     ///< silence this unit wants before the request, at least t3.5
    /// Where `turnaround` is only what this unit has lately kept to: the longest that it may take. After a
    /// time-out its answer may still come for so long. 0: `turnaround` is it, and nobody minds a second
    /// answer (who looks for units on the line finds two at one address by it).
    Duration longest_turnaround{};
};

struct Answer {
    std::vector<std::uint16_t>
        values;            ///< registers, or bits as 0 and 1; exactly `count` of a read, empty of a write
    Monotonic sent{};      ///< first byte of the request handed to the line
    Monotonic received{};  ///< last byte of the answer
};

/// Counted since the start, read from any thread through BusWorker's snapshot.
struct Traffic {
    /// `answers` are whole and expected ones, `exceptions` those of them that were exceptions.
    std::uint64_t requests = 0, answers = 0, timeouts = 0, bad_frames = 0, exceptions = 0;
    std::uint64_t foreign_frames = 0, late_frames = 0, noise_bytes = 0, reopened = 0;
    /// Whole frames of a unit that we ask, while it owed no answer: another answers at its address.
    std::uint64_t unasked_frames = 0;
};

enum class Direction : std::uint8_t { kSent, kReceived };

/// Sees the bytes of a line as they are sent and as they come, in pieces, with checksums and headers. Called
/// on the bus's thread; must not block. \return whether it wants to see more
using Tap = std::function<bool(Direction direction, std::span<const std::uint8_t> bytes, Monotonic at)>;

/// Used by one thread, except interrupt().
class Bus {
public:
    virtual ~Bus() = default;

    /// Opens the port or connects, within `deadline`. Idempotent.
    /// \retval Errc::kIo missing, busy, refused, name not found: `what` says which, in a user's words
    /// \retval Errc::kInterrupted
    virtual Result<void> open(Monotonic deadline) = 0;
    virtual bool is_open() const = 0;
    virtual void close() = 0;

    /// Sends one request and waits for its answer: at most the unit's turnaround, the frames' own time on the
    /// wire and the gaps. Never longer than that, whatever arrives. \retval Errc::kTimeout, kBadFrame,
    /// kRefused, kBusy, kUnsupported (the exceptions), kIo (line must be reopened), kInterrupted
    virtual Result<Answer> transact(const Request& request) = 0;

    /// Makes a blocked open() or transact() return kInterrupted soon, and all later ones at once. Any thread.
    virtual void interrupt() = 0;

    virtual const Traffic& traffic() const = 0;

    /// More than one answers at this address: what came from it is bad, until only one has answered for a
    /// while. Only where an answer does not say which request it is of.
    virtual bool two_answer(std::uint8_t /*unit*/) const { return false; }

    /// The unit's answers since the line was opened are not to be believed yet: another one with its address
    /// may still answer the same request, and nobody knows which of them is the sensor. A few requests at
    /// most, each not sooner than not_before().
    virtual bool is_unproven(std::uint8_t /*unit*/) const { return false; }

    /// A request to the unit would wait until then, and the line with it: something of it may still come.
    virtual Monotonic not_before(std::uint8_t /*unit*/) const { return {}; }

    /// One at a time; an empty one ends it. Buses that carry no bytes (replay) show nothing.
    void set_tap(Tap tap) { tap_ = std::move(tap); }

protected:
    bool is_tapped() const { return static_cast<bool>(tap_); }
    void show(Direction direction, std::span<const std::uint8_t> bytes, Monotonic at) {
        if (tap_ && !tap_(direction, bytes, at)) {
            tap_ = nullptr;
        }
    }

private:
    Tap tap_;
};

/// Makes the bus of a configuration; does not open it.
/// \retval Errc::kNotBuilt
Result<std::unique_ptr<Bus>> make_bus(const config::Bus& bus, const Clock& clock);

}  // namespace gengfu::drivers
