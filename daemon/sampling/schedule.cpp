#include "daemon/sampling/schedule.hpp"

#include <algorithm>

namespace gengfu::sampling {
namespace {

/// What comes due within this of a device's turn is read in that turn: half the pace of its fastest points,
/// for later there is another turn anyway. Early enough to save a request, and the slower pace itself stays
/// as it is.
Duration together_within(const std::vector<Cadence>& cadences) {
    return cadences.front().interval / 2;
}

constexpr DueSet bit(std::size_t cadence) {
    return DueSet{1} << cadence;
}

/// No drift, and no burst of catch-up reads after a stall.
Monotonic following(Monotonic due, Duration interval, Monotonic now) {
    return std::max(due + interval, now);
}

}  // namespace

std::vector<Cadence> cadences(const config::Device& device, const config::Profile& profile) {
    std::vector<Cadence> result;
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        const config::PointSpec& spec = profile.points[i];
        const Duration interval = spec.interval.value_or(device.interval);
        const auto same = std::find_if(result.begin(), result.end(), [&](const Cadence& c) {
            return c.interval == interval && c.on_connect == spec.read_on_connect;
        });
        Cadence& cadence =
            same != result.end() ? *same : result.emplace_back(Cadence{interval, spec.read_on_connect, {}});
        cadence.points.push_back(static_cast<config::PointRef>(i));
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Cadence& a, const Cadence& b) { return a.interval < b.interval; });
    while (result.size() > kMostCadences) {
        const Cadence slowest = std::move(result.back());
        result.pop_back();
        std::vector<config::PointRef>& into = result.back().points;
        into.insert(into.end(), slowest.points.begin(), slowest.points.end());
        std::sort(into.begin(), into.end());
    }
    return result;
}

Schedule::Schedule(const config::Site& site, std::span<const DeviceId> devices, Monotonic now)
    : site_(&site) {
    for (const DeviceId id : devices) {
        const config::Device& device = site.device(id);
        Entry entry{.device = id,
                    .cadences = sampling::cadences(device, site.profile(device)),
                    .due = {},
                    .health = {},
                    .breaks_line = false};
        entry.due.assign(entry.cadences.size(), now);
        entries_.push_back(std::move(entry));
    }
    connected(now);
}

void Schedule::connected(Monotonic now) {
    for (Entry& entry : entries_) {
        entry.waiting_for_connect = 0;
        for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
            entry.due[i] = now;
            if (entry.cadences[i].on_connect) {
                entry.waiting_for_connect |= bit(i);
            }
        }
        if (!entry.breaks_line) {
            entry.health.ask_at_once(now);
        }
    }
}

bool Schedule::wanted(const Entry& entry, std::size_t cadence) {
    return !entry.cadences[cadence].on_connect || (entry.waiting_for_connect & bit(cadence)) != 0;
}

std::optional<Turn> Schedule::turn_of(std::size_t position, Others others) const {
    const Entry& entry = entries_[position];
    Turn turn{.device = position, .at = Monotonic::max()};
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if (wanted(entry, i)) {
            turn.at = std::min(turn.at, entry.due[i]);
        }
    }
    if (turn.at == Monotonic::max()) {
        return std::nullopt;  // only points that are read once, and they have been
    }
    if (entry.health.health() == Health::kOffline) {
        turn.probe = true;
        turn.at = std::max(turn.at, entry.health.probe_not_before());
        if (others == Others::kLive) {
            turn.at = std::max(turn.at, probes_.not_before());
        }
    }
    return turn;
}

DueSet Schedule::due_at(std::size_t position, Monotonic start) const {
    const Entry& entry = entries_[position];
    DueSet due = 0;
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if (wanted(entry, i) && entry.due[i] <= start + together_within(entry.cadences)) {
            due |= bit(i);
        }
    }
    return due;
}

bool Schedule::anyone_lives() const {
    return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
        return entry.health.health() == Health::kOnline || entry.health.health() == Health::kDegraded;
    });
}

std::optional<Turn> Schedule::next(Monotonic now) const {
    // Once for all: this runs before every read, and with each entry asking for all others a line of dead
    // units would cost the square of their number.
    const Others others = anyone_lives() ? Others::kLive : Others::kNone;
    std::optional<Turn> best;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const std::optional<Turn> turn = turn_of(i, others);
        if (!turn) {
            continue;
        }
        // Among those whose time has come, the living go first; then the one that has waited longest.
        const auto rank = [now](const Turn& t) {
            return std::pair(t.at <= now ? (t.probe ? 1 : 0) : 2, t.at);
        };
        if (!best || rank(*turn) < rank(*best)) {
            best = turn;
        }
    }
    if (best) {
        best->due = due_at(best->device, std::max(best->at, now));
    }
    return best;
}

void Schedule::advance(const Turn& turn, Duration at_least, Monotonic now) {
    Entry& entry = entries_[turn.device];
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if ((turn.due & bit(i)) != 0) {
            entry.due[i] = following(entry.due[i], std::max(entry.cadences[i].interval, at_least), now);
        }
    }
}

bool Schedule::skipped(const Turn& turn, NoLine line, Monotonic now) {
    advance(turn, kPaceWithoutLine, now);
    return line == NoLine::kCannotOpen && entries_[turn.device].health.unreachable();
}

bool Schedule::broke_line(const Turn& turn, Monotonic began, Monotonic ended) {
    const bool changed = finished(turn, false, began, ended);
    entries_[turn.device].breaks_line = true;
    return changed;
}

bool Schedule::finished(const Turn& turn, bool answered, Monotonic began, Monotonic ended) {
    advance(turn, Duration::zero(), ended);
    Entry& entry = entries_[turn.device];
    entry.breaks_line = false;
    if (!answered) {
        if (turn.probe) {
            probes_.spent(ended, ended - began);
        }
        return entry.health.failed(ended);
    }
    entry.waiting_for_connect &= ~turn.due;
    const bool was_offline = entry.health.health() == Health::kOffline;
    const bool changed = entry.health.succeeded();
    if (was_offline) {
        wake_siblings(entry, ended);
    }
    return changed;
}

void Schedule::wake_siblings(const Entry& back, Monotonic now) {
    // What lost power or cable together comes back together.
    const std::string& feed = site_->device(back.device).feed;
    for (Entry& entry : entries_) {
        const bool sibling = feed.empty() || site_->device(entry.device).feed == feed;
        if (sibling && entry.health.health() == Health::kOffline) {
            entry.health.ask_at_once(now);
            probes_ = {};
        }
    }
}

}  // namespace gengfu::sampling
