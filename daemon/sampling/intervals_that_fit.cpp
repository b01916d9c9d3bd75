#include "daemon/sampling/intervals_that_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include "daemon/config/values.hpp"

namespace gengfu::sampling {
namespace {

/// So many intervals are named: they are there to be pasted, and nobody has more.
constexpr std::size_t kNamed = 40;
/// The longest that the configuration takes.
constexpr Duration kLongest = std::chrono::hours(24);
/// How much nearer a try comes at least, and how many there are: the load falls as intervals grow, so that
/// a few are enough.
constexpr double kStep = 1.002;
constexpr int kTries = 200;

/// As interval_text() prints it.
Duration as_printed(Duration interval) {
    const Duration step =
        interval < std::chrono::seconds(1) ? std::chrono::milliseconds(1) : std::chrono::milliseconds(10);
    return (interval + step - Duration(1)) / step * step;
}

/// Rounded up to what is read and written easily, at the cost of 1 % at most.
Duration longer(Duration interval, double factor) {
    using std::chrono::milliseconds;
    const Duration exact = std::chrono::duration_cast<Duration>(interval * factor);
    Duration step = milliseconds(1);
    for (const Duration coarser : {milliseconds(10), milliseconds(100), milliseconds(1000),
                                   milliseconds(10000), milliseconds(60000)}) {
        step = exact >= 100 * coarser ? coarser : step;
    }
    return (exact + step - Duration(1)) / step * step;
}

/// As it is to be written, instead of what.
std::string advice(Duration now, double factor) {
    return fmt::format(R"(interval = "{}" instead of "{}")", config::to_text(longer(now, factor)),
                       config::to_text(now));
}

/// Whose intervals are made longer.
struct Which {
    BusId bus;
    std::optional<DeviceId> only;  ///< else all devices of the bus
    /// Those of points that their profile gives one of their own too. They are not the installer's to change,
    /// and so only touched where the rest does not help.
    bool of_points = false;
};

bool is_one(const config::Site& site, std::uint32_t i, const Which& which) {
    return site.devices[i].bus == which.bus && (!which.only || *which.only == DeviceId{i});
}

double load_with(config::Site site, const Which& which, double factor) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        config::Device& device = site.devices[i];
        if (!is_one(site, i, which)) {
            continue;
        }
        device.interval = longer(device.interval, factor);
        if (!which.of_points) {
            continue;
        }
        config::Profile own = site.profile(device);
        for (config::PointSpec& spec : own.points) {
            if (spec.interval) {
                spec.interval = longer(*spec.interval, factor);
            }
        }
        device.profile = static_cast<std::uint16_t>(site.profiles.size());
        site.profiles.push_back(std::move(own));
    }
    return bus_load(site, which.bus);
}

/// Intervals that count, each once; 0 takes what is left and is none.
std::set<Duration> intervals_of(const config::Site& site, const Which& which) {
    std::set<Duration> found;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (!is_one(site, i, which)) {
            continue;
        }
        const config::Profile& profile = site.profile(site.devices[i]);
        for (std::size_t point = 0; point < profile.read_count(); ++point) {
            const config::PointSpec& spec = profile.points[point];
            if (!spec.read_on_connect && (!spec.interval || which.of_points)) {
                found.insert(spec.interval.value_or(site.devices[i].interval));
            }
        }
    }
    found.erase(Duration::zero());
    return found;
}

std::optional<double> factor_that_fits(const config::Site& site, const Which& which, double from) {
    const std::set<Duration> intervals = intervals_of(site, which);
    double factor = from;
    for (int tries = 0; tries < kTries && !intervals.empty(); ++tries) {
        if (std::chrono::duration<double>(*intervals.rbegin()) * factor > kLongest) {
            return std::nullopt;
        }
        const double load = load_with(site, which, factor);
        if (load <= 1) {
            return factor;
        }
        factor *= std::max(load, kStep);
    }
    return std::nullopt;
}

/// What fits, where it can: by the devices' intervals alone, else by those of single points too.
struct Fit {
    Which which;
    double factor = 1;
};
std::optional<Fit> what_fits(const config::Site& site, Which which, double from) {
    for (const bool of_points : {false, true}) {
        which.of_points = of_points;
        if (const auto factor = factor_that_fits(site, which, from)) {
            return Fit{which, *factor};
        }
    }
    return std::nullopt;
}

/// Intervals in use, each with the shortest that fits when all grow alike.
std::string all_of(const config::Site& site, const Fit& fit) {
    std::string text;
    std::size_t told = 0;
    for (const Duration interval : intervals_of(site, fit.which)) {
        if (told == kNamed) {
            text += fmt::format(", and the others {:.3g} times as long", fit.factor);
            break;
        }
        text += (told++ > 0 ? ", " : "") + advice(interval, fit.factor);
    }
    return text + (fit.which.of_points ? " (those that profiles give to single points among them)" : "");
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
    const bool several = budget.devices.size() > 1;
    const Which all{.bus = budget.bus, .only = std::nullopt};
    if (const auto fit = what_fits(site, all, budget.load)) {
        text += several ? "; the shortest interval that fits, all made longer alike: "
                        : "; the shortest interval that fits: ";
        text += all_of(site, *fit);
    } else {
        text += several ? "; no interval up to 24h fits: put some of its devices on another bus"
                        : "; no interval up to 24h fits";
    }
    const auto hog =
        std::max_element(budget.devices.begin(), budget.devices.end(),
                         [](const DeviceBudget& a, const DeviceBudget& b) { return a.load < b.load; });
    const double others = budget.load - hog->load;
    if (!several || others >= 1) {
        return text;
    }
    const Which alone{.bus = budget.bus, .only = hog->device};
    if (const auto fit = what_fits(site, alone, hog->load / (1 - others))) {
        text += fmt::format("; or \"{}\" alone: ", site.device(hog->device).name) + all_of(site, *fit);
    }
    return text;
}

}  // namespace gengfu::sampling
