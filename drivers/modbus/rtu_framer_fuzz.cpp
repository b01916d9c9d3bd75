// Bytes: how they are cut, whether the line echoes, the request (unit, function, address, count), then the
// stream.

#include <algorithm>
#include <cstdlib>
#include <span>

#include "drivers/modbus/rtu_framer.hpp"

namespace {

using namespace gengfu::drivers;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

Request request_of(std::span<const std::uint8_t> head) {
    constexpr std::uint8_t kFunctions[] = {1, 2, 3, 4, 5, 6, 15, 16};
    Request request{.unit = head[2], .function = kFunctions[head[3] % 8], .address = head[4], .values = {}};
    const bool is_single = request.function == 5 || request.function == 6;
    request.count = is_single ? std::uint16_t{1} : static_cast<std::uint16_t>(1 + head[5] % 100);
    if (modbus::is_write(request.function)) {
        request.values.assign(request.count, 1);
    }
    return request;
}

/// A second, simpler opinion on an answer: CRC and length by hand.
void check_match(const Request& request, const modbus::RtuFramer::Match& match) {
    require(match.fit != modbus::Fit::kOther);
    require(match.message.size() >= 3 && match.message[0] == request.unit);
    require((match.message[1] & 0x7FU) == request.function);
    if (match.fit == modbus::Fit::kAnswer) {
        require(match.message.size() == modbus::answer_size(request));
        const auto list = modbus::values(request, match.message);
        require(list.size() == (modbus::is_write(request.function) ? 0U : request.count));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kHead = 6;
    if (size < kHead) {
        return 0;
    }
    const std::span<const std::uint8_t> input(data, size);
    const Request request = request_of(input.first(kHead));
    const auto message = modbus::encode(request);
    require(message.has_value());
    modbus::RtuFramer framer;
    using Echo = modbus::RtuFramer::Echo;
    framer.expect(request, message->view(), input[1] % 2 == 0 ? Echo::kUnknown : Echo::kExpected);
    std::span<const std::uint8_t> stream = input.subspan(kHead);
    const std::size_t total = stream.size();
    const std::size_t piece = 1U + input[0];
    std::size_t fed = 0;
    while (!stream.empty()) {
        const std::span<std::uint8_t> room = framer.room();
        require(!room.empty());
        const std::size_t count = std::min({piece, stream.size(), room.size()});
        std::ranges::copy(stream.first(count), room.begin());
        stream = stream.subspan(count);
        fed += count;
        if (const auto match = framer.filled(count)) {
            check_match(request, *match);
            break;
        }
        require(framer.progress().least_missing <= framer.progress().most_missing);
        require(framer.progress().most_missing <= 256);
    }
    if (const auto match = framer.settle()) {
        check_match(request, *match);
    }
    const modbus::Leftovers left = framer.finish();
    require(left.noise_bytes + 5 * left.units.size() <= fed && fed <= total);
    static_cast<void>(modbus::sort_leftovers(input));
    return 0;
}
