#include "tests/unit/rules/reference.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gengfu::rules::test {
namespace {

using config::RuleKind;

}  // namespace

Reference::Reference(const config::Rule& rule, const Timing& timing, Monotonic start)
    : rule_(rule),
      timing_(timing),
      since_(static_cast<std::size_t>(levels()), 0),
      last_good_(start),
      last_heard_(start),
      last_taken_(start) {
    if (rule.kind == RuleKind::kOccupied && !rule.axes.empty()) {
        lane_.emplace(rule.enter, rule.leave);
        axis_good_.fill(start);
        started_ = start;
    }
}

int Reference::levels() const {
    return rule_.levels.empty() ? 1 : static_cast<int>(rule_.levels.size());
}

Severity Reference::severity(int level) const {
    return rule_.levels.empty() ? rule_.severity
                                : rule_.levels[static_cast<std::size_t>(std::max(level, 0))].severity;
}

/// Fills in which levels the value of `entry`, the newest of the history, has reached and holds.
void Reference::opine(Entry& entry) {
    double change = 0;
    if (rule_.kind == RuleKind::kGrowth) {
        entry.too_early = !growth_over(entry);
        return;
    }
    if (rule_.kind == RuleKind::kStuck || rule_.kind == RuleKind::kOccupied) {
        entry.too_early = !over_time(entry);
        return;
    }
    if (rule_.limit_point && !basis_) {
        entry.too_early = true;
        return;
    }
    if (rule_.kind == RuleKind::kJump && entry.voice != Voice::kBad) {
        change = jump_at(entry);
    }
    if (rule_.kind == RuleKind::kRate && entry.voice != Voice::kBad && !rate_at(entry, change)) {
        entry.too_early = true;
        return;
    }
    if (rule_.kind == RuleKind::kMoved && entry.voice != Voice::kBad && !is_pose()) {
        entry.too_early = true;
        return;
    }
    for (int i = 0; i < levels() && entry.voice != Voice::kBad; ++i) {
        const bool shaken = rule_.kind == RuleKind::kMoved && entry.value >= kShaken;
        const double v = entry.value - (shaken ? kShaken : 0);
        const double limit = limit_of(i);
        bool reached = false;
        bool held = false;
        switch (rule_.kind) {
            case RuleKind::kAbove:
                reached = !(v < limit);
                held = !(v < limit - rule_.deadband);
                break;
            case RuleKind::kBelow:
                reached = !(v > limit);
                held = !(v > limit + rule_.deadband);
                break;
            case RuleKind::kOutside:
                reached = !(rule_.low <= v && v <= rule_.high);
                held = !(rule_.low + rule_.deadband <= v && v <= rule_.high - rule_.deadband);
                break;
            case RuleKind::kEquals:
                reached = held = std::count(rule_.values.begin(), rule_.values.end(), v) > 0;
                break;
            case RuleKind::kBit:
                reached = held = (v == 0) != rule_.active;
                break;
            case RuleKind::kRate:
                reached = fast_enough(change, limit, 0);
                held = fast_enough(change, limit, rule_.deadband);
                break;
            case RuleKind::kJump:
                reached = held = std::abs(change) >= limit;
                break;
            case RuleKind::kMoved:  // `v` is the angle
                reached = v >= limit;
                held = v >= limit - rule_.deadband;
                break;
            default:
                break;
        }
        entry.reached = reached ? i : entry.reached;
        entry.held = held ? i : entry.held;
    }
}

double Reference::limit_of(int level) const {
    if (rule_.levels.empty()) {
        return 0;
    }
    const config::Level& of = rule_.levels[static_cast<std::size_t>(level)];
    return rule_.limit_point ? of.times * basis_.value_or(0) : of.limit;
}

bool Reference::may_raise(Monotonic when) const {
    if (rule_.schedule.empty() || !minute_) {
        return true;
    }
    constexpr std::int64_t kWeek = 7 * 24 * 60;
    const std::int64_t passed = std::chrono::duration_cast<std::chrono::minutes>(when - clock_at_).count();
    const std::int64_t minute = (*minute_ + passed) % kWeek;
    bool inside = false;
    for (const config::WeekSpan& span : rule_.schedule) {
        for (int each = span.from; each < span.to; ++each) {  // minute by minute, as people read it
            inside = inside || each == minute;
        }
    }
    return inside;
}

void Reference::axis(std::size_t which, const Sample& sample) {
    axes_.at(which) = sample;
    if (sample.quality == Quality::kGood) {
        axis_good_.at(which) = sample.taken;
    }
}

void Reference::temperature(const Sample& sample) {
    warm_ = sample;
}

/// Observed time from an entry to the next one.
Duration Reference::stretch_after(std::size_t index) const {
    const Duration length = history_[index + 1].taken - history_[index].taken;
    if (history_[index + 1].restarted_before) {
        return Duration::zero();
    }
    if (length <= timing_.gap) {
        return length;
    }
    Duration before{};  // between the last two samples that were not at the same time, in this run
    for (std::size_t i = index; i > 0 && before == Duration::zero() && !history_[i].restarted_before; --i) {
        before = history_[i].taken - history_[i - 1].taken;
    }
    return length <= 10 * timing_.gap && length <= 2 * before ? length : Duration::zero();
}

bool Reference::speaks_for(const Entry& entry, int level) const {
    if (entry.too_early) {
        return false;
    }
    if (level > level_) {
        return entry.voice != Voice::kBad && entry.reached >= level;
    }
    return entry.voice == Voice::kGood && entry.held < level;
}

bool Reference::speaks_against(const Entry& entry, int level) const {
    if (entry.too_early) {
        return false;
    }
    if (level > level_) {
        return entry.voice == Voice::kGood && entry.reached < level;
    }
    return entry.voice != Voice::kBad && entry.held >= level;
}

/// Observed time for the change at `level`: all stretches that begin at a sample that speaks for it, since
/// the last one that spoke against, and that a later one of the same run confirms.
Duration Reference::elapsed(int level) const {
    std::size_t first = since_[static_cast<std::size_t>(level)];
    for (std::size_t i = first; i < history_.size(); ++i) {
        first = speaks_against(history_[i], level) ? i + 1 : first;
    }
    Duration sum{};
    for (std::size_t i = first; i + 1 < history_.size(); ++i) {
        if (!speaks_for(history_[i], level)) {
            continue;
        }
        bool confirmed = false;
        for (std::size_t j = i + 1; j < history_.size() && !confirmed && !history_[j].restarted_before; ++j) {
            confirmed = speaks_for(history_[j], level);
        }
        sum += confirmed ? stretch_after(i) : Duration::zero();
    }
    return sum;
}

void Reference::place(int level) {
    for (int i = std::min(level, level_) + 1; i <= std::max(level, level_); ++i) {
        since_[static_cast<std::size_t>(i)] = history_.size();
    }
    level_ = level;
}

std::vector<Reference::Said> Reference::settle() {
    const Entry& now = history_.back();
    const int before = level_;
    int after = level_;
    for (int i = level_ + 1; i < levels(); ++i) {
        if (speaks_for(now, i) && elapsed(i) >= rule_.on_delay) {
            after = i;
        }
    }
    for (int i = level_; i >= 0 && speaks_for(now, i) && elapsed(i) >= rule_.off_delay; --i) {
        after = i - 1;
    }
    std::vector<Said> said;
    if (uncertain_ && now.voice == Voice::kGood && !now.too_early && now.held >= 0) {
        uncertain_ = false;
        said.push_back({Change::kCertain, severity(before)});
    }
    if (after == before) {
        return said;
    }
    const Change change = before < 0 ? Change::kRaised : after < 0 ? Change::kCleared : Change::kSeverity;
    said.push_back({change, severity(after < 0 ? before : after)});
    place(after);
    uncertain_ = uncertain_ && after >= 0;
    return said;
}

std::vector<Reference::Said> Reference::observe(const Sample& sample) {
    Entry entry{.taken = sample.taken, .value = sample.value};
    last_taken_ = sample.taken;
    const bool silent = rule_.kind == RuleKind::kSilent;
    const bool of_device = silent && !rule_.point;
    if (of_device) {
        if (!told(sample.reason)) {
            return {};
        }
        entry.voice = Voice::kGood;
    } else if (sample.quality != Quality::kBad && (silent || std::isfinite(sample.value))) {
        entry.voice = sample.quality == Quality::kGood ? Voice::kGood : Voice::kUncertain;
    }
    if (lane_) {
        entry.voice = voice_of_axes(sample.taken);
        last_good_ = *std::min_element(axis_good_.begin(), axis_good_.end());
    } else if (entry.voice == Voice::kGood) {
        last_good_ = sample.taken;
    }
    last_heard_ = entry.voice != Voice::kBad ? sample.taken : last_heard_;
    entry.restarted_before = restarted_;
    entry.active_before = active_at_restart_;
    restarted_ = false;
    history_.push_back(entry);
    opine(history_.back());
    if (!may_raise(sample.taken)) {
        history_.back().reached = std::min(history_.back().reached, level_);
    }
    return silent && level_ < 0 ? std::vector<Said>{} : settle();
}

std::vector<Reference::Said> Reference::pass(Monotonic now) {
    if (rule_.kind != RuleKind::kSilent) {
        if (level_ < 0 || uncertain_ || last_good_ + timing_.stale > now) {
            return {};
        }
        uncertain_ = true;
        return {{Change::kUncertain, severity(level_)}};
    }
    if (last_heard_ + rule_.silent_for + rule_.on_delay > now) {
        return {};
    }
    since_[0] = history_.size();
    if (level_ >= 0) {
        return {};
    }
    level_ = 0;
    return {{Change::kRaised, rule_.severity}};
}

void Reference::restart(Monotonic now, bool forgotten) {
    restarted_ = true;
    active_at_restart_ = level_ >= 0;
    if (lane_) {
        lane_->restart(active_at_restart_, forgotten);
        axes_.fill(std::nullopt);
        warm_.reset();
        fields_.clear();
        axis_good_.fill(now);
        started_ = now;
    }
    last_good_ = now;
    // A silence goes on, but leaves the sensor the time to be heard.
    const Duration silence =
        rule_.kind == RuleKind::kSilent && level_ < 0 ? last_taken_ - last_heard_ : Duration::zero();
    const Duration at_most = std::max(rule_.silent_for + rule_.on_delay - timing_.gap, Duration::zero());
    last_taken_ = now;
    last_heard_ = now - std::min(silence, at_most);
    minute_.reset();
}

void Reference::limit(const Sample& sample) {
    if (sample.quality == Quality::kGood && sample.value > 0) {
        basis_ = sample.value;
    }
}

void Reference::clock(int minute_of_week, Monotonic now) {
    minute_ = minute_of_week;
    clock_at_ = now;
}

}  // namespace gengfu::rules::test
