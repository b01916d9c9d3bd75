#include "daemon/sampling/intervals_that_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

namespace gengfu::sampling {
namespace {

constexpr std::size_t kNamed = 3;  ///< so many intervals are named
/// An interval so many times as long is another use of the sensor.
constexpr double kLongest = 20;
/// How much nearer a try comes at least.
constexpr double kStep = 1.002;

/// As interval_text() prints it.
Duration as_printed(Duration interval) {
    const Duration step =
        interval < std::chrono::seconds(1) ? std::chrono::milliseconds(1) : std::chrono::milliseconds(10);
    return (interval + step - Duration(1)) / step * step;
}

Duration longer(Duration interval, double factor) {
    return as_printed(std::chrono::duration_cast<Duration>(interval * factor));
}

/// The bus's load with the intervals of all its devices, or of one, made longer.
double load_with(config::Site site, BusId bus, std::optional<DeviceId> only, double factor) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        config::Device& device = site.devices[i];
        if (device.bus != bus || (only && *only != DeviceId{i})) {
            continue;
        }
        device.interval = longer(device.interval, factor);
        config::Profile own = site.profile(device);
        for (config::PointSpec& spec : own.points) {
            if (spec.interval) {
                spec.interval = longer(*spec.interval, factor);
            }
        }
        device.profile = static_cast<std::uint16_t>(site.profiles.size());
        site.profiles.push_back(std::move(own));
    }
    return bus_load(site, bus);
}

std::optional<double> factor_that_fits(const config::Site& site, BusId bus, std::optional<DeviceId> only,
                                       double from) {
    for (double factor = from; factor <= kLongest;) {
        const double load = load_with(site, bus, only, factor);
        if (load <= 1) {
            return factor;
        }
        factor *= std::max(load, kStep);
    }
    return std::nullopt;
}

/// Intervals in use, each with the shortest that fits when all grow alike.
std::string all_alike(const BusBudget& budget, double factor) {
    std::set<Duration> intervals;
    for (const DeviceBudget& device : budget.devices) {
        if (device.interval > Duration::zero()) {
            intervals.insert(device.interval);
        }
    }
    std::string text;
    std::size_t told = 0;
    for (const Duration interval : intervals) {
        if (told == kNamed) {
            return text + ", ...";
        }
        text += fmt::format("{}{} instead of {}", told++ > 0 ? ", " : "",
                            interval_text(longer(interval, factor)), interval_text(interval));
    }
    return text;
}

}  // namespace

std::string interval_text(Duration interval) {
    const Duration printed = as_printed(interval);
    const double ms = std::chrono::duration<double, std::milli>(printed).count();
    return printed < std::chrono::seconds(1) ? fmt::format("{:.0f} ms", ms)
                                             : fmt::format("{:.10g} s", ms / 1000);
}

std::string intervals_that_fit(const config::Site& site, const BusBudget& budget) {
    std::string text;
    if (const auto factor = factor_that_fits(site, budget.bus, std::nullopt, budget.load)) {
        text += "; the shortest interval that fits, all made longer alike: " + all_alike(budget, *factor);
    }
    const auto hog =
        std::max_element(budget.devices.begin(), budget.devices.end(),
                         [](const DeviceBudget& a, const DeviceBudget& b) { return a.load < b.load; });
    const double others = budget.load - hog->load;
    if (budget.devices.size() < 2 || others >= 1) {
        return text;
    }
    if (const auto factor = factor_that_fits(site, budget.bus, hog->device, hog->load / (1 - others))) {
        text += fmt::format("; or \"{}\" alone every {} instead of {}", site.device(hog->device).name,
                            interval_text(longer(hog->interval, *factor)), interval_text(hog->interval));
    }
    return text;
}

}  // namespace gengfu::sampling
