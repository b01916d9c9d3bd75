// Feeds both detectors with any numbers and times, and restore() with any bytes: no crash, no score that is
// not a number in [0, 1), and a state saved and restored in the middle goes on alike.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"

namespace {

using namespace gengfu::rules::detectors;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_score(float score) {
    return score >= 0 && score < 1;
}

/// The next value or time: eight bytes as they come, or, by the first byte, one of the awkward ones.
double take(std::span<const std::uint8_t>& bytes) {
    constexpr double kAwkward[] = {0,   -0.0,     1e300,     -1e300, 5e-324, 1,
                                   NAN, INFINITY, -INFINITY, 20.5,   20.5,   20.6};
    const std::uint8_t first = bytes[0];
    if (first < 0xC0 || bytes.size() < 9) {
        bytes = bytes.subspan(1);
        return first % 16 < std::size(kAwkward) ? kAwkward[first % 16] : first;
    }
    double value = 0;
    std::memcpy(&value, bytes.data() + 1, sizeof value);
    bytes = bytes.subspan(9);
    return value;
}

void run(std::span<const std::uint8_t> bytes) {
    PointDetector point;
    DeviceDetector device;
    std::vector<std::uint8_t> state(PointDetector::state_size());
    std::int64_t time = 0;
    while (bytes.size() > 1) {
        const std::uint8_t step = bytes[0];
        bytes = bytes.subspan(1);
        time = step == 0xFF   ? INT64_MAX
               : step == 0xFE ? INT64_MIN
               : step == 0xFD ? 315576000
                              : time / 2 + step * 60;
        const double value = take(bytes);
        if (step % 8 == 0) {
            point.save(state);
            const auto restored = PointDetector::restore(state);
            require(restored.has_value());
            point = *restored;
        }
        for (int again = 0; again <= step % 32; ++again) {
            const Finding finding = point.observe(std::chrono::seconds(time), value);
            const Usual usual = point.usual();
            require(is_score(finding.score) && finding.surprise >= 0);
            require(std::isfinite(usual.expected) && std::isfinite(usual.low) && std::isfinite(usual.high));
            const double values[] = {value, -value, static_cast<double>(time)};
            require(is_score(device.observe(values).score));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    run(bytes);
    if (auto point = PointDetector::restore(bytes)) {
        require(is_score(point->observe(std::chrono::seconds(0), 1).score));
    }
    if (auto device = DeviceDetector::restore(bytes)) {
        const double value = 1;
        require(is_score(device->observe(std::span(&value, 1)).score));
    }
    return 0;
}
