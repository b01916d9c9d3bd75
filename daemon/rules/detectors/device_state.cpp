// Saved states of DeviceDetector; docs/anomaly.md has the layout.
#include "daemon/rules/detectors/archive.hpp"
#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/frame.hpp"

namespace gengfu::rules::detectors {
namespace {

constexpr std::uint32_t kKind = 0x44414647U;  ///< "GFAD"
constexpr std::uint32_t kVersion = 1;

}  // namespace

template <class Archive>
void DeviceDetector::visit(Archive& archive) {
    for (Normal& point : points_) {
        point.visit(archive);
    }
}

std::size_t DeviceDetector::state_size() {
    Sizer sizer;
    DeviceDetector().visit(sizer);
    return sizer.size() + kFrameSize;
}

void DeviceDetector::save(std::span<std::uint8_t> bytes) const {
    DeviceDetector copy = *this;
    Writer state(bytes.subspan(kFrameSize));
    copy.visit(state);
    write_frame(bytes, kKind, kVersion);
}

std::optional<DeviceDetector> DeviceDetector::restore(std::span<const std::uint8_t> bytes,
                                                      const DeviceParameters& parameters) {
    if (bytes.size() != state_size() || !frame_is(bytes, kKind, kVersion)) {
        return std::nullopt;
    }
    std::optional<DeviceDetector> restored{std::in_place, parameters};
    Reader state(bytes.subspan(kFrameSize));
    restored->visit(state);
    return restored;
}

}  // namespace gengfu::rules::detectors
