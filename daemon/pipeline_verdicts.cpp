// From verdicts to the alarm table: at once, when the broker has been heard, when a lent line is back.
#include <algorithm>
#include <utility>

#include "daemon/alarms/describe.hpp"
#include "daemon/alarms/memory.hpp"
#include "daemon/alarms/taken_up.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// How long verdicts of a start wait for what the broker retains.
constexpr auto kHold = std::chrono::seconds(1);

}  // namespace

/// An alarm that went out as volatile and was lost with a crash stands at the broker alone. Raised by us once
/// more before we have heard of it, it would ring a second time under another identity.
void Pipeline::hold_verdicts() {
    if (start_.epochs.empty() || site_.mqtt.brokers.empty()) {
        return;
    }
    holding_ = true;
    hold_timer_.expires_after(kHold);
    hold_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            end_hold();
        }
    });
}

void Pipeline::end_hold() {
    if (!holding_) {
        return;
    }
    holding_ = false;
    hold_timer_.cancel();
    apply(std::exchange(held_, {}));
}

bool Pipeline::take_up(alarms::Alarm alarm) {
    const AlarmId id = alarm.id;
    const alarms::Audit told = alarms::audit_of_taken_up(alarm);
    if (!table_.take_up(std::move(alarm))) {
        return false;
    }
    const alarms::Alarm* found = table_.find(id);
    for (const rules::RuleMemory& memory : alarms::memory_from({found}, {}, site_)) {
        judge_.take_up(memory);
    }
    actions_.observe(*found, stamp());
    save_book();  // the event that says it leaves no state behind
    act();
    log::warning(told.text.zh, told.text.en);
    publisher_->audit(told);
    return true;
}

void Pipeline::apply(const std::vector<rules::Verdict>& verdicts) {
    if (holding_) {
        held_.insert(held_.end(), verdicts.begin(), verdicts.end());
        return;
    }
    if (const std::set<BusId> missed = finds_silence(verdicts); !missed.empty()) {
        // What silences many is told before what it silences.
        look_at_hangs(missed, alarms::CauseWatch::Patience::kSuspicion);
        look_at_causes(alarms::CauseWatch::Patience::kSuspicion);
    }
    if (!verdicts.empty()) {
        tell_grounds();
    }
    bool any = false;
    for (const rules::Verdict& verdict : verdicts) {
        if (is_of_lent_line(verdict)) {
            continue;
        }
        if (const auto changed = table_.apply(verdict, stamp(), publisher_->next_event_sequence())) {
            transition(*changed);
            any = true;
        } else if (verdict.change != rules::Change::kCleared) {
            act_anew(verdict.rule);
        }
    }
    if (any) {
        settle_alarms();
    }
}

/// An alarm that chatters is raised without an event; what it switches, it switches all the same.
void Pipeline::act_anew(RuleId rule) {
    const alarms::Key key = alarms::key_of(site_, site_.rules[rule.value]);
    for (const alarms::Alarm* alarm : table_.standing()) {
        if (alarm->key == key && actions_.observe(*alarm, stamp())) {
            act();
            return;
        }
    }
}

/// Whether the rule is about silence, and that of lent lines alone.
bool Pipeline::is_by_loan(RuleId rule) const {
    const auto of_lent_line = [&](RuleId id) {
        const config::Rule& one = site_.rules[id.value];
        return one.kind == config::RuleKind::kSilent &&
               clock_.now() < lent_until_[site_.device(one.device).bus.value];
    };
    if (!config::is_group(site_.rules[rule.value].kind)) {
        return of_lent_line(rule);
    }
    const auto grounds = judge_.grounds(rule, clock_.now());
    return grounds && !grounds->empty() && std::all_of(grounds->begin(), grounds->end(), of_lent_line);
}

/// Whoever borrows a line makes all its sensors silent at once. That is known, and told by its bad samples
/// and the log: the alarms of silence wait until the line is back, and stand then only where a sensor stays
/// silent.
bool Pipeline::is_of_lent_line(const rules::Verdict& verdict) {
    const auto of_same_rule = [&](const rules::Verdict& held) { return held.rule == verdict.rule; };
    const auto held = std::find_if(silences_.begin(), silences_.end(), of_same_rule);
    if (verdict.change == rules::Change::kCleared && held != silences_.end()) {
        silences_.erase(held);
        return true;
    }
    if (verdict.change != rules::Change::kRaised || !is_by_loan(verdict.rule)) {
        return false;
    }
    if (held == silences_.end()) {
        silences_.push_back(verdict);
    }
    return true;
}

/// Silences that outlasted the loan of their line.
void Pipeline::release_silences() {
    std::vector<rules::Verdict> due;
    for (auto each = silences_.begin(); each != silences_.end();) {
        // Of a group that is about to clear nothing is known; it has not been told, and need not be.
        const config::Rule& rule = site_.rules[each->rule.value];
        const bool clears = config::is_group(rule.kind) && !judge_.grounds(each->rule, clock_.now());
        if (clears || is_by_loan(each->rule)) {
            ++each;
            continue;
        }
        due.push_back(*each);
        each = silences_.erase(each);
    }
    apply(due);
}

void Pipeline::watch_silence() {
    const std::optional<Monotonic> deadline = judge_.next_deadline();
    if (!deadline || stopping_) {
        silence_timer_.cancel();
        return;
    }
    if (silence_timer_.expiry() == *deadline) {
        return;
    }
    silence_timer_.expires_at(*deadline);
    silence_timer_.async_wait([this](boost::system::error_code error) {
        if (error || stopping_) {
            return;
        }
        // What has come and waits is no silence, however late core is.
        drain();
        verdicts_.clear();
        judge_.tick(clock_.now(), verdicts_);
        apply(verdicts_);
        silence_timer_.expires_at(asio::steady_timer::time_point::min());
        watch_silence();
    });
}

}  // namespace gengfu
