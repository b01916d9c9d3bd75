#include "drivers/modbus/telling_read.hpp"

#include <algorithm>

#include "drivers/modbus/frame.hpp"

namespace gengfu::drivers::modbus {

Shape answer_shape(const Request& request) {
    return {request.function, answer_size(request)};
}

std::optional<Request> telling_read(const Request& request, std::span<const Shape> owed) {
    if (is_write(request.function) || std::ranges::find(owed, answer_shape(request)) == owed.end()) {
        return std::nullopt;
    }
    std::optional<Request> best;
    std::ptrdiff_t best_age = 0;
    Request shorter = request;
    while (--shorter.count > 0) {
        if (answer_shape(shorter) == answer_shape(request)) {
            continue;  // bits of the same byte
        }
        const auto known = std::ranges::find(owed, answer_shape(shorter));
        if (known == owed.end()) {
            return shorter;
        }
        const std::ptrdiff_t age = owed.end() - known;
        if (!best || age > best_age) {
            best = shorter;
            best_age = age;
        }
    }
    return best;
}

}  // namespace gengfu::drivers::modbus
