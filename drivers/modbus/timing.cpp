#include "drivers/modbus/timing.hpp"

#include <cassert>

namespace gengfu::drivers::modbus {

Duration character_time(const config::Serial& serial) {
    assert(serial.baud > 0);
    const std::int64_t bits = 9 + (serial.parity == config::Parity::kNone ? 0 : 1) + serial.stop_bits;
    return std::chrono::nanoseconds(bits * 1'000'000'000 / serial.baud);
}

Duration silent_interval(const config::Serial& serial) {
    constexpr std::uint32_t kFixedAbove = 19200;
    if (serial.baud > kFixedAbove) {
        return std::chrono::microseconds(1750);
    }
    return character_time(serial) * 7 / 2;
}

}  // namespace gengfu::drivers::modbus
