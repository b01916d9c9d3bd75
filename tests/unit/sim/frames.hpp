#pragma once

#include <string_view>

#include "tests/sim/modbus_server.hpp"

namespace gengfu::sim {

/// Bytes from hexadecimal text, "01 03 00 04"; for tests only, so it does not check.
inline Bytes hex(std::string_view text) {
    Bytes out;
    unsigned nibbles = 0;
    unsigned value = 0;
    for (const char c : text) {
        if (c == ' ') {
            continue;
        }
        const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'A' + 10);
        value = (value << 4U) | digit;
        if (++nibbles % 2 == 0) {
            out.push_back(static_cast<std::uint8_t>(value & 0xFFU));
        }
    }
    return out;
}

}  // namespace gengfu::sim
