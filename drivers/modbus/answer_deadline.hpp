#pragma once

#include <algorithm>
#include <cstddef>

#include "daemon/core/time.hpp"
#include "drivers/modbus/rtu_framer.hpp"
#include "drivers/modbus/timing.hpp"

namespace gengfu::drivers::modbus {

/// What a line does to bytes on their way.
struct LineTiming {
    Duration character{};         ///< character_time()
    Duration silent{};            ///< t3.5 kept before a request; 0 where a converter does it
    Duration latency = kLatency;  ///< from a byte's end on the wire to its reader, at worst
};

/// How long to wait for an answer. Pure.
///
/// Until the unit's turnaround has passed when nothing comes; as bytes come, as long as those still missing
/// take on the wire, but never longer than a whole answer that began at the last moment takes.
class AnswerDeadline {
public:
    /// \param request_end  last byte of the request on the wire
    /// \param answer_bytes of the good answer, CRC included
    AnswerDeadline(const LineTiming& line, Monotonic request_end, Duration turnaround,
                   std::size_t answer_bytes)
        : line_(line),
          first_byte_(request_end + turnaround + line.latency),
          last_(first_byte_ + line.character * static_cast<std::int64_t>(answer_bytes) + line.latency),
          until_(first_byte_) {}

    Monotonic until() const { return until_; }

    /// Bytes came at `now`.
    void bytes_came(Monotonic now, const RtuFramer::Progress& progress) {
        const Monotonic whole =
            now + line_.character * static_cast<std::int64_t>(progress.most_missing) + line_.latency;
        if (progress.held) {
            until_ = now + line_.silent + line_.latency;  // whether it is one is seen when nothing follows
        } else if (progress.begun) {
            until_ = whole;  // also earlier than before: a frame that stops half way is no reason to wait on
        } else if (progress.spoiled) {
            until_ = now + line_.silent + line_.latency;
        } else if (progress.most_missing > 0) {
            until_ = std::max(first_byte_, whole);
        } else {
            until_ = first_byte_;
        }
        until_ = std::min(until_, last_);
    }

private:
    LineTiming line_;
    Monotonic first_byte_, last_, until_;
};

}  // namespace gengfu::drivers::modbus
