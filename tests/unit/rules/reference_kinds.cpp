// What each kind finds in the history: the part of Reference that knows of kinds with a memory.
#include "tests/unit/rules/reference.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace gengfu::rules::test {
namespace {

using config::RuleKind;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

/// Good samples since the last break or hole; the change from the newest that is a window old, else from the
/// oldest. One that a hole follows has to be confirmed by the next.
bool Reference::rate_at(const Entry& entry, double& change) const {
    const Duration hole = std::max(rule_.window / 2, timing_.gap);
    std::vector<Entry> usable;
    Monotonic previous{};
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const Entry& one = history_[i];
        const bool broken = i == 0 || one.restarted_before ||
                            (one.taken > history_[i - 1].taken && stretch_after(i - 1) == Duration::zero());
        if (broken || (!usable.empty() && one.taken - previous > hole)) {
            usable.clear();
        }
        if (one.voice == Voice::kGood) {
            usable.push_back(one);
            previous = one.taken;
        }
    }
    const Entry* from = usable.empty() ? nullptr : &usable.front();
    for (const Entry& one : usable) {
        if (entry.taken - one.taken >= rule_.window && one.taken > from->taken) {
            from = &one;
        }
    }
    if (from == nullptr || seconds(entry.taken - from->taken) < 0.8 * seconds(rule_.window) - 1e-9) {
        return false;
    }
    const auto against = [&](const Entry& past) {
        return (entry.value - past.value) / seconds(entry.taken - past.taken) * seconds(rule_.per);
    };
    change = against(*from);
    // Compared with for longer than an interval and a half because a hole follows it: the next one decides
    // too.
    const Duration overdue = entry.taken - rule_.window - from->taken;
    const Entry* next = nullptr;
    for (const Entry& one : usable) {
        next = next == nullptr && one.taken > from->taken && one.taken < entry.taken ? &one : next;
    }
    if (next != nullptr && overdue > timing_.gap / 2 && overdue > rule_.window / 24) {
        change =
            rule_.levels[0].limit > 0 ? std::min(change, against(*next)) : std::max(change, against(*next));
    }
    return true;
}

bool Reference::fast_enough(double change, double limit, double deadband) const {
    return limit > 0 ? change >= limit - deadband : change <= limit + deadband;
}

/// All days from the beginning anew: which count, which are usual, what the last one was.
bool Reference::growth_over(Entry& entry) const {
    const auto middle = [](std::vector<double> of) {
        std::sort(of.begin(), of.end());
        return of[of.size() / 2];
    };
    std::vector<double> days;  // usual ones
    std::vector<double> today;
    Duration of_day{};
    Duration since_kept{};
    double latest = 0;
    double usual = 0;
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const Duration stretch = i == 0 ? Duration::zero() : stretch_after(i - 1);
        of_day += stretch;
        since_kept += stretch;
        if (of_day >= std::chrono::hours(24)) {
            if (today.size() >= 24) {
                latest = middle(today);
                const std::size_t first = days.size() > 30 ? days.size() - 30 : 0;
                usual = days.size() < 7
                            ? 0
                            : middle({days.begin() + static_cast<std::ptrdiff_t>(first), days.end()});
                if (usual == 0 || latest < rule_.floor || latest < rule_.levels[0].limit * usual) {
                    days.push_back(latest);
                }
            }
            today.clear();
            of_day = since_kept = {};
        }
        const bool due = today.empty() || since_kept >= std::chrono::minutes(30);
        if (history_[i].voice == Voice::kGood && due && today.size() < 48) {
            today.push_back(history_[i].value);
            since_kept = {};
        }
    }
    if (entry.voice != Voice::kGood || usual <= 0) {
        return false;
    }
    for (int i = 0; i < levels(); ++i) {
        const double limit = std::max(limit_of(i) * usual, rule_.floor);
        entry.reached = latest >= limit ? i : entry.reached;
        entry.held = latest >= limit - rule_.deadband * usual ? i : entry.held;
    }
    return true;
}

/// All lengths of the vector in this run: another than the usual one says nothing, until it has lasted ten
/// seconds; a good one then becomes the usual one. One of the usual length ends that, unless it is beyond the
/// mildest limit.
bool Reference::is_pose() const {
    bool usual_is_shaken = false;
    bool quiet = true;            // the last one
    std::optional<Duration> odd;  // for so long
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const Entry& one = history_[i];
        if (one.restarted_before) {
            usual_is_shaken = false;
            quiet = true;
            odd.reset();
        }
        if (one.voice == Voice::kBad) {
            continue;
        }
        const bool shaken = one.value >= kShaken;
        const bool quiet_before = quiet;
        quiet = shaken == usual_is_shaken;
        if (quiet) {
            const double angle = one.value - (shaken ? kShaken : 0);
            const Duration more = odd && i > 0 ? stretch_after(i - 1) : Duration::zero();
            const bool goes_on =
                odd && !quiet_before && !(angle < limit_of(0)) && *odd + more > Duration::zero();
            odd = goes_on ? std::optional(*odd + more) : std::nullopt;
            continue;
        }
        odd = odd ? *odd + stretch_after(i - 1) : Duration::zero();
        if (*odd >= std::chrono::seconds(10) && one.voice == Voice::kGood) {
            usual_is_shaken = shaken;
        }
    }
    return quiet || *odd >= std::chrono::seconds(10);
}

/// Change since the newest good value of this run that no gap and no hole lies after.
double Reference::jump_at(const Entry& entry) const {
    bool broken = history_.back().restarted_before;
    for (std::size_t i = history_.size() - 1; i-- > 0 && !broken;) {
        broken = history_[i + 1].taken > history_[i].taken && stretch_after(i) == Duration::zero();
        if (history_[i].voice == Voice::kGood) {
            const bool hole = entry.taken - history_[i].taken > timing_.gap;
            return broken || hole ? 0 : entry.value - history_[i].value;
        }
        broken = broken || history_[i].restarted_before;
    }
    return 0;
}

/// Goes through the whole history for what needs a memory: a value that stands still, a vehicle that stays.
/// What was confirmed before a restart counts after it. \return whether anything can be said
bool Reference::over_time(Entry& entry) {
    return lane_                            ? occupied_by_axes(entry)
           : rule_.kind == RuleKind::kStuck ? stuck_over(entry)
                                            : occupied_over(entry);
}

bool Reference::stuck_over(Entry& entry) const {
    double low = 0;
    double high = 0;
    bool begun = false;
    bool says = false;  // of the last entry
    bool still = false;
    Duration sum{};
    Duration waiting{};  // until a standstill confirms it
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const Entry& one = history_[i];
        if (one.restarted_before) {
            begun = begun && sum > Duration::zero();
            waiting = {};
        }
        const bool inside = begun && std::max(high, one.value) - std::min(low, one.value) <= rule_.deadband;
        still = one.voice != Voice::kBad && inside;
        says = still || (one.voice == Voice::kGood && begun);
        if (one.voice == Voice::kGood && !inside) {
            begun = true;
            low = high = one.value;
            sum = waiting = {};
        } else if (still) {
            low = std::min(low, one.value);
            high = std::max(high, one.value);
            sum += waiting;
            waiting = {};
        }
        const bool counts = still || (one.voice == Voice::kGood && !inside);
        if (i + 1 < history_.size() && counts) {
            waiting += stretch_after(i);
        }
    }
    if (!says) {
        return false;
    }
    entry.reached = sum >= rule_.silent_for ? 0 : -1;
    entry.held = still ? 0 : -1;
    return true;
}

bool Reference::occupied_over(Entry& entry) const {
    bool occupied = false;
    bool begun = false;  // this run
    bool active = false;
    std::size_t row = 0;  // values in a row that speak for a change
    Duration sum{};
    Duration waiting{};
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const Entry& one = history_[i];
        if (one.restarted_before) {
            begun = false;
            active = one.active_before;
            row = 0;
            waiting = {};
        }
        if (one.voice != Voice::kGood) {
            continue;
        }
        const bool bit = rule_.enter == 0;
        const bool far = bit ? one.value != 0 : one.value >= rule_.enter;
        const bool near = bit ? one.value == 0 : one.value < rule_.leave;
        occupied = occupied || (!begun && active);
        begun = true;
        row = (occupied ? near : far) ? row + 1 : 0;
        const bool changes = row >= (occupied ? 3U : 2U);
        if (changes) {
            occupied = !occupied;
            row = 0;
            sum = waiting = {};
        }
        if (occupied && (changes || !near)) {
            sum += waiting;
            waiting = i + 1 < history_.size() ? stretch_after(i) : Duration::zero();
        }
    }
    return level_by_time(entry, occupied, sum);
}

bool Reference::level_by_time(Entry& entry, bool occupied, Duration taken) const {
    if (entry.voice != Voice::kGood) {
        return false;
    }
    for (int i = 0; i < levels(); ++i) {
        const double limit = rule_.levels[static_cast<std::size_t>(i)].limit;
        entry.reached = occupied && seconds(taken) >= limit ? i : entry.reached;
        entry.held = occupied ? i : entry.held;
    }
    return true;
}

bool Reference::occupied_by_axes(Entry& entry) {
    const Duration stretch = history_.size() > 1 ? stretch_after(history_.size() - 2) : Duration::zero();
    if (entry.voice != Voice::kGood) {
        lane_->not_good(stretch);
        return false;
    }
    note_field(entry.taken);
    std::optional<double> warm;
    if (warm_ && warm_->quality == Quality::kGood && entry.taken - warm_->taken <= timing_.gap) {
        warm = warm_->value;
    }
    const LaneReference::Judged judged =
        lane_->good({axes_[0]->value, axes_[1]->value, axes_[2]->value}, warm, stretch);
    level_by_time(entry, judged.occupied && !judged.suspect, judged.taken);
    entry.held = judged.suspect ? levels() - 1 : entry.held;  // until it is seen to change
    return true;
}

/// How long calibrating looks back.
Duration Reference::lately() const {
    const std::size_t n = history_.size();
    Duration spacing{};
    for (std::size_t i = n; i-- > 1 && spacing == Duration::zero() && !history_[i].restarted_before;) {
        spacing = history_[i].taken - history_[i - 1].taken;
    }
    return std::max({Duration(std::chrono::seconds(10)), timing_.gap * 4 / 3, 4 * spacing});
}

/// At most one in a twelfth of that time, and twelve in all.
void Reference::note_field(Monotonic taken) {
    if (fields_.empty() || taken - fields_.back().taken >= lately() / 12) {
        fields_.push_back({taken, {axes_[0]->value, axes_[1]->value, axes_[2]->value}});
    }
}

std::string Reference::calibrate(Monotonic now) {
    const Monotonic good = *std::min_element(axis_good_.begin(), axis_good_.end());
    if (good <= started_ || good + timing_.gap < now) {
        return "no good value";
    }
    Monotonic broken = Monotonic::min();  // the first value after the last gap or start
    for (std::size_t i = 0; i < history_.size(); ++i) {
        const bool gap =
            i > 0 && history_[i].taken > history_[i - 1].taken && stretch_after(i - 1) == Duration::zero();
        broken = gap || history_[i].restarted_before ? history_[i].taken : broken;
    }
    std::vector<Field> of_now;
    for (std::size_t i = fields_.size() > 12 ? fields_.size() - 12 : 0; i < fields_.size(); ++i) {
        if (fields_[i].taken >= broken && now - fields_[i].taken <= lately()) {
            of_now.push_back(fields_[i]);
        }
    }
    if (of_now.size() < 3 || now - of_now.front().taken < lately() / 2) {
        return "too few";
    }
    LaneReference::Field mean{};
    for (const Field& one : of_now) {
        for (std::size_t axis = 0; axis < mean.size(); ++axis) {
            mean[axis] += one.field[axis] / static_cast<double>(of_now.size());
        }
    }
    const double most = std::clamp(4 * lane_->sigma(), rule_.leave / 2, 2 * rule_.leave);
    for (const Field& one : of_now) {
        if (std::hypot(one.field[0] - mean[0], one.field[1] - mean[1], one.field[2] - mean[2]) > most) {
            return "it still moves";
        }
    }
    lane_->calibrate(mean);
    return "";
}

/// All three must be good and of now.
Reference::Voice Reference::voice_of_axes(Monotonic now) const {
    for (const std::optional<Sample>& axis : axes_) {
        if (!axis || axis->quality != Quality::kGood || now - axis->taken > timing_.gap) {
            return Voice::kBad;
        }
    }
    return Voice::kGood;
}

}  // namespace gengfu::rules::test
