#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "drivers/bus.hpp"

namespace gengfu::drivers::modbus {

/// What of an RTU answer to a read tells which request it is of: nothing else does.
struct Shape {
    std::uint8_t function = 0;
    std::size_t size = 0;  ///< unit to the last data byte
    friend bool operator==(const Shape&, const Shape&) = default;
};
Shape answer_shape(const Request& request);

/// A read of fewer of the same registers or bits, for whose answer none of `owed` could be taken; the longest
/// such. Nothing for a write, a single register, up to eight bits, and where an answer to `request` is none
/// of the owed ones by its own shape.
/// \param owed  shapes of answers that may still come, the oldest first; where all are used up, the oldest is
///              the likeliest to come no more
std::optional<Request> telling_read(const Request& request, std::span<const Shape> owed);

}  // namespace gengfu::drivers::modbus
