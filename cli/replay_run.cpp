#include "cli/replay_run.hpp"

#include <algorithm>
#include <utility>

#include "daemon/alarms/memory.hpp"
#include "daemon/publish/report_filter.hpp"

namespace gengfu::cli {
namespace {

/// Shelves, causes and chattering are looked at as often as the daemon does.
constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kMinute = std::chrono::minutes(1);
/// A report comes with the first reading after `max_interval`, and that may be a slow one.
constexpr int kLateReadings = 3;
/// Of the ids of alarms that would have come; they are never shown.
constexpr Epoch kNoEpoch{1};

Monotonic monotonic(Wall at) {
    return Monotonic(std::chrono::duration_cast<Duration>(at.time_since_epoch()));
}

Wall wall(Monotonic at) {
    return Wall(std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()));
}

}  // namespace

void Occurrences::add(Wall at, alarms::TransitionKind kind, const alarms::Alarm& alarm) {
    const auto open = open_.find(alarm.key);
    const bool raise = kind == alarms::TransitionKind::kRaised;
    if (open == open_.end() && alarm.active) {
        // Told first by another transition than its raise: that is older than the record.
        const Wall raised = raise || !alarm.raised.wall ? at : *alarm.raised.wall;
        open_[alarm.key] = all_.size();
        all_.push_back({alarm.key, raised, std::nullopt, alarm.severity,
                        alarm.texts ? alarm.texts->title : config::Text{}, !raise});
    } else if (open != open_.end()) {
        Occurrence& one = all_[open->second];
        one.severity = graver(alarm.severity, one.severity) ? alarm.severity : one.severity;
        if (!alarm.active) {
            one.cleared = at;
            open_.erase(open);
        }
    }
}

std::vector<Occurrence> Occurrences::take() {
    std::stable_sort(all_.begin(), all_.end(),
                     [](const Occurrence& a, const Occurrence& b) { return a.raised < b.raised; });
    open_.clear();
    return std::exchange(all_, {});
}

ReplayRun::ReplayRun(const config::Site& site, std::optional<TimeZone> zone)
    : site_(site),
      zone_(std::move(zone)),
      judge_(std::make_unique<rules::Judge>(site)),
      table_(kNoEpoch, site),
      held_(site.points.size()) {
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        const PointId id{i};
        const config::PointSpec& spec = site.spec(id);
        const Duration interval = spec.interval.value_or(site.device(site.point(id).device).interval);
        const auto known = std::find_if(queues_.begin(), queues_.end(),
                                        [&](const Queue& queue) { return queue.interval == interval; });
        held_[i].queue = static_cast<std::size_t>(known - queues_.begin());
        held_[i].lasts = spec.max_interval.value_or(publish::kDefaultMaxInterval) + interval * kLateReadings;
        held_[i].repeats = !spec.read_on_connect && interval > Duration::zero();
        if (known == queues_.end()) {
            queues_.push_back({interval, {}});
        }
    }
}

std::optional<std::size_t> ReplayRun::teach(const std::string& learned) {
    const Result<std::vector<rules::Learned>> parsed = rules::parse_learned(learned);
    return parsed ? std::optional(judge_->teach(*parsed)) : std::nullopt;
}

alarms::Stamp ReplayRun::stamp(Monotonic at) const {
    const Wall on_the_wall = wall(at);
    return {BootId{1}, on_the_wall.time_since_epoch().count(), on_the_wall};
}

void ReplayRun::start(Wall at) {
    const Monotonic now = std::max(now_, monotonic(at));
    const std::vector<rules::RuleMemory> memory =
        alarms::memory_from(table_.standing(), judge_->memory(), site_);
    // What counts towards chattering is forgotten by a start.
    alarms::Table table(kNoEpoch, site_);
    for (const alarms::Alarm* alarm : table_.standing()) {
        table.restore(*alarm);
    }
    table_ = std::move(table);
    const std::vector<rules::Learned> learned = judge_->learned();
    std::vector<rules::Learnt> learnt;
    for (std::size_t i = 0; i < judge_->learners(); ++i) {
        learnt.push_back(judge_->learnt(i));
    }
    judge_ = std::make_unique<rules::Judge>(site_);
    judge_->restore(memory, now);
    judge_->teach(learned);
    judge_->recall(learnt);
    judge_->know_time(Duration::zero());  // our monotonic time is time since 1970
    for (Held& held : held_) {
        ++held.generation;
    }
    for (Queue& queue : queues_) {
        queue.due.clear();
    }
    now_ = now;
    next_look_ = now + kLook;
    tell_time();
}

void ReplayRun::sample(PointId point, Sample sample, Wall at) {
    advance(monotonic(at));
    ++given_;
    sample.point = point;
    sample.taken = now_;
    Held& held = held_[point.value];
    ++held.generation;
    held.reported = now_;
    observe(sample);
    if (held.repeats) {
        Queue& queue = queues_[held.queue];
        queue.due.push_back({now_ + queue.interval, point, held.generation});
        held.last = std::move(sample);
    }
}

void ReplayRun::finish(Wall at) {
    advance(monotonic(at));
    look(now_);
}

/// Readings, looks and deadlines up to `to`, in their order.
void ReplayRun::advance(Monotonic to) {
    for (;;) {
        Queue* next = nullptr;
        for (Queue& queue : queues_) {
            if (!queue.due.empty() && (next == nullptr || queue.due.front().at < next->due.front().at)) {
                next = &queue;
            }
        }
        const bool reading = next != nullptr && next->due.front().at < to;
        const Monotonic upto = reading ? next->due.front().at : to;
        while (next_look_ <= upto) {
            look(next_look_);
        }
        now_ = std::max(now_, upto);
        if (!reading) {
            return;
        }
        repeat(*next);
    }
}

void ReplayRun::repeat(Queue& queue) {
    const Due due = queue.due.front();
    queue.due.pop_front();
    Held& held = held_[due.point.value];
    if (due.generation != held.generation || due.at - held.reported > held.lasts) {
        return;
    }
    held.last.taken = due.at;
    ++repeated_;
    observe(held.last);
    queue.due.push_back({due.at + queue.interval, due.point, due.generation});
}

void ReplayRun::observe(const Sample& sample) {
    judge_->observe(sample, verdicts_);
    if (!verdicts_.empty()) {
        apply();
    }
}

/// Of each minute as it begins: a schedule opens and closes with it, and summer time comes with one.
void ReplayRun::tell_time() {
    const Monotonic began = now_ - now_.time_since_epoch() % kMinute;
    judge_->local_time(zone_ ? std::optional(zone_->minute_of_week(wall(began))) : std::nullopt, began);
    next_minute_ = began + kMinute;
}

/// What the daemon does by its clock.
void ReplayRun::look(Monotonic now) {
    now_ = std::max(now_, now);
    next_look_ = now_ + kLook;
    if (now_ >= next_minute_) {
        tell_time();
    }
    const std::optional<Monotonic> deadline = judge_->next_deadline();
    if (deadline && *deadline <= now_) {
        judge_->tick(now_, verdicts_);
    }
    apply();
    for (const alarms::Transition& change : table_.settle(stamp(now_), sequence_ + 1)) {
        ++sequence_;
        occurrences_.add(wall(now_), change.kind, change.alarm);
    }
}

void ReplayRun::apply() {
    for (const rules::Verdict& verdict : verdicts_) {
        if (const auto change = table_.apply(verdict, stamp(now_), sequence_ + 1)) {
            ++sequence_;
            occurrences_.add(wall(now_), change->kind, change->alarm);
        }
    }
    verdicts_.clear();
}

}  // namespace gengfu::cli
