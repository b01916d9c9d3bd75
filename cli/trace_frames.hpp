#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Bytes of a line as frames with their meaning, for `gengfu trace`. Pure.
namespace gengfu::cli {

enum class Wire : std::uint8_t { kRtu, kTcp };

struct Frame {
    std::vector<std::uint8_t> bytes;
    std::string meaning;  ///< "unit 7: read 2 holding registers from 0x0010", "unit 7: exception 02: ..."
    bool whole = true;    ///< false: bytes that are no frame: noise, a wrong checksum, cut short
};

/// The request as it was sent.
Frame request_frame(Wire wire, std::span<const std::uint8_t> bytes);

/// All that came after a request, in whole frames and what lies between them.
std::vector<Frame> answer_frames(Wire wire, std::span<const std::uint8_t> bytes);

/// "01 03 00 04"
std::string hex(std::span<const std::uint8_t> bytes);
/// \return nothing where it is no pairs of hexadecimal digits
std::vector<std::uint8_t> from_hex(const std::string& text);

}  // namespace gengfu::cli
