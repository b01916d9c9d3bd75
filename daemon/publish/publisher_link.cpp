#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/publish/publisher_impl.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace {

// More different troubles than this are not told one by one.
constexpr std::size_t kTold = 16;
// Between two connections that turn out to take no records.
constexpr Duration kLongestDenied = std::chrono::minutes(10);
// A will that comes again and again (somebody else uses our name) is not answered faster than this.
constexpr Duration kStatePause = std::chrono::seconds(1);

}  // namespace

Delivery::Hooks Publisher::Impl::hooks() {
    return {.delivered =
                [this](Identity identity) {
                    resend_.delivered(identity);
                    if (identity.epoch == run_.epoch && identity.stream == Stream::kEvent) {
                        line_.delivered(identity.sequence);
                    }
                },
            .refused = [this](const std::string& topic, const std::string& why) { on_refused(topic, why); },
            .events_drained = [this] { say_catalogue(); },
            .again =
                [this] {
                    say_state();
                    say_birth();
                    say_catalogue();
                    say_alarms(Listing(topics_));
                },
            .stuck =
                [this] {
                    notice(Notice::kWarning, "服务器长时间未确认消息,重新连接",
                           "the broker has not acknowledged a message for long: connecting anew");
                    session_->reconnect();
                },
            .unproven = [this](const Proof::Overdue& overdue) { on_unproven(overdue); },
            .idle = [this] { on_idle(); },
            .room = [this] { read_history(); }};
}

// While stopping: first all that is new goes, then the goodbye.
void Publisher::Impl::on_idle() {
    if (stage_ == Stage::kDraining && line_.size() == 0) {
        stage_ = Stage::kGoodbye;
        delivery_->send({.topic = topics_.state, .payload = encoder_.offline(), .retain = Retain::kYes});
    } else if (stage_ == Stage::kGoodbye) {
        finish_stop();
    }
}

// Called on the session's threads: each posts to core and returns.
Callbacks Publisher::Impl::callbacks() {
    const auto post = [weak = weak_from_this(), core = core_](auto work) {
        boost::asio::post(core, [weak, work = std::move(work)]() mutable {
            const auto self = weak.lock();
            if (self && self->stage_ != Stage::kStopped) {
                work(*self);
            }
        });
    };
    return {.connected =
                [post](Connected granted) {
                    post([granted = std::move(granted)](Impl& self) { self.on_connected(granted); });
                },
            .lost =
                [post](std::string why) {
                    post([why = std::move(why)](Impl& self) { self.on_lost(why, Ended::kByBroker); });
                },
            .renewing =
                [post](std::string why) {
                    post([why = std::move(why)](Impl& self) { self.on_lost(why, Ended::kByUs); });
                },
            .acknowledged =
                [post](std::uint64_t token) {
                    post([token](Impl& self) { self.delivery_->acknowledged(token); });
                },
            .refused =
                [post](std::uint64_t token, std::string why) {
                    post([token, why = std::move(why)](Impl& self) {
                        if (token == 0) {
                            self.on_refused("a subscription", why);
                        } else {
                            self.delivery_->refused(token, why);
                        }
                    });
                },
            .message =
                [post](Incoming message) {
                    post([message = std::move(message)](Impl& self) { self.on_message(message); });
                }};
}

void Publisher::Impl::on_connected(const Connected& granted) {
    granted_ = granted;
    trouble_.clear();
    denied_timer_.cancel();
    if (denied_pause_ == Duration::zero()) {
        told_.clear();
    }
    notice(Notice::kInfo, "已连接 " + status().broker, "connected to " + status().broker);
    // Before ours takes its place: what stands there tells of another gateway of our name.
    subscribe(topics_.birth);
    delivery_->connected(*session_, granted);
    say_state();
    say_birth();
    subscribe(topics_.all_commands);
    subscribe(topics_.confirm);
    subscribe(topics_.state);
    if (delivery_->asks_proof()) {
        for (const std::string* topic : {&topics_.event, &topics_.tele, &topics_.hist}) {
            subscribe(*topic);
        }
    }
    begin_listing();
    heartbeat_timer_.after(site_->mqtt.heartbeat, [this] { heartbeat(); });
    move_events();
}

void Publisher::Impl::on_lost(const std::string& why, Ended ended) {
    granted_.reset();
    trouble_ = why;
    delivery_->lost();
    resend_.lost();
    line_.lost();
    line_.leave_to_store();
    listing_.reset();
    listing_timer_.cancel();
    heartbeat_timer_.cancel();
    event_timer_.cancel();
    if (told_.size() < kTold && told_.insert(why).second) {
        ended == Ended::kByUs
            ? notice(Notice::kInfo, "主动断开消息服务器: " + why, "leaving the broker: " + why)
            : notice(Notice::kWarning, "没有消息服务器: " + why, "no broker: " + why);
    }
    if (leaving_) {
        stay(why);
    } else if (stage_ == Stage::kDraining || stage_ == Stage::kGoodbye) {
        finish_stop();
    }
}

// The connection stands, but nothing that it takes is kept: as good as none. Somebody may mend the access
// list.
void Publisher::Impl::on_unproven(const Proof::Overdue& overdue) {
    denied_ = clock_->now();
    denied_pause_ = std::clamp(denied_pause_ * 2, tuning_.retry_refused, kLongestDenied);
    on_lost(
        "MQTT 3.1.1 acknowledges what is published on " + overdue.topic +
            ", but it does not come back: the broker's access list (ACL) denies the gateway to write "
            "there, or to read "
            "it, which this version of MQTT cannot tell; nothing counts as delivered. Allow both, use "
            "MQTT 5, or name "
            "a consumer in mqtt.confirm in place of \"broker\"" +
            (overdue.held_before ? "; it did come back before: what was acknowledged in the minutes since "
                                   "may be missing, and can be asked for by the command resend"
                                 : ""),
        Ended::kByBroker);
    denied_timer_.after(denied_pause_, [this] { session_->reconnect(); });
}

void Publisher::Impl::on_refused(const std::string& topic, const std::string& why) {
    denied_ = clock_->now();
    trouble_ = "the broker refuses " + topic + ": " + why;
    if (told_.size() < kTold && told_.insert(trouble_).second) {
        notice(Notice::kWarning, "服务器拒绝 " + topic + ": " + why, trouble_);
    }
}

void Publisher::Impl::subscribe(const std::string& filter) {
    // Fails only when the connection is already gone, which is told by itself.
    static_cast<void>(session_->subscribe(filter));
}

void Publisher::Impl::on_message(const Incoming& message) {
    if (const std::optional<std::string> verb = topics_.verb(message.topic)) {
        on_command(*verb, message);
    } else if (message.topic == topics_.state) {
        on_own_state(message);
    } else if (message.topic == topics_.birth) {
        on_own_birth(message);
    } else if (message.topic == topics_.event || message.topic == topics_.tele ||
               message.topic == topics_.hist) {
        if (delivery_->came(message.topic, message.payload)) {
            denied_pause_ = Duration::zero();
            static_cast<void>(session_->unsubscribe(message.topic));
        }
    } else if (message.topic == topics_.confirm) {
        on_confirm(message.payload);
    } else if (listing_ && message.topic == marker_) {
        end_listing();
    } else if (listing_) {
        const std::optional<AlarmId> id = topics_.alarm_id(message.topic);
        listing_->saw(message.topic, message.payload,
                      id && lost_by_crash(*id) ? Listing::Payload::kKeep : Listing::Payload::kForget);
    }
}

void Publisher::Impl::on_own_birth(const Incoming& message) {
    const std::optional<BirthSeen> seen = read_birth(message.payload);
    if (!seen || stage_ != Stage::kRunning) {
        return;
    }
    if (seen->epoch == run_.epoch) {
        birth_seen_ = true;
    } else if (!known_epochs_.contains(seen->epoch) && questions_.name_in_use) {
        questions_.name_in_use(seen->start, birth_seen_);
    }
}

// Our last will, come late from a connection before this one.
void Publisher::Impl::on_own_state(const Incoming& message) {
    const std::optional<StateSeen> seen = read_state(message.payload);
    if (seen && birth_seen_ && stage_ == Stage::kRunning && !known_epochs_.contains(seen->epoch) &&
        questions_.name_in_use) {
        questions_.name_in_use(0, true);
    }
    const bool stale = seen && !seen->online && stage_ == Stage::kRunning;
    if (stale && clock_->now() - state_said_ >= kStatePause) {
        say_state();
    } else if (stale && heartbeat_timer_.armed()) {
        heartbeat_timer_.after(kStatePause, [this] { heartbeat(); });
    }
}

void Publisher::Impl::say_state() {
    state_said_ = clock_->now();
    store::Usage usage = store_->usage();
    usage.records_abandoned += line_.given_up();
    delivery_->send({.topic = topics_.state,
                     .payload = encoder_.online(questions_.state ? questions_.state() : std::string(), usage),
                     .retain = Retain::kYes});
}

void Publisher::Impl::heartbeat() {
    say_state();
    heartbeat_timer_.after(site_->mqtt.heartbeat, [this] { heartbeat(); });
}

void Publisher::Impl::say_birth() {
    delivery_->send({.topic = topics_.birth,
                     .payload = encoder_.birth(questions_.standing(), questions_.last_event_sequence(),
                                               catalogue_hash, catalogue_parts.size()),
                     .retain = Retain::kYes});
}

void Publisher::Impl::say_catalogue() {
    for (std::size_t i = 0; i < catalogue_parts.size(); ++i) {
        delivery_->send({.lane = Lane::kEvent,
                         .topic = topics_.catalogue(i),
                         .payload = encoder_.catalogue_part(catalogue_part(catalogue_parts[i])),
                         .retain = Retain::kYes});
    }
}

void Publisher::Impl::begin_listing() {
    listing_.emplace(topics_);
    // Never the same twice, also over starts: a marker that somebody kept does not end a listing.
    marker_ = topics_.marker(to_string(AlarmId{run_.epoch, ++markers_}));
    subscribe(topics_.all_alarms);
    delivery_->send({.topic = marker_});
    listing_timer_.after(tuning_.listing, [this] { end_listing(); });
}

void Publisher::Impl::end_listing() {
    listing_timer_.cancel();
    const Listing seen = std::move(*listing_);
    listing_.reset();
    static_cast<void>(session_->unsubscribe(topics_.all_alarms));
    if (stage_ == Stage::kLeaving) {
        empty_all(seen);
        return;
    }
    take_up_lost(seen);
    say_alarms(seen);
    say_listed();
}

// Raised by an earlier run after the last event that its disk has. Of this run nothing is lost, and of an
// epoch whose events the store has forgotten nothing can be said.
bool Publisher::Impl::lost_by_crash(AlarmId id) const {
    const auto known = known_epochs_.find(id.epoch);
    return known != known_epochs_.end() && known->second != 0 && id.sequence > known->second;
}

void Publisher::Impl::take_up_lost(const Listing& seen) {
    for (const auto& [topic, payload] : seen.kept()) {
        std::optional<alarms::Alarm> alarm = read_alarm(payload);
        // What the topic names, not what the payload says, is what was judged to be ours.
        if (alarm && alarm->id == topics_.alarm_id(topic) && !alarm->over() && questions_.take_up) {
            static_cast<void>(questions_.take_up(std::move(*alarm)));
        }
    }
}

void Publisher::Impl::say_listed() {
    if (!listed_told_ && questions_.listed) {
        questions_.listed();
    }
    listed_told_ = true;
}

std::map<std::string, std::string> Publisher::Impl::standing_payloads() const {
    std::map<std::string, std::string> out;
    for (const alarms::Alarm* alarm : questions_.standing()) {
        out[topics_.alarm(alarm->component.place.grid, alarm->id)] = encoder_.alarm(*alarm);
    }
    return out;
}

void Publisher::Impl::say_alarms(const Listing& seen) {
    std::map<std::string, std::string> standing = standing_payloads();
    const Listing::Actions actions =
        seen.compare(standing, [this](Epoch epoch) { return known_epochs_.contains(epoch); });
    if (actions.foreign != 0 && told_.insert("foreign alarms").second) {
        const std::string count = std::to_string(actions.foreign);
        notice(Notice::kWarning,
               "服务器上有 " + count + " 条保留的报警不属于本存储已知的启动,不予清除: " + topics_.all_alarms,
               "the broker keeps " + count +
                   " alarms of our name that were raised under no start this store knows; " +
                   "they are left alone: " + topics_.all_alarms);
    }
    for (const std::string& topic : actions.publish) {
        if (line_.holds_back(topic)) {
            continue;  // goes with its event
        }
        delivery_->send({.lane = Lane::kEvent,
                         .topic = topic,
                         .payload = std::move(standing[topic]),
                         .retain = Retain::kYes});
    }
    for (const std::string& topic : actions.empty) {
        if (line_.holds_back(topic)) {
            continue;
        }
        delivery_->send({.lane = Lane::kEvent, .topic = topic, .retain = Retain::kYes});
    }
}

}  // namespace gengfu::publish
