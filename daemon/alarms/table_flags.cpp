// What keeps an alarm quiet, and what ends that.
#include <algorithm>
#include <utility>

#include "daemon/alarms/describe.hpp"
#include "daemon/alarms/hold.hpp"
#include "daemon/alarms/own_reasons.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::alarms {
namespace {

constexpr std::int64_t in_us(Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}
constexpr std::int64_t kQuietUs = in_us(kChatterQuiet);

bool is_one_of_too_many(std::array<std::int64_t, kChatterRaises>& last, const Stamp& at) {
    std::move(last.begin() + 1, last.end(), last.begin());
    last.back() = at.monotonic_us;
    return last.front() != 0 && last.back() - last.front() <= in_us(kChatterWindow);
}

bool is_span(Duration lasts, Duration longest) {
    return lasts >= kShortestHold && lasts <= longest;
}

}  // namespace

Outcome Table::shelve(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, Duration lasts,
                      std::uint64_t sequence) {
    Alarm* alarm = nullptr;
    if (Outcome no = found(id, revision, alarm); alarm == nullptr) {
        return no;
    }
    std::string why = !at.wall ? "the gateway's clock is unknown: nobody could tell when a shelf ends"
                      : !is_span(lasts, kLongestShelf) ? "an alarm can be shelved for 10 s to 24 h"
                                                       : std::string();
    if (alarm->removed) {
        why = "its rule is no longer in the configuration: acknowledge it";
    }
    if (!why.empty()) {
        return {Answer::kRefused, std::nullopt, alarm->revision, std::move(why)};
    }
    alarm->shelved = Hold{.by = actor, .since = at, .expires = later(at, lasts), .seen = alarm->severity};
    Transition transition = done(*alarm, TransitionKind::kShelved, sequence, actor);
    return {Answer::kDone, std::move(transition), alarm->revision, {}};
}

Outcome Table::unshelve(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& /*at*/,
                        std::uint64_t sequence) {
    Alarm* alarm = nullptr;
    if (Outcome no = found(id, revision, alarm); alarm == nullptr) {
        return no;
    }
    if (!alarm->shelved) {
        return {Answer::kAlready, std::nullopt, alarm->revision, {}};
    }
    Transition transition = end_shelf(*alarm, actor, sequence);
    const std::uint64_t now = transition.alarm.revision;
    return {Answer::kDone, std::move(transition), now, {}};
}

Outcome Table::handle(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, Duration lasts,
                      std::uint64_t sequence) {
    Alarm* alarm = nullptr;
    if (Outcome no = found(id, revision, alarm); alarm == nullptr) {
        return no;
    }
    alarm->handling = Handling{actor, at, std::nullopt};
    if (lasts > Duration::zero()) {
        alarm->handling->until = later(at, std::min(lasts, kLongestOutOfService));
    }
    Transition transition = done(*alarm, TransitionKind::kHandling, sequence, actor);
    return {Answer::kDone, std::move(transition), alarm->revision, {}};
}

Transition Table::end_shelf(Alarm& alarm, const Actor& actor, std::uint64_t sequence) {
    alarm.shelved.reset();
    return done(alarm, TransitionKind::kUnshelved, sequence, actor);
}

/// A raise is quiet from the first moment where its device or its cause says so.
void Table::hold_from_surroundings(Alarm& alarm, const Stamp& at) const {
    const Hold* const service = service_.find(alarm.key.device);
    alarm.out_of_service = service == nullptr ? std::optional<Hold>{} : std::optional<Hold>(*service);
    alarm.suppressed.reset();
    if (const std::optional<AlarmId> cause = cause_of(alarm.key)) {
        alarm.suppressed = Hold{.by = {}, .since = at, .expires = {}, .cause = cause};
    }
}

/// Notes a raise, and says whether it is one of too many.
bool Table::chatters(const Key& key, const Stamp& at) {
    return is_one_of_too_many(raises_[key], at);
}

/// Whether a chattering alarm's condition has been away for longer than a contact that bounces.
bool Table::was_away(const Entry& entry, const Stamp& at) {
    return entry.clearing && at.monotonic_us - entry.clearing->since_us >= in_us(kCriticalAway);
}

std::optional<Transition> Table::raise_anew(const rules::Verdict& verdict, const Stamp& at,
                                            std::uint64_t sequence) {
    const Key key = key_of(*site_, site_->rules[verdict.rule.value]);
    const auto known = by_key_.find(key);
    if (known == by_key_.end()) {
        return std::nullopt;
    }
    const Entry& entry = alarms_.at(known->second);
    const Alarm& alarm = entry.alarm;
    if (!alarm.active || alarm.chattering) {
        return std::nullopt;
    }
    const bool recent =
        alarm.raised.boot == at.boot && at.monotonic_us - alarm.raised.monotonic_us < kQuietUs;
    const bool called = std::max(alarm.rang, entry.spared) >= alarm.raise_revision;
    return raise(verdict, key, at, sequence, recent && called && !alarm.acknowledged);
}

bool Table::is_restless(const Entry& entry, const Stamp& at) {
    return entry.restless && at.monotonic_us - entry.rises.back() < kQuietUs;
}

/// Notes a rise, and says whether it is one that nobody needs to be called for: one of too many, to what
/// somebody was called for already, and not the gravest.
bool Table::has_called_enough(Entry& entry, Severity risen_to, const Stamp& at) {
    const bool before = is_restless(entry, at);
    entry.restless = is_one_of_too_many(entry.rises, at) || before;
    const bool news = !entry.called || graver(risen_to, *entry.called);
    return before && !news && risen_to != Severity::kCritical;
}

/// A line is no reason for a device that has worked since the line failed.
bool Table::explains(const Alarm& cause, const std::string& device) const {
    const auto told = behind_.find(cause.key);
    if (told == behind_.end() && cause.behind.empty()) {
        return true;
    }
    const std::vector<std::string>& behind = told == behind_.end() ? cause.behind : told->second;
    return std::find(behind.begin(), behind.end(), device) != behind.end();
}

/// What all of a group's grounds have a cause for is explained, by that of the first.
std::optional<AlarmId> Table::cause_of_all(const std::vector<Key>& grounds) const {
    std::optional<AlarmId> first;
    for (const Key& key : grounds) {
        const auto known = by_key_.find(key);
        const Alarm* const alarm = known == by_key_.end() ? nullptr : &alarms_.at(known->second).alarm;
        const bool kept = alarm != nullptr && alarm->active && is_explained(*alarm);
        const std::optional<AlarmId> cause = kept ? alarm->suppressed->cause : cause_of(key);
        if (!cause) {
            return std::nullopt;
        }
        first = first ? first : cause;
    }
    return first;
}

void Table::set_grounds(RuleId group, const std::optional<std::vector<RuleId>>& grounds) {
    const Key key = key_of(*site_, site_->rules[group.value]);
    if (!grounds) {
        grounds_.erase(key);
        return;
    }
    std::vector<Key>& keys = grounds_[key];
    keys.clear();
    for (const RuleId each : *grounds) {
        keys.push_back(key_of(*site_, site_->rules[each.value]));
    }
}

std::optional<AlarmId> Table::cause_of(const Key& key) const {
    if (const auto grounds = grounds_.find(key); grounds != grounds_.end()) {
        return cause_of_all(grounds->second);
    }
    for (const Key& cause : wiring_.causes_of(key)) {
        const auto known = by_key_.find(cause);
        if (known == by_key_.end()) {
            continue;
        }
        const Alarm& alarm = alarms_.at(known->second).alarm;
        if (alarm.active && !alarm.removed && explains(alarm, key.device)) {
            return alarm.id;
        }
    }
    return std::nullopt;
}

void Table::set_behind(RuleId cause, std::vector<std::string> devices) {
    const Key key = key_of(*site_, site_->rules[cause.value]);
    Alarm* const alarm = of_key(key);
    if (alarm != nullptr && alarm->active && !devices.empty()) {
        alarm->behind = devices;
    }
    behind_[key] = std::move(devices);
}

void Table::set_detail(RuleId rule, config::Text detail) {
    details_[rule] = std::move(detail);
}

std::vector<Transition> Table::settle(const Stamp& at, std::uint64_t sequence) {
    std::vector<AlarmId> ids;
    ids.reserve(alarms_.size());
    for (const auto& [id, entry] : alarms_) {
        ids.push_back(id);
    }
    std::vector<Transition> changes;
    for (const AlarmId id : ids) {
        // Several things may have come about for one alarm; one that is over is gone.
        for (auto known = alarms_.find(id); known != alarms_.end(); known = alarms_.find(id)) {
            auto change = settle_one(known->second, at, sequence + changes.size());
            if (!change) {
                break;
            }
            changes.push_back(std::move(*change));
        }
    }
    return changes;
}

std::optional<Transition> Table::settle_one(Entry& entry, const Stamp& at, std::uint64_t sequence) {
    Alarm& alarm = entry.alarm;
    if (entry.clearing && at.monotonic_us - entry.clearing->since_us >= kQuietUs) {
        const Evidence evidence = entry.clearing->evidence;
        return clear(entry, evidence, at, sequence);
    }
    if (alarm.shelved && expired(*alarm.shelved, at)) {
        return end_shelf(alarm, time_is_over(), sequence);
    }
    if (alarm.removed) {
        return std::nullopt;
    }
    if (auto change = settle_service(alarm, sequence)) {
        return change;
    }
    return settle_cause(alarm, at, sequence);
}

std::optional<Transition> Table::settle_service(Alarm& alarm, std::uint64_t sequence) {
    const Hold* const service = service_.find(alarm.key.device);
    if (service == nullptr && alarm.out_of_service) {
        alarm.out_of_service.reset();
        return done(alarm, TransitionKind::kReturned, sequence, service_.returned_by(alarm.key.device));
    }
    if (service != nullptr && alarm.out_of_service != *service) {
        alarm.out_of_service = *service;
        return done(alarm, TransitionKind::kOutOfService, sequence, service->by);
    }
    return std::nullopt;
}

/// Whether what explained the alarm stands, and is one of its causes still.
bool Table::is_explained(const Alarm& alarm) const {
    if (!alarm.suppressed || !alarm.suppressed->cause) {
        return false;
    }
    if (!stands(*alarm.suppressed->cause)) {
        return false;
    }
    if (const auto grounds = grounds_.find(alarm.key); grounds != grounds_.end()) {
        return cause_of_all(grounds->second).has_value();
    }
    if (config::is_group(alarm.evidence.kind)) {
        return true;
    }
    const std::vector<Key>& causes = wiring_.causes_of(alarm.key);
    const Key& cause = alarms_.at(*alarm.suppressed->cause).alarm.key;
    return std::find(causes.begin(), causes.end(), cause) != causes.end();
}

bool Table::stands(const AlarmId& cause) const {
    const auto known = alarms_.find(cause);
    return known != alarms_.end() && known->second.alarm.active && !known->second.alarm.removed;
}

std::optional<Transition> Table::settle_cause(Alarm& alarm, const Stamp& at, std::uint64_t sequence) {
    // One that is clear needs no explanation any more; one that a nearer cause explains, or whose device has
    // just come back, keeps that until its cause goes.
    if (is_explained(alarm)) {
        return std::nullopt;
    }
    const std::optional<AlarmId> cause = cause_of(alarm.key);
    if (!cause && alarm.suppressed) {
        alarm.suppressed.reset();
        return done(alarm, TransitionKind::kReleased, sequence, {});
    }
    if (cause && alarm.active) {
        alarm.suppressed = Hold{.by = {}, .since = at, .expires = {}, .cause = cause};
        return done(alarm, TransitionKind::kSuppressed, sequence, {});
    }
    return std::nullopt;
}

void Table::carry_over(const Stamp& last, const Stamp& now) {
    for (auto& [id, entry] : alarms_) {
        if (entry.alarm.shelved) {
            entry.alarm.shelved = carried_over(std::move(*entry.alarm.shelved), last, now);
        }
    }
    std::vector<std::string> known;
    for (const config::Device& device : site_->devices) {
        known.push_back(device.name);
    }
    service_.carry_over(known, last, now);
}

}  // namespace gengfu::alarms
