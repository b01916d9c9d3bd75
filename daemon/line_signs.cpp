#include "daemon/line_signs.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/config/self_lines.hpp"

namespace gengfu {
namespace {

/// A worker brings something for each request of its plan. Nothing for this, and for five of the shortest
/// intervals on its line, means that it hangs.
constexpr Duration kStuckAfter = std::chrono::seconds(60);
constexpr int kStuckIntervals = 5;
/// … or for this, when somebody misses a sensor meanwhile: longer than a line takes to open, or a unit to
/// answer.
constexpr Duration kSuspectAfter = std::chrono::seconds(10);

}  // namespace

Sample own_sample(PointId point, double value, Monotonic now) {
    Sample sample;
    sample.point = point;
    sample.quality = Quality::kGood;
    sample.value = value;
    sample.taken = now;
    return sample;
}

LineSigns::LineSigns(const config::Site& site, Monotonic start)
    : lines_(site.buses.size()),
      last_batch_(site.buses.size(), start),
      rests_until_(site.buses.size(), start),
      convicted_(site.buses.size(), false) {
    for (const config::Device& device : site.devices) {
        std::optional<Duration>& shortest = lines_[device.bus.value].shortest_interval;
        shortest = std::min(shortest.value_or(device.interval), device.interval);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        lines_[i].load = config::own_point(site, name_of(config::LinePoint::kLoad, site.buses[i]));
        lines_[i].late = config::own_point(site, name_of(config::LinePoint::kLate, site.buses[i]));
        lines_[i].address = config::own_point(site, name_of(config::LinePoint::kAddress, site.buses[i]));
        lines_[i].stuck = config::own_point(site, name_of(config::LinePoint::kStuck, site.buses[i]));
    }
}

void LineSigns::unobserved(Duration length, Monotonic now) {
    for (Monotonic& brought : last_batch_) {
        brought = std::max(brought, std::min(brought + length, now));
    }
}

Duration LineSigns::nothing_for(BusId bus, Monotonic now) const {
    return std::max(Duration::zero(), now - std::max(last_batch_[bus.value], rests_until_[bus.value]));
}

bool LineSigns::is_suspect(BusId bus, Monotonic now) const {
    const Line& line = lines_[bus.value];
    return line.shortest_interval && line.stuck &&
           nothing_for(bus, now) >= std::max(kSuspectAfter, *line.shortest_interval * kStuckIntervals);
}

std::optional<Sample> LineSigns::convict(BusId bus, Monotonic now) {
    if (convicted_[bus.value]) {
        return std::nullopt;
    }
    convicted_[bus.value] = true;
    return own_sample(*lines_[bus.value].stuck, std::chrono::duration<double>(nothing_for(bus, now)).count(),
                      now);
}

std::vector<Sample> LineSigns::look(BusId bus, double load, Duration late, std::size_t shared,
                                    Monotonic now) const {
    const Line& line = lines_[bus.value];
    if (!line.shortest_interval || !line.load || !line.stuck || !line.late || !line.address) {
        return {};
    }
    const Duration nothing = nothing_for(bus, now);
    const bool hangs =
        convicted_[bus.value] || nothing >= std::max(kStuckAfter, *line.shortest_interval * kStuckIntervals);
    return {own_sample(*line.load, load * 100, now),
            own_sample(*line.stuck, hangs ? std::chrono::duration<double>(nothing).count() : 0, now),
            own_sample(*line.late, std::chrono::duration<double>(late).count(), now),
            own_sample(*line.address, static_cast<double>(shared), now)};
}

}  // namespace gengfu
