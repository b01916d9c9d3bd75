#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The first bytes of a saved state: what it is, of which version, and a check sum of the rest.
namespace gengfu::rules::detectors {

constexpr std::size_t kFrameSize = 12;

/// Fills the frame of `bytes`, whose rest is written already.
void write_frame(std::span<std::uint8_t> bytes, std::uint32_t kind, std::uint32_t version);

/// Whether `bytes` are such a state, undamaged. Finds damage, not malice.
bool frame_is(std::span<const std::uint8_t> bytes, std::uint32_t kind, std::uint32_t version);

}  // namespace gengfu::rules::detectors
