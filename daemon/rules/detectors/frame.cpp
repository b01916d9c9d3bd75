#include "daemon/rules/detectors/frame.hpp"

#include "daemon/rules/detectors/archive.hpp"

namespace gengfu::rules::detectors {
namespace {

/// FNV-1a.
std::uint32_t check_sum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 2166136261U;
    for (const std::uint8_t byte : bytes) {
        sum = (sum ^ byte) * 16777619U;
    }
    return sum;
}

}  // namespace

void write_frame(std::span<std::uint8_t> bytes, std::uint32_t kind, std::uint32_t version) {
    std::uint32_t sum = check_sum(bytes.subspan(kFrameSize));
    Writer frame(bytes);
    frame(kind);
    frame(version);
    frame(sum);
}

bool frame_is(std::span<const std::uint8_t> bytes, std::uint32_t kind, std::uint32_t version) {
    std::uint32_t found_kind = 0;
    std::uint32_t found_version = 0;
    std::uint32_t sum = 0;
    Reader frame(bytes);
    frame(found_kind);
    frame(found_version);
    frame(sum);
    return found_kind == kind && found_version == version && sum == check_sum(bytes.subspan(kFrameSize));
}

}  // namespace gengfu::rules::detectors
