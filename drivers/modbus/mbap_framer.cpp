#include "drivers/modbus/mbap_framer.hpp"

#include <algorithm>

namespace gengfu::drivers::modbus {

namespace {

std::uint16_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(bytes[at]) << 8U | bytes[at + 1]);
}

}  // namespace

MbapFrame wrap(std::uint16_t transaction, const Message& message) {
    MbapFrame frame;
    frame.bytes[0] = static_cast<std::uint8_t>(transaction >> 8U);
    frame.bytes[1] = static_cast<std::uint8_t>(transaction & 0xFFU);
    frame.bytes[4] = static_cast<std::uint8_t>(message.size >> 8U);
    frame.bytes[5] = static_cast<std::uint8_t>(message.size & 0xFFU);
    std::ranges::copy(message.view(), frame.bytes.begin() + kMbapHead);
    frame.size = kMbapHead + message.size;
    return frame;
}

std::span<std::uint8_t> MbapFramer::room() {
    if (begin_ > 0) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    return std::span(buffer_).subspan(end_);
}

Result<std::optional<MbapFramer::Frame>> MbapFramer::next() {
    const std::span<const std::uint8_t> bytes = std::span(buffer_).first(end_).subspan(begin_);
    // As early as it shows: a peer that speaks something else must not keep us waiting for the rest.
    if (bytes.size() >= 4 && word(bytes, 2) != 0) {
        return fail(Errc::kBadFrame,
                    "what comes is no Modbus TCP (protocol " + std::to_string(word(bytes, 2)) + ")");
    }
    if (bytes.size() < kMbapHead) {
        return std::optional<Frame>();
    }
    constexpr std::size_t kShortest = 3;  // unit, function, exception code
    const std::size_t length = word(bytes, 4);
    if (length < kShortest || length > kMessageMax) {
        return fail(Errc::kBadFrame, "what comes is no Modbus TCP (length " + std::to_string(length) + ")");
    }
    if (bytes.size() < kMbapHead + length) {
        return std::optional<Frame>();
    }
    begin_ += kMbapHead + length;
    return std::optional(Frame{word(bytes, 0), bytes.subspan(kMbapHead, length)});
}

}  // namespace gengfu::drivers::modbus
