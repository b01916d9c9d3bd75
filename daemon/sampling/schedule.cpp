#include "daemon/sampling/schedule.hpp"

#include <algorithm>
#include <tuple>

#include "daemon/sampling/alarm_points.hpp"

namespace gengfu::sampling {
namespace {

constexpr DueSet bit(std::size_t cadence) {
    return DueSet{1} << cadence;
}

/// No drift, and no burst of catch-up reads after a stall.
Monotonic following(Monotonic due, Duration interval, Monotonic now) {
    return std::max(due + interval, now);
}

}  // namespace

/// Early enough to save a request; later there is another turn anyway.
Duration together_within(const std::vector<Cadence>& cadences) {
    return cadences.front().interval / 2;
}

Duration relative_deadline(const Cadence& cadence) {
    return cadence.interval > Duration::zero() ? cadence.interval : kFreeRunning;
}

Duration longest_turnaround(const config::Site& site, DeviceId id) {
    const config::Device& device = site.device(id);
    return std::max(site.bus(device.bus).timeout, site.turnaround(device).value_or(Duration::zero()));
}

std::vector<Cadence> cadences(const config::Site& site, DeviceId id, const std::vector<bool>& alarms) {
    const config::Device& device = site.device(id);
    std::vector<Cadence> result = cadences(device, site.profile(device));
    for (Cadence& cadence : result) {
        cadence.feeds_alarm =
            std::any_of(cadence.points.begin(), cadence.points.end(),
                        [&](config::PointRef ref) { return alarms[device.first_point.value + ref]; });
    }
    return result;
}

std::vector<Cadence> cadences(const config::Device& device, const config::Profile& profile) {
    std::vector<Cadence> result;
    for (std::size_t i = 0; i < profile.read_count(); ++i) {
        const config::PointSpec& spec = profile.points[i];
        const Duration interval = spec.interval.value_or(device.interval);
        const auto same = std::find_if(result.begin(), result.end(), [&](const Cadence& c) {
            return c.interval == interval && c.on_connect == spec.read_on_connect;
        });
        Cadence& cadence = same != result.end()
                               ? *same
                               : result.emplace_back(Cadence{interval, spec.read_on_connect, {}, false});
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
    const std::vector<bool> alarms = alarm_points(site);
    entries_.reserve(devices.size());
    for (const DeviceId id : devices) {
        Entry entry{.device = id,
                    .cadences = sampling::cadences(site, id, alarms),
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

struct Schedule::Candidate {
    Turn turn;
    Monotonic deadline{};
    Monotonic waits_since{};  ///< among those with the same deadline the one that has waited longest
    bool ready = false;
};

std::optional<Schedule::Candidate> Schedule::candidate(std::size_t position, Others others,
                                                       Monotonic now) const {
    const Entry& entry = entries_[position];
    Candidate result{.turn = {.device = position, .at = Monotonic::max()}};
    Turn& turn = result.turn;
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if (wanted(entry, i)) {
            turn.at = std::min(turn.at, entry.due[i]);
        }
    }
    if (turn.at == Monotonic::max()) {
        return std::nullopt;  // only points that are read once, and they have been
    }
    const Monotonic earliest_due = turn.at;
    turn.at = std::max(turn.at, entry.owes_until);
    turn.probe = entry.health.health() == Health::kOffline;
    if (turn.probe) {
        turn.at = std::max(turn.at, entry.health.probe_not_before());
        result.waits_since = turn.at;  // the credit of the line says when, not who
        if (others == Others::kLive && !entry.woken) {
            turn.at = std::max(turn.at, probes_.not_before());
        }
        result.deadline = turn.at + kProbePatience;
        result.ready = turn.at <= now;
        return result;
    }
    result.waits_since = turn.at;
    result.ready = turn.at <= now;
    // One that timed out and is left alone for a while counts from the end of that: else it would go before
    // neighbours that came due meanwhile, and they would wait for two of its time-outs.
    const Duration left_alone = std::max(Duration::zero(), entry.owes_until - earliest_due);
    result.deadline = deadline(entry, std::max(turn.at, now)) + left_alone;
    if (entry.doubtful && others == Others::kLive) {
        result.deadline = std::max(result.deadline, timed_out_ + kDoubtPatience);
    }
    return result;
}

Monotonic Schedule::deadline(const Entry& entry, Monotonic now) {
    Monotonic earliest = Monotonic::max();
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if (!wanted(entry, i) || entry.due[i] > now) {
            continue;
        }
        const Duration relative = relative_deadline(entry.cadences[i]);
        Monotonic deadline = entry.due[i] + relative;
        if (deadline < now && !entry.cadences[i].feeds_alarm) {
            deadline += kPatience * relative;
        }
        earliest = std::min(earliest, deadline);
    }
    return earliest;
}

bool Schedule::goes_before(const Candidate& a, const Candidate& b) {
    if (a.ready != b.ready) {
        return a.ready;
    }
    if (!a.ready) {
        return std::tuple(a.turn.at, a.deadline) < std::tuple(b.turn.at, b.deadline);
    }
    return std::tuple(a.deadline, a.waits_since) < std::tuple(b.deadline, b.waits_since);
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
    std::optional<Candidate> best;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const std::optional<Candidate> turn = candidate(i, others, now);
        if (turn && (!best || goes_before(*turn, *best))) {
            best = turn;
        }
    }
    if (!best) {
        return std::nullopt;
    }
    best->turn.due = due_at(best->turn.device, std::max(best->turn.at, now));
    return best->turn;
}

/// What was read before it was due counts from then on, so that no two readings are further apart than the
/// interval; points with paces that are multiples of each other fall into step by it.
void Schedule::advance(const Turn& turn, Duration at_least, Monotonic now) {
    Entry& entry = entries_[turn.device];
    for (std::size_t i = 0; i < entry.cadences.size(); ++i) {
        if ((turn.due & bit(i)) != 0) {
            entry.due[i] = following(std::min(entry.due[i], turn.at),
                                     std::max(entry.cadences[i].interval, at_least), now);
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

Duration Schedule::owing(const Entry& entry) const {
    // Over TCP and from a transcript an answer says which request it is of.
    const config::BusKind kind = site_->bus(site_->device(entry.device).bus).kind;
    const bool rtu = kind == config::BusKind::kModbusRtu || kind == config::BusKind::kModbusRtuOverTcp;
    return rtu ? longest_turnaround(*site_, entry.device) : Duration::zero();
}

void Schedule::owes(std::size_t position, Monotonic ended) {
    Entry& entry = entries_[position];
    entry.owes_until = ended + std::max(owing(entry), kTruce);
    entry.on_demand_from = ended + kTruce;
}

void Schedule::heard(std::size_t position, Monotonic now) {
    Entry& entry = entries_[position];
    if (entry.health.health() == Health::kOffline) {
        entry.health.ask_at_once(now);
        entry.woken = true;  // no time-out is to be feared
    }
}

void Schedule::leave_alone(std::size_t position, Monotonic until) {
    entries_[position].owes_until = std::max(entries_[position].owes_until, until);
}

bool Schedule::finished(const Turn& turn, bool answered, Monotonic began, Monotonic ended, bool damaged) {
    advance(turn, Duration::zero(), ended);
    Entry& entry = entries_[turn.device];
    if (!answered) {
        entry.breaks_line = false;
        entry.woken = false;
        if (!anyone_lives()) {
            probes_ = {};  // nobody to spare the line for
        } else if (turn.probe) {
            probes_.spent(began, ended);
        }
        if (!damaged) {  // else its answer has come, and it owes none
            entry.owes_until = ended + owing(entry);
            entry.on_demand_from = ended + kTruce;
            entry.doubtful = true;
            timed_out_ = turn.probe ? timed_out_ : ended;
        }
        return entry.health.failed(ended, damaged);
    }
    entry.waiting_for_connect &= ~turn.due;
    return this->answered(turn, ended);
}

bool Schedule::answered(const Turn& turn, Monotonic ended) {
    Entry& entry = entries_[turn.device];
    entry.breaks_line = false;
    entry.woken = false;
    entry.doubtful = false;
    entry.owes_until = {};
    entry.on_demand_from = {};
    const bool was_offline = entry.health.health() == Health::kOffline;
    const bool changed = entry.health.succeeded();
    if (was_offline) {
        wake_siblings(entry, ended);
    }
    return changed;
}

void Schedule::wake_siblings(const Entry& back, Monotonic now) {
    // What lost power or cable together comes back together. Asking all of them at once may cost many
    // time-outs, which later probes pay for; until they have, nobody else is asked on credit.
    if (!probes_.may_lend(now)) {
        return;
    }
    const std::string& feed = site_->device(back.device).feed;
    for (Entry& entry : entries_) {
        const bool sibling = feed.empty() || site_->device(entry.device).feed == feed;
        if (sibling && entry.health.health() == Health::kOffline) {
            entry.health.ask_at_once(now);
            entry.woken = true;
        }
    }
}

}  // namespace gengfu::sampling
