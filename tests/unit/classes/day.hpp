#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/classes/models.hpp"
#include "tests/unit/classes/stage.hpp"

namespace gengfu::test {

/// What came of a simulated day.
struct DayReport {
    std::vector<Danger> dangers;          ///< with when they were there and when they were found
    std::vector<std::string> unexpected;  ///< alarms that nothing dangerous explains
    std::size_t devices = 0, rules = 0;
    std::uint64_t samples = 0;
    std::size_t raises = 0;  ///< and rises of severity
    double hours = 0;

    std::size_t missed() const;
    std::string table() const;
};

enum class Dangers : std::uint8_t { kNone, kAll };

/// 24 hours of a community of `scale` × 100 devices, with noise, drift, weather and packet loss by `seed`.
/// \param tap  hears every sample; may be empty
DayReport play_day(std::uint64_t seed, double scale, Dangers dangers, const Tap& tap = {});

}  // namespace gengfu::test
