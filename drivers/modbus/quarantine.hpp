#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "daemon/core/time.hpp"

namespace gengfu::drivers::modbus {

/// Units that still owe an answer. An RTU read answer does not say which address it is of: a late one would
/// pass for the answer to the next request of the same function and length. So a unit that owes one is not
/// asked until it must have come.
class Quarantine {
public:
    /// The unit is not to be asked before `until`.
    void owes(std::uint8_t unit, Monotonic until) {
        until_[unit] = until;
        owing_.set(unit);
    }
    void paid(std::uint8_t unit) { owing_.reset(unit); }

    bool is_owing(std::uint8_t unit) const { return owing_.test(unit); }
    /// Start of time when the unit owes nothing.
    Monotonic until(std::uint8_t unit) const { return is_owing(unit) ? until_[unit] : Monotonic{}; }

private:
    static constexpr std::size_t kUnits = 256;
    std::array<Monotonic, kUnits> until_{};
    std::bitset<kUnits> owing_;
};

}  // namespace gengfu::drivers::modbus
