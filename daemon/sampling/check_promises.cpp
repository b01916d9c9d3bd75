#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

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
    std::optional<Duration> one_dead = std::nullopt;
    DeviceId dead{};
    std::optional<PointId> slowest = std::nullopt;  ///< of what is read for it
};

Duration plus(Duration a, Duration b) {
    return a > Duration::max() - b ? Duration::max() : a + b;
}

using Bounds = std::map<PointId, const SafetyBound*>;

/// What a rule's verdict waits for: the points that are read for it, each once. Of a virtual point those that
/// it is made of, of three axes all, and the points that say whether these are good and protecting. What is
/// read once a connection does not change.
class Inputs {
public:
    Inputs(const config::Site& site, const Rule& rule) : site_(site) {
        if (rule.kind != config::RuleKind::kSilent) {  // a silence waits for nothing but the point itself
            add(*rule.point);
        }
        for (const PointId axis : rule.axes) {
            add(axis);
        }
        if (points_.empty()) {
            points_.push_back(*rule.point);
        }
    }
    const std::vector<PointId>& points() const { return points_; }

private:
    void add(PointId id) {
        if (!seen_.insert(id).second) {
            return;
        }
        const config::PointSpec& spec = site_.spec(id);
        const config::Device& device = site_.device(site_.point(id).device);
        const auto also = [&](config::PointRef ref) { add(PointId{device.first_point.value + ref}); };
        if (!spec.is_virtual() && !spec.read_on_connect) {
            points_.push_back(id);
        }
        for (const config::PointRef input : spec.inputs) {
            also(input);
        }
        for (const config::GoodWhen& good : spec.good_when) {
            also(good.point);
        }
        if (const std::optional<config::Protecting>& protecting = site_.profile(device).protecting) {
            also(protecting->point);
        }
    }

    const config::Site& site_;
    std::set<PointId> seen_;
    std::vector<PointId> points_;
};

/// How often the rule is given a value: a virtual point is worked out with each reading of what it is made
/// of.
Duration pace_of(const config::Site& site, PointId point) {
    const config::PointSpec& spec = site.spec(point);
    const std::uint32_t first = site.device(site.point(point).device).first_point.value;
    std::optional<Duration> fastest;
    for (const config::PointRef ref : spec.inputs) {
        const PointId input{first + ref};
        if (!site.spec(input).read_on_connect) {
            fastest = std::min(fastest.value_or(Duration::max()), interval_of(site, input));
        }
    }
    return fastest.value_or(interval_of(site, point));
}

/// Nothing is read again while the line is open: what changes is seen at the next connect, whenever that is.
bool is_read_once(const config::Site& site, const std::vector<PointId>& inputs) {
    return std::ranges::all_of(inputs, [&](PointId input) { return site.spec(input).read_on_connect; });
}

/// Of a rule about a point: by the bus's budget, or, on a transcript, by the intervals alone; the slowest of
/// what it waits for decides.
Worst worst_of_point(const config::Site& site, const Rule& rule, const Bounds& bounds) {
    const Duration pace = pace_of(site, *rule.point);
    const auto whole = [&](Duration change, Duration late) {
        return change == Duration::max() ? change : plus(change, in_samples(wait_of(rule), pace, late));
    };
    Worst worst;
    const Inputs inputs(site, rule);
    if (is_read_once(site, inputs.points())) {
        return {.alive = Duration::max(), .slowest = *rule.point};
    }
    for (const PointId input : inputs.points()) {
        const auto found = bounds.find(input);
        const SafetyBound* const bound = found == bounds.end() ? nullptr : found->second;
        const Duration alive = bound != nullptr ? whole(bound->alive, bound->late_alive)
                                                : whole(interval_of(site, input), Duration::zero());
        if (!worst.slowest || alive > worst.alive) {
            worst.alive = alive;
            worst.slowest = input;
        }
        if (bound != nullptr && bound->one_dead) {
            const Duration one_dead = whole(*bound->one_dead, bound->late_one_dead);
            if (one_dead > worst.one_dead.value_or(Duration::zero())) {
                worst.one_dead = one_dead;
                worst.dead = bound->dead;
            }
        }
    }
    return worst;
}

Worst worst_of(const config::Site& site, const Rule& rule, const Bounds& bounds);

/// Of a group: the last of its members, the wait for what must not come, and its own delay.
Worst worst_of_group(const config::Site& site, const Rule& group, const Bounds& bounds) {
    Worst worst;
    Duration own = wait_of(group);
    for (const config::Member& member : group.members) {
        own = member.negated ? std::max(own, plus(wait_of(group), group.within)) : own;
        for (const RuleId id : member.rules) {
            const Worst one = member.negated ? Worst{} : worst_of(site, site.rules[id.value], bounds);
            worst.alive = std::max(worst.alive, one.alive);
            if (one.one_dead && *one.one_dead > worst.one_dead.value_or(Duration::zero())) {
                worst.one_dead = one.one_dead;
                worst.dead = one.dead;
            }
        }
    }
    worst.alive = plus(worst.alive, own);
    worst.one_dead = worst.one_dead ? std::optional(plus(*worst.one_dead, own)) : std::nullopt;
    return worst;
}

Worst worst_of(const config::Site& site, const Rule& rule, const Bounds& bounds) {
    if (!rule.members.empty()) {
        return worst_of_group(site, rule, bounds);
    }
    // A device's silence counts from its last word on, whenever that was.
    return rule.point ? worst_of_point(site, rule, bounds) : Worst{.alive = wait_of(rule)};
}

std::string promise_of(const config::Site& site, const Rule& rule) {
    const std::string on = rule.point ? " on point \"" + site.spec(*rule.point).name + "\"" : std::string();
    return fmt::format("device \"{}\": rule \"{}\"{} promises an alarm within {}",
                       site.device(rule.device).name, rule.name, on, seconds(rule.promise));
}

std::string advice_for(const config::Site& site, const Rule& rule, const Worst& worst) {
    if (!rule.members.empty()) {
        return "; it waits for the last of its rules and, where one must not come, for \"within\": shorten "
               "what "
               "they wait for";
    }
    if (!rule.point) {
        return fmt::format("; it waits for {}: shorten that", seconds(wait_of(rule)));
    }
    const PointId slowest = worst.slowest.value_or(*rule.point);
    if (site.spec(slowest).read_on_connect) {
        return "; it is read once a connection: take read = \"connect\" from the point in its profile, or "
               "the "
               "promise from the rule";
    }
    const std::string what =
        slowest == *rule.point ? "it" : "\"" + site.spec(slowest).name + "\", which it waits for,";
    return fmt::format(
        "; {} is read every {}, and the rule waits for {}: shorten one of them, or give the bus "
        "\"{}\" less to do",
        what, seconds(interval_of(site, slowest)), seconds(wait_of(rule)),
        site.bus(site.device(rule.device).bus).name);
}

/// Rounded up: what misses a promise by a millisecond must not read like the promise.
std::string can_take(Duration worst) {
    if (worst == Duration::max()) {
        return "without end";
    }
    const double exact = std::chrono::duration<double>(worst).count();
    const double step = std::pow(10.0, std::floor(std::log10(std::max(exact, 1e-3))) - 2);
    return fmt::format("as long as {:.3g} s", std::ceil(exact / step - 1e-6) * step);
}

}  // namespace

std::vector<Diagnostic> check_promises(const config::Site& site, const std::vector<BusBudget>& budgets) {
    Bounds bounds;
    for (const BusBudget& budget : budgets) {
        for (const SafetyBound& bound : budget.bounds) {
            bounds[bound.point] = &bound;
        }
    }
    std::vector<Diagnostic> found;
    for (const Rule& rule : site.rules) {
        if (rule.promise == Duration::zero()) {
            continue;
        }
        const Worst worst = worst_of(site, rule, bounds);
        if (worst.alive > rule.promise) {
            found.push_back({Gravity::kError, site.at(rule.device),
                             fmt::format("{}, and it can take {}{}", promise_of(site, rule),
                                         can_take(worst.alive), advice_for(site, rule, worst))});
        } else if (worst.one_dead && *worst.one_dead > rule.promise) {
            found.push_back({Gravity::kWarning, site.at(rule.device),
                             fmt::format("{}, and it can take {} while \"{}\" does not answer{}",
                                         promise_of(site, rule), can_take(*worst.one_dead),
                                         site.device(worst.dead).name, advice_for(site, rule, worst))});
        }
    }
    return found;
}

}  // namespace gengfu::sampling
