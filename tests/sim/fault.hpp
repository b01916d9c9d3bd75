#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "tests/sim/line_timing.hpp"
#include "tests/sim/modbus_server.hpp"

namespace gengfu::sim {

/// What can go wrong with an answer, or (unplug) with a line or connection.
enum class FaultKind : std::uint8_t {
    kSilence,    ///< no answer
    kLate,       ///< the answer comes `delay` later than it should
    kWrongUnit,  ///< another unit's number in the answer
    kBadCrc,     ///< checksum spoiled (serial framing only)
    kException,  ///< exception `code` in place of the answer; writes are not carried out
    kNoise,      ///< `before` and `after` random bytes around the answer
    kGarbage,    ///< `count` random bytes in place of the answer
    kTruncated,  ///< only the first `count` bytes of the answer
    kUnplug,     ///< serial line: the pty vanishes; TCP: connections are cut and refused
};

/// The scenario's and the control socket's word for a kind, and back.
std::string_view fault_name(FaultKind kind);
std::optional<FaultKind> fault_kind(std::string_view name);
/// All words, for "did you mean".
const std::vector<std::string_view>& fault_names();

struct Fault {
    FaultKind kind = FaultKind::kSilence;
    Nanoseconds delay{0};
    std::uint8_t unit = 0;  ///< kWrongUnit: the number to answer with; 0 means the right one plus one
    std::uint8_t code = 4;  ///< kException
    std::uint16_t before = 0, after = 0, count = 0;
    double share = 1.0;  ///< part of the answers that it hits, 0 to 1, drawn from the device's random numbers
};

/// How an answer is wrapped.
enum class Framing : std::uint8_t { kRtu, kTcp };

/// An answer ready to be sent: bytes and how long after the end of the request it starts.
struct Answer {
    Bytes bytes;
    Nanoseconds turnaround{0};
};

using Random = std::mt19937_64;

/// The faults among `active` that hit this answer, by their `share`.
std::vector<Fault> draw_faults(const std::vector<Fault>& active, Random& random);

/// Wraps an answer PDU and spoils it by `faults`; nothing when one of them is silence.
/// `transaction` is the MBAP transaction id, unused for RTU framing.
struct Outgoing {
    Framing framing = Framing::kRtu;
    std::uint16_t transaction = 0;
    std::uint8_t unit = 0;
    Bytes pdu;
    Nanoseconds turnaround{0};
};
std::optional<Answer> wrap(Outgoing outgoing, const std::vector<Fault>& faults, Random& random);

}  // namespace gengfu::sim
