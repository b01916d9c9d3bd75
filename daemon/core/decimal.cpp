#include "daemon/core/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace gengfu {

double as_written(double value) {
    if (!std::isfinite(value) || value == std::trunc(value)) {
        return value;
    }
    constexpr int kDigitsBehindTheFirst = 14;
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::scientific, kDigitsBehindTheFirst);
    double rounded = value;
    if (end.ec != std::errc() || std::from_chars(text.data(), end.ptr, rounded).ec != std::errc()) {
        return value;
    }
    return rounded;
}

}  // namespace gengfu
