#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <vector>

#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"

/// Cost of a sample. Goal: one microsecond.
namespace gengfu::rules::detectors {
namespace {

std::vector<double> wave() {
    std::vector<double> values(4096);
    std::uint32_t noise = 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        noise = noise * 1664525U + 1013904223U;
        values[i] =
            20 + 5 * std::sin(static_cast<double>(i) * 0.02) + static_cast<double>(noise >> 16U) / 65536.0;
    }
    return values;
}

void PointSample(benchmark::State& state) {
    const std::vector<double> values = wave();
    PointDetector detector;
    std::int64_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(detector.observe(std::chrono::seconds(60 * i),
                                                  values[static_cast<std::size_t>(i) % values.size()]));
        ++i;
    }
}
BENCHMARK(PointSample)->Unit(benchmark::kNanosecond);

void DeviceSampleOf8(benchmark::State& state) {
    const std::vector<double> values = wave();
    DeviceDetector detector;
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(detector.observe(std::span(values).subspan(i % 4000, 8)));
        ++i;
    }
}
BENCHMARK(DeviceSampleOf8)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace gengfu::rules::detectors
