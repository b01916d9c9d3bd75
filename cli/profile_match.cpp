#include "cli/profile_match.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/recognise.hpp"
#include "daemon/sampling/device_reader.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

struct Unit {
    Line& line;
    const config::Bus& bus;
    std::uint8_t unit;
    Duration timeout;
};

void add_points(Unit& asked, const config::Profile& profile, Evidence& evidence) {
    config::Site site;
    site.buses.push_back(asked.bus);
    site.buses.back().timeout = asked.timeout;
    site.profiles.push_back(profile);
    config::Device device;
    device.unit = asked.unit;
    site.devices.push_back(device);
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        site.points.push_back({.device = DeviceId{0}, .spec = static_cast<config::PointRef>(i)});
    }
    if (!sampling::plannable(site, DeviceId{0})) {
        return;
    }
    sampling::DeviceReader reader(site, DeviceId{0}, sampling::cadences(device, profile));
    std::vector<Sample> samples;
    const SystemClock clock;
    reader.take({.device = 0, .due = reader.all(), .at = clock.now(), .probe = false}, asked.line.bus(),
                clock, samples);
    for (const Sample& sample : samples) {
        evidence.points_good += sample.quality == Quality::kGood ? 1 : 0;
        evidence.points_refused += sample.reason == Reason::kException ? 1 : 0;
        evidence.points_odd +=
            sample.reason == Reason::kOutOfRange || sample.reason == Reason::kNotANumber ? 1 : 0;
    }
}

/// Nothing where the profile says no way to know it, or one of its probes does not fit.
std::optional<Evidence> evidence_for(Unit& asked, const config::KnownProfile& known) {
    Evidence evidence;
    for (const config::Probe& probe : known.identify) {
        const std::uint8_t function = probe.reg.space == config::Space::kHolding    ? 3
                                      : probe.reg.space == config::Space::kInput    ? 4
                                      : probe.reg.space == config::Space::kDiscrete ? 2
                                                                                    : 1;
        const auto answer =
            asked.line.ask(question(asked.unit, function, probe.reg.address, width(probe), asked.timeout));
        if (!answer || !fits(probe, asked.unit, answer->values)) {
            return std::nullopt;
        }
        evidence.probe_bits += weight(probe, asked.unit);
    }
    if (known.identify.empty()) {
        return std::nullopt;
    }
    add_points(asked, known.profile, evidence);
    return evidence;
}

}  // namespace

drivers::Request question(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                          std::uint16_t count, Duration timeout) {
    return {.unit = unit,
            .function = function,
            .address = address,
            .count = count,
            .values = {},
            .turnaround = timeout,
            .min_gap = {}};
}

json matching_profiles(Line& line, const config::Bus& bus, const std::vector<config::KnownProfile>& profiles,
                       std::uint8_t unit, Duration timeout) {
    Unit asked{line, bus, unit, timeout};
    std::vector<std::pair<int, json>> ranked;
    for (const config::KnownProfile& known : profiles) {
        const std::optional<Evidence> evidence = evidence_for(asked, known);
        if (!evidence) {
            continue;
        }
        const int sum = score(*evidence);
        if (certainty(sum) != Certainty::kNone) {
            ranked.push_back({sum,
                              {{"profile", known.profile.name},
                               {"vendor", known.profile.vendor},
                               {"model", known.profile.model},
                               {"certainty", to_string(certainty(sum))},
                               {"score", sum}}});
        }
    }
    std::ranges::stable_sort(ranked, std::greater<>(), [](const auto& each) { return each.first; });
    json list = json::array();
    for (auto& [sum, one] : ranked) {
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace gengfu::cli
