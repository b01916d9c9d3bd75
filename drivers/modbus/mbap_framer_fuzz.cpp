// First byte: how the rest is cut into pieces.

#include <algorithm>
#include <cstdlib>
#include <span>

#include "drivers/modbus/mbap_framer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu::drivers;
    if (size == 0) {
        return 0;
    }
    std::span<const std::uint8_t> stream = std::span(data, size).subspan(1);
    const std::size_t piece = 1U + data[0];
    const Request request{.unit = 1, .function = 3, .address = 0, .count = 2, .values = {}};
    modbus::MbapFramer framer;
    while (!stream.empty()) {
        const std::span<std::uint8_t> room = framer.room();
        if (room.empty()) {
            std::abort();
        }
        const std::size_t count = std::min({piece, stream.size(), room.size()});
        std::ranges::copy(stream.first(count), room.begin());
        framer.filled(count);
        stream = stream.subspan(count);
        for (;;) {
            const auto frame = framer.next();
            if (!frame) {
                return 0;
            }
            if (!*frame) {
                break;
            }
            if (modbus::fit(request, (*frame)->message) == modbus::Fit::kAnswer &&
                modbus::values(request, (*frame)->message).size() != request.count) {
                std::abort();
            }
        }
    }
    return 0;
}
