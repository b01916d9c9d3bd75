#include "daemon/alarms/table.hpp"

#include <algorithm>
#include <utility>

#include "daemon/alarms/describe.hpp"
#include "daemon/alarms/own_reasons.hpp"
#include "daemon/alarms/taken_up.hpp"

namespace gengfu::alarms {
namespace {

using rules::Change;

/// From now on only an acknowledgement of this very transition counts. A call that was acknowledged is
/// answered; one that was not still wants an answer, whatever came since.
void want_acknowledgement(Alarm& alarm) {
    alarm.rang = alarm.acknowledged ? 0 : alarm.rang;
    alarm.acknowledged = false;
    alarm.acknowledged_at.reset();
    alarm.acknowledged_by = {};
    alarm.raise_revision = alarm.revision + 1;
}

/// A shelf covers what its maker saw: what is graver calls.
void end_shelf_of_a_milder(Alarm& alarm, Severity now) {
    if (alarm.shelved && graver(now, alarm.shelved->seen)) {
        alarm.shelved.reset();
    }
}

/// Whether somebody is called by this transition: by a raise or a rise, and by what ends a silence about an
/// alarm that still wants attention. One that a cause released has called before when it was raised before.
bool rings(const Alarm& alarm, TransitionKind kind) {
    if (alarm.held() || !alarm.active || alarm.acknowledged) {
        return false;
    }
    switch (kind) {
        case TransitionKind::kRaised:
            return true;
        case TransitionKind::kSeverityChanged:
            return alarm.raise_revision == alarm.revision;
        case TransitionKind::kUnshelved:
        case TransitionKind::kReturned:
            return true;
        case TransitionKind::kReleased:
            return alarm.rang < alarm.raise_revision;
        default:
            return false;
    }
}

/// An operator names the revision that was on the screen. A later one than there is comes from a history that
/// this gateway lost: what was seen there may be another raise.
bool stale(const Alarm& alarm, std::uint64_t revision) {
    return revision != 0 && (revision < alarm.raise_revision || revision > alarm.revision);
}

Outcome unchanged(Answer answer, const Alarm& alarm) {
    return {answer, std::nullopt, alarm.revision, {}};
}

Outcome refused(std::string why, const Alarm& alarm) {
    return {Answer::kRefused, std::nullopt, alarm.revision, std::move(why)};
}

/// What is in the way of a reset, and of which alarm.
std::string not_resettable(const Alarm& alarm) {
    const std::string name = "alarm " + to_string(alarm.id) + " (" + alarm.key.rule + " at " +
                             alarm.key.device + (alarm.key.point.empty() ? "" : "/" + alarm.key.point) + ")";
    if (!alarm.latched) {
        return name + " is not latched: it is over by itself when it is clear and acknowledged";
    }
    if (!alarm.active) {
        return name + " is clear, but nobody has acknowledged it: acknowledge it, then reset it";
    }
    return name + " is still active: it can be reset when its condition is gone" +
           (alarm.acknowledged ? "" : " and it is acknowledged");
}

Outcome changed(Transition transition) {
    const std::uint64_t revision = transition.alarm.revision;
    return {Answer::kDone, std::move(transition), revision, {}};
}

}  // namespace

Table::Table(Epoch epoch, const config::Site& site) : epoch_(epoch), site_(&site), wiring_(site) {
    for (const config::Rule& rule : site.rules) {
        if (rule.alarm) {
            rules_.insert(key_of(site, rule));
        }
    }
}

Alarm* Table::of_key(const Key& key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &alarms_.at(found->second).alarm;
}

bool Table::is_active(RuleId rule) const {
    const auto known = by_key_.find(key_of(*site_, site_->rules[rule.value]));
    return known != by_key_.end() && alarms_.at(known->second).alarm.active;
}

std::optional<Transition> Table::apply(const rules::Verdict& verdict, const Stamp& at,
                                       std::uint64_t sequence) {
    if (verdict.rule.value >= site_->rules.size()) {
        return std::nullopt;
    }
    const Key key = key_of(*site_, site_->rules[verdict.rule.value]);
    const Alarm* const alarm = of_key(key);
    if (alarm != nullptr && (alarm->active || verdict.change == Change::kCleared)) {
        return change(alarms_.at(alarm->id), verdict, at, sequence);
    }
    if (verdict.change == Change::kCleared) {
        return std::nullopt;
    }
    return raise(verdict, key, at, sequence);
}

Transition Table::raise(const rules::Verdict& verdict, const Key& key, const Stamp& at,
                        std::uint64_t sequence, bool enough) {
    const auto [known, is_new] = by_key_.try_emplace(key, AlarmId{epoch_, sequence});
    Entry& entry = alarms_[known->second];
    entry.order = next_order_++;
    Alarm& alarm = entry.alarm;
    if (is_new) {
        alarm.id = known->second;
        alarm.key = key;
    }
    want_acknowledgement(alarm);
    end_shelf_of_a_milder(alarm, verdict.severity);
    hold_from_surroundings(alarm, at);
    entry.clearing.reset();
    if (!is_restless(entry, at)) {
        entry.called.reset();
    }
    ++alarm.raises;
    alarm.chattering = chatters(key, at);
    alarm.handling.reset();
    const auto behind = behind_.find(key);
    alarm.behind = behind == behind_.end() ? std::vector<std::string>{} : behind->second;
    alarm.active = true;
    alarm.uncertain = verdict.change == Change::kUncertain;
    alarm.removed = false;
    alarm.latched = site_->rules[verdict.rule.value].latch;
    alarm.raised = at;
    alarm.cleared.reset();
    alarm.severity = verdict.severity;
    describe(alarm, verdict, at);
    return done(alarm, TransitionKind::kRaised, sequence, {}, enough);
}

/// A change of an alarm that is active, or its clearing.
std::optional<Transition> Table::change(Entry& entry, const rules::Verdict& verdict, const Stamp& at,
                                        std::uint64_t sequence) {
    Alarm& alarm = entry.alarm;
    if (verdict.change == Change::kCleared) {
        const Evidence evidence = evidence_of(*site_, verdict, at, alarm.evidence);
        if (alarm.active && alarm.chattering) {
            entry.clearing = Clearing{evidence, at.monotonic_us};
            return std::nullopt;
        }
        return alarm.active ? clear(entry, evidence, at, sequence) : std::nullopt;
    }
    const bool away = was_away(entry, at);
    if (entry.clearing) {
        entry.clearing.reset();
        ++alarm.raises;
    }
    const bool affirmed = verdict.change == Change::kRaised || verdict.change == Change::kSeverity;
    if (affirmed && verdict.severity != alarm.severity) {
        return grow(entry, verdict, at, sequence);
    }
    if (affirmed && away && alarm.acknowledged && alarm.severity == Severity::kCritical) {
        // Whoever acknowledged it went for what was then; chattering holds no critical call back.
        --alarm.raises;  // raise() counts this one
        return raise(verdict, alarm.key, at, sequence);
    }
    if (verdict.change == Change::kUncertain && !alarm.uncertain) {
        alarm.uncertain = true;
        alarm.evidence = evidence_of(*site_, verdict, at, alarm.evidence);
        return done(alarm, TransitionKind::kUncertain, sequence, {});
    }
    if ((verdict.change == Change::kCertain || verdict.change == Change::kRaised) && alarm.uncertain) {
        alarm.uncertain = false;
        describe(alarm, verdict, at);  // with the value of now: that before the silence is long out of date
        return done(alarm, TransitionKind::kCertain, sequence, {});
    }
    return std::nullopt;
}

std::optional<Transition> Table::grow(Entry& entry, const rules::Verdict& verdict, const Stamp& at,
                                      std::uint64_t sequence) {
    Alarm& alarm = entry.alarm;
    bool enough = false;
    if (graver(verdict.severity, alarm.severity)) {
        want_acknowledgement(alarm);
        end_shelf_of_a_milder(alarm, verdict.severity);
        enough = has_called_enough(entry, verdict.severity, at);
    }
    alarm.severity = verdict.severity;
    describe(alarm, verdict, at);
    return done(alarm, TransitionKind::kSeverityChanged, sequence, {}, enough);
}

std::optional<Transition> Table::clear(Entry& entry, const Evidence& evidence, const Stamp& at,
                                       std::uint64_t sequence) {
    Alarm& alarm = entry.alarm;
    entry.clearing.reset();
    alarm.active = alarm.uncertain = alarm.chattering = false;
    alarm.cleared = at;
    alarm.evidence = evidence;
    // Nobody was called for it, neither now nor for an earlier raise that is still unanswered, and whoever
    // was called for its cause or works on its device knows: it wants nobody's attention any more.
    if (!alarm.acknowledged && (alarm.suppressed || alarm.out_of_service) && alarm.rang == 0 &&
        entry.spared < alarm.raise_revision) {
        alarm.acknowledged = true;
        alarm.acknowledged_at = at;
        alarm.acknowledged_by = alarm.suppressed
                                    ? gateway_because("已由其原因解释", "explained by its cause")
                                    : gateway_because("设备停用期间", "its device was out of service");
    }
    return done(alarm, TransitionKind::kCleared, sequence, {});
}

void Table::describe(Alarm& alarm, const rules::Verdict& verdict, const Stamp& at) const {
    const config::Rule& rule = site_->rules[verdict.rule.value];
    alarm.device_class = site_->device(rule.device).device_class;
    alarm.texts = rule.texts;
    alarm.component = component_of(*site_, rule);
    alarm.parties = parties_of(*site_, alarm.component);
    alarm.evidence = evidence_of(*site_, verdict, at, alarm.evidence);
    alarm.text = text_of(*site_, rule, alarm.evidence);
    if (const auto detail = details_.find(verdict.rule); detail != details_.end()) {
        alarm.text.zh += detail->second.zh;
        alarm.text.en += detail->second.en;
    }
}

Transition Table::done(Alarm& alarm, TransitionKind kind, std::uint64_t sequence, const Actor& actor,
                       bool enough) {
    ++alarm.revision;
    Entry& entry = alarms_.at(alarm.id);
    const bool told = kind == TransitionKind::kReleased && entry.spared >= alarm.raise_revision;
    const bool notify = rings(alarm, kind) && !enough && !told;
    if (notify) {
        alarm.rang = alarm.revision;
        entry.called = entry.called && graver(*entry.called, alarm.severity) ? *entry.called : alarm.severity;
    } else if (enough && !alarm.held()) {
        entry.spared = alarm.revision;  // whoever was called often enough knows of this, too
    }
    Transition transition{kind, sequence, alarm, actor, notify};
    if (alarm.over()) {
        forget(transition.alarm);
    }
    return transition;
}

void Table::forget(const Alarm& alarm) {
    const auto known = by_key_.find(alarm.key);
    if (known != by_key_.end() && known->second == alarm.id) {
        by_key_.erase(known);
    }
    alarms_.erase(alarm.id);
    note_over(alarm.id);
}

void Table::note_over(AlarmId id) {
    if (std::find(over_.begin(), over_.end(), id) != over_.end()) {
        return;
    }
    over_.push_back(id);
    if (over_.size() > kOverKept) {
        over_.pop_front();
    }
}

void Table::restore_over(const std::vector<AlarmId>& over) {
    for (const AlarmId id : over) {
        note_over(id);
    }
}

/// Sets `alarm` when the command may be carried out; else the answer.
Outcome Table::found(AlarmId id, std::uint64_t revision, Alarm*& alarm) {
    const auto known = alarms_.find(id);
    if (known == alarms_.end()) {
        return {};
    }
    Alarm& it = known->second.alarm;
    if (stale(it, revision)) {
        return unchanged(Answer::kStale, it);
    }
    alarm = &it;
    return unchanged(Answer::kDone, it);
}

Outcome Table::acknowledge(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at,
                           std::uint64_t sequence) {
    Alarm* alarm = nullptr;
    if (Outcome no = found(id, revision, alarm); alarm == nullptr) {
        return no;
    }
    if (alarm->acknowledged) {
        return unchanged(Answer::kAlready, *alarm);
    }
    alarm->acknowledged = true;
    alarm->acknowledged_at = at;
    alarm->acknowledged_by = actor;
    return changed(done(*alarm, TransitionKind::kAcknowledged, sequence, actor));
}

Outcome Table::reset(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& /*at*/,
                     std::uint64_t sequence) {
    Alarm* alarm = nullptr;
    if (Outcome no = found(id, revision, alarm); alarm == nullptr) {
        return no;
    }
    if (alarm->active || !alarm->acknowledged) {
        return refused(not_resettable(*alarm), *alarm);
    }
    if (!alarm->latched) {
        return unchanged(Answer::kAlready, *alarm);  // a shelf keeps it
    }
    alarm->latched = false;
    return changed(done(*alarm, TransitionKind::kReset, sequence, actor));
}

bool Table::is_orphan(const Alarm& alarm) const {
    const auto holder = by_key_.find(alarm.key);
    const bool has_its_key = holder != by_key_.end() && holder->second == alarm.id;
    return !alarm.removed && (rules_.count(alarm.key) == 0 || !has_its_key);
}

std::vector<AlarmId> Table::orphans() const {
    std::vector<AlarmId> orphans;
    for (const auto& [id, entry] : alarms_) {
        if (is_orphan(entry.alarm)) {
            orphans.push_back(id);
        }
    }
    return orphans;
}

std::optional<Transition> Table::remove(AlarmId id, const Stamp& at, std::uint64_t sequence) {
    const auto found = alarms_.find(id);
    if (found == alarms_.end() || !is_orphan(found->second.alarm)) {
        return std::nullopt;
    }
    Alarm& alarm = found->second.alarm;
    want_acknowledgement(alarm);
    if (alarm.active) {
        alarm.cleared = at;
    }
    alarm.active = alarm.uncertain = alarm.latched = alarm.chattering = false;
    alarm.shelved.reset();
    alarm.suppressed.reset();
    alarm.out_of_service.reset();
    found->second.clearing.reset();
    alarm.removed = true;
    return done(alarm, TransitionKind::kRemoved, sequence, {});
}

void Table::restore(Alarm alarm) {
    const auto known = alarms_.find(alarm.id);
    const bool is_new = known == alarms_.end();
    if (!is_new && known->second.alarm.revision >= alarm.revision) {
        return;
    }
    if (alarm.over()) {
        forget(alarm);
        return;
    }
    const bool raised = is_new || known->second.alarm.raise_revision != alarm.raise_revision;
    if (is_new) {
        by_key_[alarm.key] = alarm.id;
    }
    Entry& entry = alarms_[alarm.id];
    if (raised) {
        entry.order = next_order_++;
    }
    entry.alarm = std::move(alarm);
}

bool Table::move(AlarmId id, RuleId rule) {
    const config::Rule& to = site_->rules[rule.value];
    const auto known = alarms_.find(id);
    if (known == alarms_.end() || is_active(rule)) {
        return false;
    }
    Alarm& alarm = known->second.alarm;
    if (const auto held = by_key_.find(alarm.key); held != by_key_.end() && held->second == id) {
        by_key_.erase(held);
    }
    alarm.key = key_of(*site_, to);
    alarm.texts = to.texts;
    alarm.text = text_of(*site_, to, alarm.evidence);
    by_key_[alarm.key] = id;
    return true;
}

bool Table::take_up(Alarm at_the_broker) {
    std::optional<Alarm> taken = without_people(std::move(at_the_broker));
    if (!taken) {
        return false;
    }
    Alarm& alarm = *taken;
    const auto rule = std::find_if(site_->rules.begin(), site_->rules.end(), [&](const config::Rule& one) {
        return one.alarm && key_of(*site_, one) == alarm.key;
    });
    if (rule == site_->rules.end() || of_key(alarm.key) != nullptr) {
        return false;
    }
    alarm.texts = rule->texts;  // with the template that later texts are filled in from
    restore(std::move(alarm));
    return true;
}

std::vector<const Alarm*> Table::standing() const {
    std::vector<const Entry*> entries;
    entries.reserve(alarms_.size());
    for (const auto& [id, entry] : alarms_) {
        entries.push_back(&entry);
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry* a, const Entry* b) { return a->order < b->order; });
    std::vector<const Alarm*> standing;
    standing.reserve(entries.size());
    for (const Entry* entry : entries) {
        standing.push_back(&entry->alarm);
    }
    return standing;
}

const Alarm* Table::find(AlarmId id) const {
    const auto found = alarms_.find(id);
    return found == alarms_.end() ? nullptr : &found->second.alarm;
}

}  // namespace gengfu::alarms
