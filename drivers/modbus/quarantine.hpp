#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>

#include "daemon/core/time.hpp"

namespace gengfu::drivers::modbus {

/// Units that still owe an answer. An RTU read answer does not say which address it is of: a late one would
/// pass for the answer to the next request of the same function and length. So a unit that owes one is not
/// asked until it must have come: after its longest turnaround, or after what it was late by before, where it
/// does not keep to that. Pure.
class Quarantine {
public:
    /// An answer so late is nobody's that can be waited for.
    static constexpr Duration kLatest = std::chrono::seconds(3);
    /// So long after the last answer beyond its longest turnaround a unit counts as one that keeps to it.
    static constexpr Duration kRemembered = std::chrono::minutes(10);

    /// The unit has not answered. \param request_end  of the request. \param until  it is not to be asked
    /// before
    void owes(std::uint8_t unit, Monotonic request_end, Monotonic until);
    /// A request goes out to it; if it still owes an answer, that may come instead.
    void asked(std::uint8_t unit);
    /// It has answered.
    void paid(std::uint8_t unit) { owing_.reset(unit); }
    /// A frame of it came that is of an earlier request. \param came  when. \pre owed(unit)
    void came_late(std::uint8_t unit, Monotonic came);

    bool is_owing(std::uint8_t unit) const { return owing_.test(unit); }
    /// It owes an answer, or did when it was last asked.
    bool owed(std::uint8_t unit) const { return is_owing(unit) || in_debt_.test(unit); }
    /// It was asked in debt and has been late beyond its longest turnaround before: what comes first may be
    /// of an earlier request.
    bool is_doubtful(std::uint8_t unit) const { return in_debt_.test(unit) && late_.contains(unit); }
    /// Start of time when the unit owes nothing.
    Monotonic until(std::uint8_t unit) const;

private:
    struct Late {
        Monotonic seen{};
        Duration by{};  ///< from the request's end to the answer
    };
    static constexpr std::size_t kUnits = 256;
    std::array<Monotonic, kUnits> until_{}, request_end_{};
    std::bitset<kUnits> owing_, in_debt_;
    std::map<std::uint8_t, Late> late_;  ///< few
};

}  // namespace gengfu::drivers::modbus
