#include "cli/scan_plan.hpp"

#include <algorithm>
#include <set>

#include "drivers/modbus/timing.hpp"

namespace gengfu::cli {
namespace {

using config::Parity;

struct Format {
    std::uint32_t baud;
    Parity parity;
    std::uint8_t stop_bits;
};

/// What sensors are met with, the most usual first: 9600 8N1 in nearly all data sheets (docs/sensors.md),
/// 8E1 is the standard's default (Modbus over Serial Line V1.02, 2.5.1).
constexpr Format kCommon[] = {
    {9600, Parity::kNone, 1},  {9600, Parity::kEven, 1},  {19200, Parity::kNone, 1},
    {19200, Parity::kEven, 1}, {4800, Parity::kNone, 1},  {115200, Parity::kNone, 1},
    {2400, Parity::kNone, 1},  {38400, Parity::kNone, 1},
};
constexpr std::uint32_t kBauds[] = {9600, 19200, 4800, 115200, 2400, 38400, 57600, 1200};
constexpr Format kFormats[] = {
    {0, Parity::kNone, 1}, {0, Parity::kEven, 1}, {0, Parity::kNone, 2}, {0, Parity::kOdd, 1}};

/// The first addresses are what sensors ship with and what installers give.
constexpr std::uint8_t kFirstUnits = 8;

/// Unit and function that a request reaches a sensor fresh from its box with.
using Likely = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

std::uint8_t function_of(config::Space space) {
    switch (space) {
        case config::Space::kCoil:
            return 1;
        case config::Space::kDiscrete:
            return 2;
        case config::Space::kInput:
            return 4;
        case config::Space::kHolding:
            return 3;
    }
    return 3;
}

Likely likely(const std::vector<config::KnownProfile>& profiles, Units units) {
    std::set<std::pair<std::uint8_t, std::uint8_t>> found;
    for (std::uint8_t unit = units.first; unit <= std::min(units.last, kFirstUnits); ++unit) {
        found.insert({unit, 3});
        found.insert({unit, 4});
    }
    const bool whole = units.first == 1 && units.last == 247;
    for (const config::KnownProfile& known : profiles) {
        const std::uint8_t unit = known.profile.unit.value_or(1);
        if (!known.profile.unit || !(whole || (unit >= units.first && unit <= units.last))) {
            continue;
        }
        found.insert({unit, 3});
        for (const config::PointSpec& spec : known.profile.points) {
            found.insert({unit, function_of(spec.reg.space)});
        }
    }
    return {found.begin(), found.end()};
}

class Planner {
public:
    Planner(const config::Serial& configured, const std::vector<config::KnownProfile>& profiles, Units units)
        : configured_(configured), likely_(likely(profiles, units)), units_(units) {
        plan_.settings.push_back(configured);
    }

    std::size_t settings(const Format& format) {
        config::Serial serial = configured_;
        serial.baud = format.baud;
        serial.parity = format.parity;
        serial.stop_bits = format.stop_bits;
        const auto known = std::ranges::find(plan_.settings, serial);
        if (known != plan_.settings.end()) {
            return 0;  // looked at already, or about to be
        }
        plan_.settings.push_back(serial);
        return plan_.settings.size() - 1;
    }

    void ask_likely(std::size_t at) {
        for (const auto& [unit, function] : likely_) {
            plan_.asks.push_back({at, unit, function});
        }
    }

    void ask_rest(std::size_t at) {
        for (unsigned unit = units_.first; unit <= units_.last; ++unit) {
            const std::pair<std::uint8_t, std::uint8_t> one{static_cast<std::uint8_t>(unit), std::uint8_t{3}};
            if (std::ranges::find(likely_, one) == likely_.end()) {
                plan_.asks.push_back({at, one.first, one.second});
            }
        }
    }

    void stage(const std::vector<Format>& formats) {
        std::vector<std::size_t> fresh;
        for (const Format& format : formats) {
            if (const std::size_t at = settings(format); at != 0) {
                fresh.push_back(at);
            }
        }
        for (const std::size_t at : fresh) {
            ask_likely(at);
        }
        for (const std::size_t at : fresh) {
            ask_rest(at);
        }
    }

    ScanPlan take() { return std::move(plan_); }

private:
    config::Serial configured_;
    Likely likely_;
    Units units_;
    ScanPlan plan_;
};

}  // namespace

ScanPlan plan_scan(const config::Serial& configured, const std::vector<config::KnownProfile>& profiles,
                   Units units, Depth depth) {
    Planner planner(configured, profiles, units);
    planner.ask_likely(0);
    planner.ask_rest(0);
    if (depth != Depth::kConfigured) {
        planner.stage({std::begin(kCommon), std::end(kCommon)});
    }
    if (depth == Depth::kAll) {
        std::vector<Format> all;
        for (const std::uint32_t baud : kBauds) {
            for (Format format : kFormats) {
                format.baud = baud;
                all.push_back(format);
            }
        }
        planner.stage(all);
    }
    return planner.take();
}

Duration bound(const ScanPlan& plan, std::size_t begin, Duration timeout) {
    Duration sum{};
    for (std::size_t i = begin; i < plan.asks.size(); ++i) {
        const config::Serial& serial = plan.settings[plan.asks[i].settings];
        sum += drivers::modbus::character_time(serial) * drivers::modbus::kRtuReadRequestBytes +
               drivers::modbus::silent_interval(serial) + timeout + drivers::modbus::kLatency;
    }
    return sum;
}

}  // namespace gengfu::cli
