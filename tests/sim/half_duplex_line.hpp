#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "tests/sim/fault.hpp"
#include "tests/sim/line_timing.hpp"
#include "tests/sim/rtu_frame.hpp"

namespace gengfu::sim {

/// What happened on a line since it was made. A line that is plugged in again goes on counting.
struct LineStats {
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::uint64_t busy_bits = 0;       ///< bits that the wire carried, both directions
    std::uint64_t frames_in = 0;       ///< silence-delimited, good or not
    std::uint64_t bad_frames = 0;      ///< of those: no Modbus request (CRC, length, wrong baud)
    std::uint64_t frames_out = 0;      ///< answers begun
    std::uint64_t collisions = 0;      ///< two talkers at once: request into an answer, answer into anything
    std::uint64_t early_requests = 0;  ///< begun less than t3.5 after the last byte on the wire
    std::map<unsigned, std::uint64_t> requests_by_unit;
};

/// A half-duplex serial line with its slaves, in virtual time: no clock, no descriptor, no thread.
///
/// The master hands a whole frame to the pty at once; here its bytes take their time one after the other, the
/// frame ends after t3.5 of silence, an answer starts after that and its device's turnaround, and each of its
/// bytes is due one character time after the one before, on a schedule that does not drift however late
/// `advance` is called. Whoever talks while another does spoils both.
class HalfDuplexLine {
public:
    /// Called with each good request; its answers may be none (silence, broadcast, no such unit) or several.
    using Responder = std::function<std::vector<Answer>(const Request&)>;

    HalfDuplexLine(LineFormat format, Responder responder, std::uint64_t seed);

    /// Bytes that the master wrote, seen at `now`. Call `advance(now, ...)` first.
    void receive(TimePoint now, std::span<const std::uint8_t> bytes);
    /// The same, sent at a speed other than the line's: they take their time and mean nothing to anybody.
    void receive_garbled(TimePoint now, std::span<const std::uint8_t> bytes);
    /// When `advance` has something to do next; nothing while the line is at rest.
    [[nodiscard]] std::optional<TimePoint> next() const;
    /// Does what is due by `now`; appends to `out` the bytes that have arrived at the master.
    void advance(TimePoint now, Bytes& out);

    /// Forgets all that is under way (the line was unplugged). Counters stay.
    void reset();
    void set_format(LineFormat format) { format_ = format; }
    [[nodiscard]] LineFormat format() const { return format_; }
    [[nodiscard]] const LineStats& stats() const { return stats_; }

private:
    struct Transmission {
        TimePoint start;
        Bytes bytes;
        std::size_t sent = 0;
    };
    [[nodiscard]] TimePoint byte_due(const Transmission& tx) const;
    void end_frame();
    void begin_answer();
    void send_byte(Bytes& out);
    void spoil_rest(Transmission& tx);
    void count_wire(std::size_t bytes);

    LineFormat format_;
    Responder responder_;
    Random random_;
    LineStats stats_;
    Bytes frame_;           ///< of the request under way
    bool garbled_ = false;  ///< the request under way cannot be understood
    std::optional<TimePoint> frame_start_;
    TimePoint frame_last_{};                ///< end of its last byte so far
    std::optional<TimePoint> quiet_since_;  ///< end of the last byte on the wire
    std::deque<Transmission> waiting_;      ///< answers to come, by start
    std::optional<Transmission> talking_;
};

}  // namespace gengfu::sim
