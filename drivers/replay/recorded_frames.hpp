#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "drivers/replay/transcript.hpp"

/// What the bytes of a transcript are worth as frames, and the words for what they lack. Pure; any thread.
namespace gengfu::drivers::replay {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kCrcBytes = 2;

/// Two bytes, high one first. \param at  at most bytes.size() - 2
unsigned word_at(const Bytes& bytes, std::size_t at);

bool has_good_crc(const Bytes& frame);
bool is_mbap(const Bytes& frame);

/// Whether what came ends before the answer to the request does: nothing, the line's echo alone, or a part.
bool is_unfinished(Protocol protocol, const Exchange& exchange);

/// Whether all that came is whole frames with good check sums; silence is.
bool is_sound(Protocol protocol, const Exchange& exchange);

/// Of an exchange that is not sound: "this answer's CRC is wrong: it ends in ..." or that it is not whole.
std::string why_not_sound(Protocol protocol, const Exchange& exchange);

/// ": it ends in C5 CC, and to the bytes before belongs C5 CB"
std::string right_crc(const Bytes& frame);
/// ": its header says that 6 bytes follow, and there are 5"
std::string mbap_words(const Bytes& frame);

}  // namespace gengfu::drivers::replay
