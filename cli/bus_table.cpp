#include "cli/bus_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/line.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;
using sampling::BusBudget;
using sampling::DeviceBudget;
using sampling::SafetyBound;

constexpr std::size_t kNamesInALine = 3;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

bool is_known(Duration duration) {
    return duration < std::chrono::hours(1);
}

std::string time_text(Duration duration) {
    if (!is_known(duration)) {
        return "unbound";
    }
    return duration < std::chrono::seconds(1) ? fmt::format("{:.0f} ms", seconds(duration) * 1000)
                                              : fmt::format("{:.2f} s", seconds(duration));
}

/// A promise, rounded up: what is printed must hold too.
std::string bound_text(Duration duration) {
    return is_known(duration) ? fmt::format("{:.2f} s", (seconds(duration) + 0.005)) : "unbound";
}

std::string pace_text(Duration interval) {
    return interval == Duration::zero() ? "always" : fmt::format("{:g} s", seconds(interval));
}

DeviceId device_of(const config::Site& site, const SafetyBound& bound) {
    return site.point(bound.point).device;
}

/// Points of one device that are promised the same share a line.
bool alike(const config::Site& site, const SafetyBound& a, const SafetyBound& b) {
    return device_of(site, a) == device_of(site, b) && a.interval == b.interval && a.alive == b.alive &&
           a.one_dead == b.one_dead && a.delay == b.delay && a.slowest_rule == b.slowest_rule;
}

std::string names_of(const config::Site& site, const std::vector<const SafetyBound*>& points) {
    std::string text = site.device(device_of(site, *points.front())).name + "/";
    for (std::size_t i = 0; i < std::min(points.size(), kNamesInALine); ++i) {
        text += (i > 0 ? "," : "") + site.spec(points[i]->point).name;
    }
    return points.size() > kNamesInALine ? text + fmt::format(" and {} more", points.size() - kNamesInALine)
                                         : text;
}

using Row = std::vector<std::string>;

Row bound_row(const config::Site& site, const std::vector<const SafetyBound*>& points) {
    const SafetyBound& bound = *points.front();
    return {names_of(site, points),
            pace_text(bound.interval),
            bound_text(bound.alive),
            bound.one_dead ? bound_text(*bound.one_dead) : "-",
            bound.delay == Duration::zero() ? "-" : bound_text(bound.delay),
            bound.one_dead ? site.device(bound.dead).name : "-"};
}

std::vector<Row> bound_rows(const config::Site& site, const std::vector<SafetyBound>& bounds) {
    std::vector<Row> rows{{"safety point", "every", "all alive", "one dead", "+ delay", "the worst to die"}};
    for (std::size_t i = 0; i < bounds.size();) {
        std::vector<const SafetyBound*> points;
        for (; i < bounds.size() && (points.empty() || alike(site, *points.front(), bounds[i])); ++i) {
            points.push_back(&bounds[i]);
        }
        rows.push_back(bound_row(site, points));
    }
    return rows;
}

std::vector<Row> device_rows(const config::Site& site, const std::vector<DeviceBudget>& devices) {
    std::vector<Row> rows{{"device", "every", "takes", "load", "turnaround"}};
    for (const DeviceBudget& device : devices) {
        rows.push_back({site.device(device.device).name, pace_text(device.interval), time_text(device.cycle),
                        fmt::format("{:.1f} %", device.load * 100),
                        time_text(device.turnaround) + (device.assumed ? " assumed" : "")});
    }
    return rows;
}

void add_table(std::vector<std::string>& lines, const std::vector<Row>& rows) {
    const std::string text = table(rows);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back("    " + text.substr(begin, end - begin));
        begin = end + 1;
    }
}

/// What the promise rests on and nobody has stated.
void add_assumptions(std::vector<std::string>& lines, const config::Site& site, const BusBudget& budget) {
    std::map<Duration, std::set<std::string>> assumed;  // profiles by what is taken for them
    for (const DeviceBudget& device : budget.devices) {
        if (device.assumed) {
            assumed[device.turnaround].insert(site.profile(site.device(device.device)).name);
        }
    }
    for (const auto& [turnaround, profiles] : assumed) {
        std::string names;
        for (const std::string& name : profiles) {
            names += (names.empty() ? "" : ", ") + name;
        }
        lines.push_back(fmt::format(
            "    it assumes that these answer within {}, which their profiles do not state: {}",
            turnaround == Duration::zero() ? "the network's own time" : time_text(turnaround), names));
    }
    if (!assumed.empty()) {
        lines.emplace_back(
            "    where one is slower, write turnaround = \"...\" in its [[device]]; the daemon warns "
            "when it finds one");
    }
}

/// Nobody can read the settings of a line behind a converter.
std::string converter_line(const config::Serial& serial) {
    return fmt::format(
        "    a line behind a converter: reckoned at {}; where the converter is set otherwise, "
        "write baud, parity and stop_bits of its line at the bus",
        settings_text(serial));
}

}  // namespace

std::vector<std::string> bus_lines(const config::Site& site, const BusBudget& budget) {
    if (!budget.modelled) {
        return {"    a transcript: no line, no time"};
    }
    if (budget.devices.empty()) {
        return {};
    }
    std::vector<std::string> lines{fmt::format(
        "    reading everything once takes {}, load {:.1f} %{}", time_text(budget.cycle), budget.load * 100,
        budget.free_running ? " and the rest for what is read without pause" : "")};
    if (site.bus(budget.bus).kind == config::BusKind::kModbusRtuOverTcp) {
        lines.push_back(converter_line(site.bus(budget.bus).serial));
    }
    add_table(lines, device_rows(site, budget.devices));
    if (!budget.bounds.empty()) {
        lines.emplace_back("    at worst from a change at the sensor to the verdict:");
        add_table(lines, bound_rows(site, budget.bounds));
        add_assumptions(lines, site, budget);
    }
    return lines;
}

json bus_json(const config::Site& site, const BusBudget& budget) {
    json out{{"name", site.bus(budget.bus).name}, {"modelled", budget.modelled}};
    if (!budget.modelled) {
        return out;
    }
    const auto time = [](Duration duration) { return is_known(duration) ? json(seconds(duration)) : json(); };
    out["cycle_seconds"] = time(budget.cycle);
    out["load"] = budget.load;
    out["devices"] = json::array();
    for (const DeviceBudget& device : budget.devices) {
        out["devices"].push_back({{"name", site.device(device.device).name},
                                  {"interval_seconds", seconds(device.interval)},
                                  {"takes_seconds", seconds(device.cycle)},
                                  {"load", device.load},
                                  {"turnaround_seconds", seconds(device.turnaround)},
                                  {"turnaround_assumed", device.assumed}});
    }
    out["safety_points"] = json::array();
    for (const SafetyBound& bound : budget.bounds) {
        json point{{"point", site.point_name(bound.point)},
                   {"interval_seconds", seconds(bound.interval)},
                   {"alive_seconds", time(bound.alive)},
                   {"delay_seconds", time(bound.delay)}};
        if (bound.one_dead) {
            point["one_dead_seconds"] = time(*bound.one_dead);
            point["dead"] = site.device(bound.dead).name;
        }
        out["safety_points"].push_back(point);
    }
    return out;
}

}  // namespace gengfu::cli
