#include "daemon/sampling/check_silence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"
#include "daemon/sampling/schedule.hpp"
#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

using config::Diagnostic;
using config::Rule;

std::string seconds(Duration duration) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>(duration).count());
}

struct Round {
    Duration time{};
    std::size_t units = 0;
};

/// A time-out of every unit of the bus.
Round round_of(const config::Site& site, BusId bus) {
    Round round;
    std::set<std::uint8_t> units;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].bus == bus && units.insert(site.devices[i].unit).second) {
            round.time += silent_cost(site, DeviceId{i});
        }
    }
    round.units = units.size();
    return round;
}

/// Of what is read of the device again and again, the fastest.
Duration pace_of(const config::Device& device, const config::Profile& profile) {
    for (const Cadence& cadence : cadences(device, profile)) {
        if (!cadence.on_connect) {
            return cadence.interval;
        }
    }
    return device.interval;
}

struct Hasty {
    const Rule* rule = nullptr;
    Duration waits{}, unseen{};
};

Diagnostic warning(const config::Site& site, const std::vector<Hasty>& hasty) {
    const Hasty& worst = *std::ranges::max_element(
        hasty, [](const Hasty& a, const Hasty& b) { return a.unseen - a.waits < b.unseen - b.waits; });
    const config::Device& device = site.device(worst.rule->device);
    const Round round = round_of(site, device.bus);
    // Longer than what it must outlast, by a tenth: the promise counts on no computer's own delays.
    const Duration enough = worst.unseen * 11 / 10 - worst.rule->on_delay;
    const Duration second = std::chrono::seconds(1);
    const Duration advised = config::rounded_up((enough + second - Duration(1)) / second * second);
    const std::string others = hasty.size() > 1
                                   ? fmt::format(" (the same goes for {} more rules on it)", hasty.size() - 1)
                                   : std::string();
    return {
        config::Gravity::kWarning, site.at(worst.rule->device),
        fmt::format(
            "device {}: rule {} calls after {} without an answer, and bus {} can take {} for one time-out "
            "of {}, beside the interval of {}: the device may be told as silent though it is alive; "
            "write for = \"{}\", or give the bus a shorter timeout or fewer units{}",
            config::in_quotes(device.name), config::in_quotes(worst.rule->name), seconds(worst.waits),
            config::in_quotes(site.bus(device.bus).name), seconds(round.time),
            round.units == 1 ? std::string("its unit") : fmt::format("each of its {} units", round.units),
            config::to_text(pace_of(device, site.profile(device))), config::to_text(advised), others)};
}

}  // namespace

Duration longest_unseen(const config::Site& site, DeviceId id) {
    const config::Device& device = site.device(id);
    if (site.bus(device.bus).kind == config::BusKind::kReplay) {
        return Duration::zero();
    }
    return pace_of(device, site.profile(device)) + round_of(site, device.bus).time;
}

std::vector<Diagnostic> check_silence(const config::Site& site) {
    std::vector<std::vector<Hasty>> hasty(site.buses.size());
    std::vector<std::optional<Duration>> rounds(site.buses.size());
    for (const Rule& rule : site.rules) {
        if (rule.kind != config::RuleKind::kSilent) {
            continue;
        }
        const config::Device& device = site.device(rule.device);
        const BusId bus = device.bus;
        if (site.bus(bus).kind == config::BusKind::kReplay) {
            continue;
        }
        if (!rounds[bus.value]) {
            rounds[bus.value] = round_of(site, bus).time;
        }
        const Hasty one{&rule, rule.silent_for + rule.on_delay,
                        pace_of(device, site.profile(device)) + *rounds[bus.value]};
        if (one.waits < one.unseen) {
            hasty[bus.value].push_back(one);
        }
    }
    std::vector<Diagnostic> found;
    for (const std::vector<Hasty>& of_bus : hasty) {
        if (!of_bus.empty()) {
            found.push_back(warning(site, of_bus));
        }
    }
    return found;
}

}  // namespace gengfu::sampling
