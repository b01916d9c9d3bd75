#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// Which requests fetch a set of points of one unit at the least time on the bus. Pure; any thread.
namespace gengfu::drivers::modbus {

/// Registers (or bits) that must come from one request: one point.
struct Wanted {
    std::size_t point = 0;  ///< the caller's name for it, handed back in Read::points
    config::Register reg;
    std::uint16_t count = 1;  ///< registers or bits, from register_count(); never torn over two requests
    /// Points of one group (`same_read`) come from one request; 0: none. Numbers mean nothing else.
    std::uint32_t group = 0;
};

/// What one request to the unit may be (from the device's data sheet, through its profile).
struct Limits {
    std::uint16_t max_registers = 125;  ///< Modbus Application Protocol V1.1b3, 6.3
    std::uint16_t max_bits = 2000;      ///< same, 6.1
    bool even_start = false;            ///< registers and bits alike
    bool even_count = false;
    std::vector<config::Forbidden> forbid;  ///< never touched, not even within a hole
};

/// What a request costs: `fixed` and `per_byte` of the answer's payload (a register is two, eight bits are
/// one).
struct Cost {
    Duration fixed{};
    Duration per_byte{};
};

/// One request that fetches `points`.
struct Read {
    std::uint8_t function = 3;  ///< 1 coils, 2 discrete inputs, 3 holding, 4 input registers
    std::uint16_t address = 0;
    std::uint16_t count = 0;
    std::vector<std::size_t> points;  ///< Wanted::point of each, by address
    friend bool operator==(const Read&, const Read&) = default;
};

/// Points of a profile as ranges; `Wanted::point` is the PointRef. Points that occupy no register (count 0)
/// are left in, so that plan_reads() refuses them by name.
std::vector<Wanted> wanted(const config::Profile& profile, std::span<const config::PointRef> points);

Limits limits(const config::Profile& profile);

/// Cost model of a bus. Serial: request 8 characters, answer 5 + payload, start, parity and stop bits
/// counted, both t3.5 gaps, and `turnaround` (the usual one of the unit, not its longest). TCP: a round trip
/// on a local network and `turnaround`; bytes are nearly free.
Cost cost(const config::Bus& bus, Duration turnaround);

/// Time of one read under the cost model.
Duration duration(const Read& read, const Cost& cost);

/// The list of requests with the least sum of durations (the fewest of equal ones) that fetches every
/// `wanted`, each whole and each group whole within one request, over no forbidden register. It is the
/// optimum, by dynamic programming over the ranges in order of address, in O(n * most points within one
/// request). A hole is read over where that is cheaper than a second request. Result sorted by function and
/// address. \retval Errc::kInvalid  a point or group that no allowed request can fetch: longer than the
/// limit, over a
///                         forbidden register or the end of the address space, across spaces, or with count
///                         0. `what` names Wanted::point.
Result<std::vector<Read>> plan_reads(std::span<const Wanted> wanted, const Limits& limits, const Cost& cost);

/// Bisection after exception 02: two requests that together fetch the same points, parted in the middle (near
/// it, at the widest hole, since what is read over there may be the culprit). Empty when `read` is one point
/// or one group: that is the culprit. Each of the two may still span holes; call again on the one that fails.
/// \param wanted  the ranges of at least `read.points`.
std::vector<Read> split(const Read& read, std::span<const Wanted> wanted, const Limits& limits);

/// Where a point's registers stand in the values of the answer to `read`; `wanted` must be one of its points.
std::span<const std::uint16_t> slice(const Read& read, const Wanted& wanted,
                                     std::span<const std::uint16_t> values);

}  // namespace gengfu::drivers::modbus
