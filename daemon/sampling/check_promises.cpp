#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "daemon/sampling/budget.hpp"

namespace gengfu::sampling {
namespace {

using config::Diagnostic;
using config::Gravity;
using config::Rule;

std::string seconds(Duration duration) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>(duration).count());
}

Duration interval_of(const config::Site& site, PointId point) {
    return site.spec(point).interval.value_or(site.device(site.point(point).device).interval);
}

/// How long the rule itself waits once its sensor shows the danger: its on-delay, the time that a vehicle may
/// stand or a value must stand still, the window of a rate.
Duration wait_of(const Rule& rule) {
    Duration wait = rule.on_delay;
    if (rule.kind == config::RuleKind::kOccupied && !rule.levels.empty()) {
        wait +=
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(rule.levels.front().limit));
    }
    if (rule.kind == config::RuleKind::kStuck || rule.kind == config::RuleKind::kSilent) {
        wait += rule.silent_for;
    }
    return wait + rule.window;
}

/// A wait is over at a sample: whole intervals, from one that may itself have been late.
Duration in_samples(Duration wait, Duration interval, Duration late) {
    if (wait <= Duration::zero()) {
        return Duration::zero();
    }
    const Duration with = wait + late;
    return interval > Duration::zero() ? (with + interval - Duration(1)) / interval * interval : with;
}

struct Worst {
    Duration alive{};
    std::optional<Duration> one_dead;
    DeviceId dead;
};

Duration plus(Duration a, Duration b) {
    return a > Duration::max() - b ? Duration::max() : a + b;
}

/// Of one point: by the bus's budget, or, on a transcript, by its interval alone.
Worst worst_of(const config::Site& site, const Rule& rule, PointId point, const SafetyBound* bound) {
    const Duration interval = interval_of(site, point);
    const Duration alive = bound != nullptr ? bound->alive : interval;
    const auto whole = [&](Duration change) {
        return plus(change, in_samples(wait_of(rule), interval,
                                       change == Duration::max() ? Duration::zero()
                                                                 : change - std::min(change, interval)));
    };
    Worst worst{.alive = whole(alive), .one_dead = std::nullopt, .dead = {}};
    if (bound != nullptr && bound->one_dead) {
        worst.one_dead = whole(*bound->one_dead);
        worst.dead = bound->dead;
    }
    return worst;
}

std::string can_take(Duration worst) {
    return worst == Duration::max() ? std::string("without end") : "as long as " + seconds(worst);
}

}  // namespace

std::vector<Diagnostic> check_promises(const config::Site& site, const std::vector<BusBudget>& budgets) {
    std::map<PointId, const SafetyBound*> bounds;
    for (const BusBudget& budget : budgets) {
        for (const SafetyBound& bound : budget.bounds) {
            bounds[bound.point] = &bound;
        }
    }
    std::vector<Diagnostic> found;
    for (const Rule& rule : site.rules) {
        if (rule.promise == Duration::zero() || !rule.point) {
            continue;
        }
        const auto bound = bounds.find(*rule.point);
        const Worst worst =
            worst_of(site, rule, *rule.point, bound == bounds.end() ? nullptr : bound->second);
        const config::Device& device = site.device(rule.device);
        const std::string subject =
            fmt::format("device \"{}\": rule \"{}\" on point \"{}\" promises an alarm within {}", device.name,
                        rule.name, site.spec(*rule.point).name, seconds(rule.promise));
        const std::string advice = fmt::format(
            "; it is read every {}, and the rule waits for {}: shorten one of them, or give the bus \"{}\" "
            "less to do",
            seconds(interval_of(site, *rule.point)), seconds(wait_of(rule)), site.bus(device.bus).name);
        if (worst.alive > rule.promise) {
            found.push_back(
                {Gravity::kError, site.at(rule.device),
                 fmt::format("{}, and it can take {}{}", subject, can_take(worst.alive), advice)});
        } else if (worst.one_dead && *worst.one_dead > rule.promise) {
            found.push_back({Gravity::kWarning, site.at(rule.device),
                             fmt::format("{}, and it can take {} while \"{}\" does not answer{}", subject,
                                         can_take(*worst.one_dead), site.device(worst.dead).name, advice)});
        }
    }
    return found;
}

}  // namespace gengfu::sampling
