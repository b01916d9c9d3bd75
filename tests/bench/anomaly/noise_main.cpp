// False alarms on clean noise, by sensitivity: what the rates that docs/rules.md promises are measured by.
//
//   anomaly_noise YEARS
//
// One value a minute, judged after a day of warm-up as a rule of kind `anomaly` does. Prints for each kind of
// noise two lines "point KIND 1=RATE ... 10=RATE" and "device KIND ...", in false alarms a year; the device
// has eight points.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"
#include "daemon/rules/detectors/sensitivity.hpp"

namespace {

using namespace gengfu::rules::detectors;

constexpr int kDay = 1440;
constexpr int kYear = 525600;
constexpr std::size_t kPoints = 8;
constexpr std::array<const char*, 8> kKinds{"white",      "wandering", "uniform", "daily",
                                            "two-levels", "poisson",   "rounded", "laplace"};
using Counts = std::array<long, kMostSensitivity>;

/// One clean signal of a kind.
class Noise {
public:
    Noise(std::size_t kind, unsigned seed) : kind_(kind), engine_(seed) {}

    double at(int minute) {
        switch (kind_) {
            case 0:
                return normal_(engine_);
            case 1:
                return state_ = 0.95 * state_ + normal_(engine_);
            case 2:
                return uniform_(engine_);
            case 3:
                return 10 * std::sin(minute * 2 * std::numbers::pi / kDay) + 0.3 * normal_(engine_);
            case 4:
                return state_ = uniform_(engine_) < 1.0 / 45 ? 1 - state_ : state_;
            case 5:
                return poisson_(engine_);
            case 6:
                return std::round(2 * normal_(engine_)) / 2;
            default: {
                const double u = uniform_(engine_) - 0.5;
                return std::copysign(std::log(1 - 2 * std::fabs(u) + 1e-300), -u);
            }
        }
    }

private:
    std::size_t kind_;
    std::mt19937 engine_;
    std::normal_distribution<double> normal_;
    std::uniform_real_distribution<double> uniform_;
    std::poisson_distribution<int> poisson_{3};
    double state_ = 0;
};

/// Begins at the limit and is over at half of it, as AnomalyWatch counts events.
void count(Counts& counts, std::array<bool, kMostSensitivity>& in_event, int level, bool begins, bool over) {
    const auto at = static_cast<std::size_t>(level - 1);
    counts[at] += begins && !in_event[at] ? 1 : 0;
    in_event[at] = begins || (in_event[at] && !over);
}

void judge_point(std::size_t kind, unsigned seed, Counts& counts) {
    PointDetector detector;
    Noise noise(kind, seed);
    std::array<bool, kMostSensitivity> in_event{};
    for (int i = 0; i < kDay + kYear; ++i) {
        const Finding finding = detector.observe(std::chrono::seconds(60LL * i), noise.at(i));
        for (int level = 1; i >= kDay && level <= kMostSensitivity; ++level) {
            count(counts, in_event, level,
                  is_news(finding, in_event[static_cast<std::size_t>(level - 1)], surprise_limit(level)),
                  finding.surprise < kHold * surprise_limit(level));
        }
    }
}

void judge_device(std::size_t kind, unsigned seed, Counts& counts) {
    DeviceDetector detector;
    std::vector<Noise> noises;
    for (unsigned p = 0; p < kPoints; ++p) {
        noises.emplace_back(kind, seed * 100 + p);
    }
    std::array<bool, kMostSensitivity> in_event{};
    std::array<double, kPoints> values{};
    for (int i = 0; i < kDay + kYear; ++i) {
        for (std::size_t p = 0; p < kPoints; ++p) {
            values[p] = 20 + noises[p].at(i);
        }
        const DeviceFinding finding = detector.observe(values);
        for (int level = 1; i >= kDay && level <= kMostSensitivity; ++level) {
            count(counts, in_event, level, finding.spreads >= device_limit(level),
                  finding.spreads < kHold * device_limit(level));
        }
    }
}

void print(const char* what, const char* kind, const Counts& counts, int years) {
    std::printf("%s %s", what, kind);
    for (std::size_t level = 0; level < counts.size(); ++level) {
        std::printf(" %zu=%.3f", level + 1, static_cast<double>(counts[level]) / years);
    }
    std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
    const int years = argc > 1 ? std::atoi(argv[1]) : 1;
    if (years < 1 || years > 1000) {
        std::fprintf(stderr, "anomaly_noise YEARS: 1 to 1000\n");
        return 2;
    }
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        Counts point{};
        Counts device{};
        for (int year = 0; year < years; ++year) {
            const auto seed = static_cast<unsigned>(1 + year * 16 + static_cast<int>(kind));
            judge_point(kind, seed, point);
            judge_device(kind, seed, device);
        }
        print("point", kKinds[kind], point, years);
        print("device", kKinds[kind], device, years);
    }
    return 0;
}
