#pragma once

#include <chrono>
#include <string>
#include <vector>

/// What the modes of bench_delivery measure with.
namespace gengfu::bench {

using Steady = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(120);

/// Says why on standard error and ends with status 1.
[[noreturn]] void give_up(const std::string& why);

/// Of this process so far, user and system.
double cpu_seconds();
double resident_mb();
double milliseconds_of(Steady::duration time);

/// The smallest value that `part` (0 to 1) of all do not exceed. Gives up without values.
double quantile(std::vector<double> values, double part);

}  // namespace gengfu::bench
