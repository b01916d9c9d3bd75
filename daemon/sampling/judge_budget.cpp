#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/check_silence.hpp"
#include "daemon/sampling/intervals_that_fit.hpp"

namespace gengfu::sampling {
namespace {

using config::Diagnostic;
using config::Gravity;

constexpr std::size_t kNamed = 3;  ///< so many of the heaviest devices are named

std::string heaviest(const config::Site& site, const BusBudget& budget) {
    std::vector<DeviceBudget> devices = budget.devices;
    std::stable_sort(devices.begin(), devices.end(),
                     [](const DeviceBudget& a, const DeviceBudget& b) { return a.load > b.load; });
    std::string text;
    for (std::size_t i = 0; i < std::min(kNamed, devices.size()); ++i) {
        text += fmt::format("{}\"{}\" ({:.0f} %, every {})", i > 0 ? ", " : "",
                            site.device(devices[i].device).name, devices[i].load * 100,
                            interval_text(devices[i].interval));
    }
    return text;
}

void judge_load(const config::Site& site, const BusBudget& budget, std::vector<Diagnostic>& found) {
    if (budget.load <= 1) {
        return;
    }
    const bool sure = budget.sure_load > 1;
    const std::string& name = site.bus(budget.bus).name;
    std::string text =
        fmt::format("bus \"{}\" is asked for {:.0f} % of what it carries: reading every point once takes {}",
                    name, std::ceil(budget.load * 100), interval_text(budget.cycle));
    if (!sure) {
        text += " when every unit takes its longest turnaround";
    }
    text += intervals_that_fit(site, budget) + fmt::format("; most is taken by {}", heaviest(site, budget));
    found.push_back({sure ? Gravity::kError : Gravity::kWarning, site.at(budget.bus), text});
}

/// What is in the way of a point's readings, and what to do. An interval of the time that they come late, or
/// longer, is kept.
std::string what_shortens(const config::Site& site, const BusBudget& budget, const SafetyBound& late) {
    const DeviceId own = site.point(late.point).device;
    const DeviceBudget* longest = nullptr;
    for (const DeviceBudget& device : budget.devices) {
        if (device.device != own && (longest == nullptr || device.cycle > longest->cycle)) {
            longest = &device;
        }
    }
    const std::string kept = interval_text(late.alive - late.interval);
    const std::string alone =
        longest == nullptr ? ""
                           : fmt::format("; \"{}\" takes {} at once: give it a line of its own, or",
                                         site.device(longest->device).name, interval_text(longest->cycle));
    return fmt::format("{} raise the baud rate, or let it be read every {}, which is kept",
                       alone.empty() ? ";" : alone, kept);
}

/// A reading that comes more than an interval late, though the bus as a whole has time: a long turn of
/// another device is in its way.
void judge_bounds(const config::Site& site, const BusBudget& budget, std::vector<Diagnostic>& found) {
    const SafetyBound* worst = nullptr;
    std::size_t count = 0;
    for (const SafetyBound& bound : budget.bounds) {
        if (bound.interval > Duration::zero() && bound.alive > 2 * bound.interval) {
            ++count;
            worst = worst == nullptr || bound.alive > worst->alive ? &bound : worst;
        }
    }
    if (worst == nullptr || budget.load > 1) {
        return;
    }
    found.push_back(
        {Gravity::kWarning, site.at(budget.bus),
         fmt::format("bus \"{}\": {} points of safety rules may be read more than their interval late "
                     "with all units alive; \"{}\", every {}, at worst after {}{}",
                     site.bus(budget.bus).name, count, site.point_name(worst->point),
                     interval_text(worst->interval), interval_text(worst->alive),
                     what_shortens(site, budget, *worst))});
}

void judge_units(const config::Site& site, const BusBudget& budget, std::vector<Diagnostic>& found) {
    if (site.bus(budget.bus).kind == config::BusKind::kModbusTcp) {
        return;
    }
    std::set<std::uint8_t> units;
    for (const config::Device& device : site.devices) {
        if (device.bus == budget.bus) {
            units.insert(device.unit);
        }
    }
    if (units.size() > kUnitLoads) {
        found.push_back(
            {Gravity::kWarning, site.at(budget.bus),
             fmt::format("bus \"{}\" has {} units: an RS-485 line carries {} unit loads, more only where "
                         "the sensors' data sheets state a half, a quarter or an eighth of one, or "
                         "with a repeater",
                         site.bus(budget.bus).name, units.size(), kUnitLoads)});
    }
}

}  // namespace

std::vector<Diagnostic> judge(const config::Site& site, const BusBudget& budget) {
    std::vector<Diagnostic> found;
    if (!budget.modelled) {
        return found;
    }
    judge_load(site, budget, found);
    judge_bounds(site, budget, found);
    judge_units(site, budget, found);
    return found;
}

std::vector<Diagnostic> check_budgets(const config::Site& site) {
    std::vector<Diagnostic> found;
    std::vector<BusBudget> budgets;
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        budgets.push_back(budget(site, BusId{i}));
        const std::vector<Diagnostic> of_bus = judge(site, budgets.back());
        found.insert(found.end(), of_bus.begin(), of_bus.end());
    }
    const std::vector<Diagnostic> promises = check_promises(site, budgets);
    found.insert(found.end(), promises.begin(), promises.end());
    const std::vector<Diagnostic> silence = check_silence(site);
    found.insert(found.end(), silence.begin(), silence.end());
    return found;
}

}  // namespace gengfu::sampling
