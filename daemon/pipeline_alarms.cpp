// What becomes of alarms: told, recorded, changed by people.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/alarms/command.hpp"
#include "daemon/core/log.hpp"
#include "daemon/core/plain_text.hpp"
#include "daemon/pipeline.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu {

namespace {

/// Commands that change nothing are recorded, but whoever sends them without end does not fill the store.
constexpr unsigned kAuditsPerMinute = 60;

gengfu::v1::Outcome outcome_of(alarms::Answer answer) {
    switch (answer) {
        case alarms::Answer::kDone:
            return v1::OUTCOME_DONE;
        case alarms::Answer::kAlready:
            return v1::OUTCOME_ALREADY;
        case alarms::Answer::kStale:
            return v1::OUTCOME_STALE;
        case alarms::Answer::kNotFound:
            return v1::OUTCOME_NOT_FOUND;
        case alarms::Answer::kRefused:
            return v1::OUTCOME_REFUSED;
    }
    return v1::OUTCOME_REFUSED;
}

alarms::Work work_of(publish::Verb verb) {
    switch (verb) {
        case publish::Verb::kReset:
            return alarms::Work::kReset;
        case publish::Verb::kShelve:
            return alarms::Work::kShelve;
        case publish::Verb::kUnshelve:
            return alarms::Work::kUnshelve;
        case publish::Verb::kHandling:
            return alarms::Work::kHandle;
        default:
            return alarms::Work::kAcknowledge;
    }
}

/// Raises and clears are told with what they are; the rest in one line each.
void log_change(const alarms::Transition& changed, const std::string& where) {
    using alarms::TransitionKind;
    const auto say = [&](const char* zh, const char* en) {
        const std::string& who = changed.actor.name;
        log::info(std::string(zh) + " " + where + (who.empty() ? "" : "(" + who + ")"),
                  std::string(en) + " " + where + (who.empty() ? "" : " by " + who));
    };
    switch (changed.kind) {
        case TransitionKind::kAcknowledged:
            return say("确认", "acknowledged");
        case TransitionKind::kShelved:
            return say("搁置", "shelved");
        case TransitionKind::kUnshelved:
            return say("取消搁置", "unshelved");
        case TransitionKind::kHandling:
            return say("处理中", "being seen to:");
        default:
            return;
    }
}

/// Of what sensors did; not of what people did, or what follows from other alarms.
bool shows_samples(alarms::TransitionKind kind) {
    using enum alarms::TransitionKind;
    return kind == kRaised || kind == kCleared || kind == kSeverityChanged || kind == kUncertain ||
           kind == kCertain;
}

}  // namespace

void Pipeline::transition(alarms::Transition changed, std::function<void()> settled) {
    if (shows_samples(changed.kind)) {
        changed.around = surroundings_.around(changed.alarm);
    }
    if (actions_.observe(changed.alarm, stamp())) {
        // On disk first: who switches something and is killed must know of it when he is back.
        publisher_->event(changed, [this, settled = std::move(settled)] {
            act();
            if (settled) {
                settled();
            }
        });
    } else {
        publisher_->event(changed, std::move(settled));
    }
    save_book_soon();
    const alarms::Alarm& alarm = changed.alarm;
    const std::string where =
        alarm.key.point.empty() ? alarm.key.device : alarm.key.device + "/" + alarm.key.point;
    if (changed.kind == alarms::TransitionKind::kRaised) {
        learned_.touch();  // what it was judged by must not be lost while it stands
        const config::Text& title = alarm.texts->title;
        const config::Text& text = alarm.text;  // a rule need not have one
        log::warning("告警 " + where + ":" + title.zh + (text.zh.empty() ? "" : "," + text.zh),
                     "alarm " + where + ": " + title.en + (text.en.empty() ? "" : "; " + text.en));
    } else if (changed.kind == alarms::TransitionKind::kCleared) {
        log::info("恢复 " + where + ":" + alarm.texts->title.zh,
                  "cleared " + where + ": " + alarm.texts->title.en);
    } else {
        log_change(changed, where);
    }
}

/// What explains a silence explains the groups that hold by it.
void Pipeline::tell_grounds() {
    for (const RuleId group : table_.groups()) {
        table_.set_grounds(group, judge_.grounds(group, clock_.now()));
    }
}

void Pipeline::settle_alarms() {
    tell_grounds();
    while (const auto change = table_.service().expire(stamp())) {
        service_changed(*change, {});
    }
    for (const alarms::Transition& change : table_.settle(stamp(), publisher_->next_event_sequence())) {
        transition(change);
    }
}

void Pipeline::audit(const alarms::Audit& audit, std::function<void()> settled) {
    if (clock_.now() - audits_from_ >= std::chrono::minutes(1)) {
        audits_from_ = clock_.now();
        audits_left_ = kAuditsPerMinute;
    }
    if (audits_left_ == 0) {
        if (settled) {
            boost::asio::post(core_, std::move(settled));  // the caller has not got the outcome yet
        }
        return;
    }
    if (--audits_left_ == 0) {
        log::warning("无效操作过多,本分钟内不再记录",
                     "too many commands that change nothing: no more are recorded this minute");
    }
    publisher_->audit(audit, {}, std::move(settled));
}

alarms::Outcome Pipeline::change(const alarms::Wish& wish, std::function<void()> settled) {
    alarms::Outcome outcome = alarms::carry_out(table_, wish, stamp(), publisher_->next_event_sequence());
    if (outcome.transition) {
        transition(*outcome.transition, std::move(settled));
    } else if (const auto late = alarms::audit_of(wish, outcome)) {
        audit(*late, std::move(settled));
    } else if (settled) {
        boost::asio::post(core_, std::move(settled));
    }
    return outcome;
}

void Pipeline::service_changed(const alarms::ServiceChange& change, std::function<void()> settled) {
    const alarms::Audit audit = alarms::audit_of(change);
    publisher_->audit(audit, publish::encode_service(change), std::move(settled));
    save_book_soon();
    tell_service();
    log::info(audit.text.zh, audit.text.en);
}

void Pipeline::tell_service() {
    for (std::uint32_t i = 0; i < site_.devices.size(); ++i) {
        judge_.set_out_of_service(DeviceId{i}, table_.service().find(site_.devices[i].name) != nullptr);
    }
}

std::string Pipeline::change_service(const alarms::ServiceWish& wish, std::function<void()> settled) {
    std::string mistake = alarms::mistake_in(wish, site_, stamp());
    if (!mistake.empty()) {
        return mistake;
    }
    if (wish.lasts) {
        service_changed(table_.service().take_out(wish.device, wish.actor, stamp(), *wish.lasts),
                        std::move(settled));
    } else if (const auto back = table_.service().bring_back(wish.device, wish.actor)) {
        service_changed(*back, std::move(settled));
    } else {
        return "it is not out of service";
    }
    settle_alarms();
    return "";
}

void Pipeline::carry_out(const publish::PlatformCommand& command,
                         const std::function<void(publish::CommandResult)>& done) {
    switch (command.verb) {
        case publish::Verb::kRead:
            read_for_platform(command.device, done);
            return;
        case publish::Verb::kRebirth:
        case publish::Verb::kResend:
            done({v1::OUTCOME_NOT_BUILT, "not built", 0});  // the publisher's own
            return;
        default:
            done(change_alarm(command));
    }
}

/// What changes nothing is recorded by the publisher, as every command is.
publish::CommandResult Pipeline::change_alarm(const publish::PlatformCommand& command) {
    const alarms::Actor actor{alarms::ActorKind::kPlatform, "platform", to_plain(command.on_behalf_of),
                              alarms::plain_reason(command.reason)};
    if (command.verb == publish::Verb::kOutOfService || command.verb == publish::Verb::kReturn) {
        return carry_out_service(command, actor);
    }
    if (command.verb == publish::Verb::kCalibrate) {
        return calibrate_for_platform(command.device, actor);
    }
    const Result<AlarmId> id = alarms::choose(table_.standing(), table_.over(), command.alarm_id);
    if (!id) {
        return {id.error().code == Errc::kNotFound ? v1::OUTCOME_NOT_FOUND : v1::OUTCOME_REFUSED,
                id.error().what, 0};
    }
    const alarms::Wish wish{work_of(command.verb), *id, command.revision, actor, command.lasts};
    const alarms::Outcome outcome =
        alarms::carry_out(table_, wish, stamp(), publisher_->next_event_sequence());
    if (outcome.transition) {
        transition(*outcome.transition);
    }
    return {outcome_of(outcome.answer), alarms::words_of(outcome, command.revision), outcome.revision,
            to_string(*id)};
}

publish::CommandResult Pipeline::carry_out_service(const publish::PlatformCommand& command,
                                                   const alarms::Actor& actor) {
    alarms::ServiceWish wish{command.device, std::nullopt, actor};
    if (command.verb == publish::Verb::kOutOfService) {
        wish.lasts = command.lasts;
    } else if (table_.service().find(wish.device) == nullptr &&
               alarms::mistake_in(wish, site_, stamp()).empty()) {
        return {v1::OUTCOME_ALREADY, "it is not out of service", 0};
    }
    const std::string mistake = change_service(wish);
    if (mistake.empty()) {
        return {v1::OUTCOME_DONE, "done", 0};
    }
    const bool known = std::any_of(site_.devices.begin(), site_.devices.end(),
                                   [&](const config::Device& one) { return one.name == wish.device; });
    return {known ? v1::OUTCOME_REFUSED : v1::OUTCOME_NOT_FOUND, mistake, 0};
}

bool Pipeline::has_timed_flags() const {
    if (!table_.service().all().empty()) {
        return true;
    }
    for (const alarms::Alarm* alarm : table_.standing()) {
        if (alarm->shelved) {
            return true;
        }
    }
    return false;
}

}  // namespace gengfu
