#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "drivers/modbus/frame.hpp"

/// Cuts a TCP stream into Modbus TCP messages (Modbus Messaging on TCP/IP V1.0b, 3.1.3). Pure; any thread.
namespace gengfu::drivers::modbus {

/// Transaction, protocol and length before the unit.
constexpr std::size_t kMbapHead = 6;

struct MbapFrame {
    std::array<std::uint8_t, kMbapHead + kMessageMax> bytes{};
    std::size_t size = 0;
    std::span<const std::uint8_t> view() const { return std::span(bytes).first(size); }
};

/// Puts the header before a message.
MbapFrame wrap(std::uint16_t transaction, const Message& message);

class MbapFramer {
public:
    void clear() { begin_ = end_ = 0; }

    /// Where the next bytes are to be read into; never empty as long as next() is called until it has none.
    std::span<std::uint8_t> room();
    void filled(std::size_t count) { end_ += count; }

    struct Frame {
        std::uint16_t transaction = 0;
        std::span<const std::uint8_t> message;  ///< unit, function, data; valid until room() is called
    };
    /// The next whole frame, if there is one.
    /// \retval Errc::kBadFrame  the stream holds something else: where the next frame begins is lost for good
    Result<std::optional<Frame>> next();

    bool is_empty() const { return begin_ == end_; }

private:
    static constexpr std::size_t kCapacity = 4 * (kMbapHead + kMessageMax);

    std::array<std::uint8_t, kCapacity> buffer_{};
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace gengfu::drivers::modbus
