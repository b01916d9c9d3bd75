#include "daemon/console/bus_metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <vector>

#include "daemon/control/bounds.hpp"

namespace gengfu::console {
namespace {

using sampling::BusSnapshot;
using sampling::ResponseHistogram;
using sampling::UnitTraffic;

struct Line {
    const config::Bus* bus;
    BusId id;
    BusSnapshot seen;
    const sampling::BusBudget* budget;  ///< null: none
};

struct Unit {
    const Line* line;
    const config::Device* device;
    DeviceId id;
    sampling::Health health;
    UnitTraffic traffic;
};

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::vector<Line> lines_of(const control::Daemon& daemon) {
    std::vector<Line> lines;
    for (std::uint32_t i = 0; i < daemon.site->buses.size(); ++i) {
        lines.push_back({&daemon.site->buses[i], BusId{i}, daemon.bus(BusId{i}),
                         i < daemon.budgets.size() ? &daemon.budgets[i] : nullptr});
    }
    return lines;
}

std::vector<Unit> units_of(const control::Daemon& daemon, const std::vector<Line>& lines) {
    std::vector<Unit> units;
    std::vector<std::size_t> positions(lines.size(), 0);
    for (std::uint32_t i = 0; i < daemon.site->devices.size(); ++i) {
        const config::Device& device = daemon.site->devices[i];
        const BusSnapshot& seen = lines[device.bus.value].seen;
        const std::size_t position = positions[device.bus.value]++;
        units.push_back({&lines[device.bus.value], &device, DeviceId{i},
                         position < seen.devices.size() ? seen.devices[position] : sampling::Health::kUnknown,
                         position < seen.units.size() ? seen.units[position] : UnitTraffic{}});
    }
    return units;
}

void add_lines(Exposition& out, const std::vector<Line>& lines) {
    const auto gauge = [&](std::string_view name, std::string_view help,
                           const std::function<double(const Line&)>& value) {
        out.family(name, Kind::kGauge, help);
        for (const Line& line : lines) {
            out.sample(value(line), {{"bus", line.bus->name}});
        }
    };
    gauge("gengfu_bus_open", "1 while the port or connection is open.",
          [](const Line& line) { return line.seen.open ? 1.0 : 0.0; });
    gauge("gengfu_bus_load_ratio", "Share of the last minute in which a transaction was under way.",
          [](const Line& line) { return line.seen.load; });
    out.family("gengfu_bus_computed_load_ratio", Kind::kGauge,
               "The load that `gengfu check` computes, every unit taking its longest turnaround.");
    for (const Line& line : lines) {
        if (line.budget != nullptr && line.budget->modelled) {
            out.sample(line.budget->load, {{"bus", line.bus->name}});
        }
    }
    using Count = std::uint64_t drivers::Traffic::*;
    struct Counter {
        std::string_view name, help;
        Count count;
    };
    static constexpr std::array<Counter, 10> kCounters{{
        {"gengfu_bus_requests_total", "Requests sent.", &drivers::Traffic::requests},
        {"gengfu_bus_answers_total", "Answers to them.", &drivers::Traffic::answers},
        {"gengfu_bus_timeouts_total", "Requests without an answer in time.", &drivers::Traffic::timeouts},
        {"gengfu_bus_bad_frames_total", "Damaged answers (CRC, length).", &drivers::Traffic::bad_frames},
        {"gengfu_bus_exceptions_total", "Exception answers.", &drivers::Traffic::exceptions},
        {"gengfu_bus_foreign_frames_total", "Good frames of somebody else.",
         &drivers::Traffic::foreign_frames},
        {"gengfu_bus_late_frames_total", "Answers after their time, thrown away.",
         &drivers::Traffic::late_frames},
        {"gengfu_bus_unasked_frames_total",
         "Good frames of a device while it owed no answer: another answers at its address.",
         &drivers::Traffic::unasked_frames},
        {"gengfu_bus_noise_bytes_total", "Bytes that belong to no frame.", &drivers::Traffic::noise_bytes},
        {"gengfu_bus_reopened_total", "Times that the line was opened again.", &drivers::Traffic::reopened},
    }};
    for (const Counter& counter : kCounters) {
        out.family(counter.name, Kind::kCounter, counter.help);
        for (const Line& line : lines) {
            out.sample(line.seen.traffic.*counter.count, {{"bus", line.bus->name}});
        }
    }
}

/// Of lines that promise something: what the alarm `bus-late` tells.
void add_broken_promises(Exposition& out, const control::Daemon& daemon, const std::vector<Line>& lines) {
    const auto each = [&](const auto& value) {
        for (const Line& line : lines) {
            if (line.budget != nullptr && line.budget->modelled && !line.budget->bounds.empty()) {
                out.sample(value(line.id), {{"bus", line.bus->name}});
            }
        }
    };
    out.family("gengfu_bus_promise_broken", Kind::kGauge,
               "1 while a change at a point of a safety rule can be, or was just, seen later than `gengfu "
               "check` promises.");
    each([&](BusId bus) { return daemon.promise(bus) ? 1.0 : 0.0; });
    out.family("gengfu_bus_promise_breaks_total", Kind::kCounter,
               "Times that the promise of `gengfu check` was found broken after it had been kept.");
    each([&](BusId bus) { return daemon.promise_breaks(bus); });
}

void add_counters(Exposition& out, const std::vector<Unit>& units) {
    using Count = std::uint64_t UnitTraffic::*;
    struct Counter {
        std::string_view name, help;
        Count count;
    };
    static constexpr std::array<Counter, 5> kCounters{{
        {"gengfu_device_requests_total", "Requests sent to the device.", &UnitTraffic::requests},
        {"gengfu_device_answers_total", "Answers of it, exceptions too.", &UnitTraffic::answers},
        {"gengfu_device_timeouts_total", "Requests that it did not answer in time.", &UnitTraffic::timeouts},
        {"gengfu_device_bad_frames_total", "Damaged answers (CRC, length).", &UnitTraffic::bad_frames},
        {"gengfu_device_exceptions_total", "Exception answers.", &UnitTraffic::exceptions},
    }};
    for (const Counter& counter : kCounters) {
        out.family(counter.name, Kind::kCounter, counter.help);
        for (const Unit& unit : units) {
            out.sample(unit.traffic.*counter.count,
                       {{"bus", unit.line->bus->name}, {"device", unit.device->name}});
        }
    }
}

void add_responses(Exposition& out, const std::vector<Unit>& units) {
    out.family("gengfu_device_response_seconds", Kind::kHistogram,
               "From the end of a request to the first byte of its answer.");
    for (const Unit& unit : units) {
        const std::string& bus = unit.line->bus->name;
        const std::string& device = unit.device->name;
        const ResponseHistogram& responses = unit.traffic.responses;
        for (std::size_t i = 0; i < ResponseHistogram::kBounds.size(); ++i) {
            out.sample(responses.at_most(i),
                       {{"bus", bus},
                        {"device", device},
                        {"le", fmt::format("{}", seconds(ResponseHistogram::kBounds[i]))}},
                       "_bucket");
        }
        out.sample(responses.count(), {{"bus", bus}, {"device", device}, {"le", "+Inf"}}, "_bucket");
        out.sample(seconds(responses.sum()), {{"bus", bus}, {"device", device}}, "_sum");
        out.sample(responses.count(), {{"bus", bus}, {"device", device}}, "_count");
    }
}

/// The promise of `gengfu check` beside what was seen: the same time, from a change at the sensor to the
/// verdict of a rule without delays.
void add_promises(Exposition& out, const config::Site& site, const std::vector<Unit>& units) {
    out.family("gengfu_device_alarm_latency_worst_seconds", Kind::kGauge,
               "Longest time so far in which a change at a point of a safety rule could stay unseen.");
    for (const Unit& unit : units) {
        if (unit.traffic.worst_reading > Duration::zero()) {
            out.sample(seconds(unit.traffic.worst_reading),
                       {{"bus", unit.line->bus->name}, {"device", unit.device->name}});
        }
    }
    out.family("gengfu_device_alarm_latency_bound_seconds", Kind::kGauge,
               "The same as `gengfu check` promises it: all units alive, or any one other cut off.");
    for (const Unit& unit : units) {
        if (unit.line->budget == nullptr) {
            continue;
        }
        const control::Bounds bounds = control::bounds_of(site, unit.id, *unit.line->budget);
        const std::string& bus = unit.line->bus->name;
        const std::string& device = unit.device->name;
        if (bounds.alive) {
            out.sample(seconds(*bounds.alive), {{"bus", bus}, {"device", device}, {"with", "all-alive"}});
        }
        if (bounds.one_dead) {
            out.sample(seconds(*bounds.one_dead), {{"bus", bus}, {"device", device}, {"with", "one-dead"}});
        }
    }
}

}  // namespace

void add_buses(Exposition& out, const control::Daemon& daemon) {
    const std::vector<Line> lines = lines_of(daemon);
    const std::vector<Unit> units = units_of(daemon, lines);
    add_lines(out, lines);
    add_broken_promises(out, daemon, lines);
    out.family("gengfu_device_health", Kind::kGauge,
               "3 online, 2 answers some of the time, 1 offline, 0 not known yet.");
    for (const Unit& unit : units) {
        const double value = unit.health == sampling::Health::kOnline     ? 3
                             : unit.health == sampling::Health::kDegraded ? 2
                             : unit.health == sampling::Health::kOffline  ? 1
                                                                          : 0;
        out.sample(value, {{"bus", unit.line->bus->name}, {"device", unit.device->name}});
    }
    out.family("gengfu_device_two_answer", Kind::kGauge,
               "1 while more than one answers at the device's address (alarm `bus-address`).");
    for (const Unit& unit : units) {
        out.sample(unit.traffic.two_answer ? 1.0 : 0.0,
                   {{"bus", unit.line->bus->name}, {"device", unit.device->name}});
    }
    add_counters(out, units);
    add_responses(out, units);
    add_promises(out, *daemon.site, units);
}

}  // namespace gengfu::console
