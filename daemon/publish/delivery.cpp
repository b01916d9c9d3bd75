#include "daemon/publish/delivery.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/core/kill_point.hpp"

namespace gengfu::publish {

namespace {

// How many records are asked of the store at once, and how few may wait before more are asked.
constexpr std::size_t kFetched = 64;
constexpr std::size_t kFewWaiting = 16;
// Live telemetry that waits in memory, beside the count in Tuning.
constexpr std::size_t kLiveBytes = 1U << 20U;
// When Paho has no room for a moment.
constexpr Duration kShortPause = std::chrono::milliseconds(5);
// MQTT's fixed header, topic length, packet identifier and properties, at most.
constexpr std::size_t kPacketAround = 16;

}  // namespace

Delivery::Delivery(const boost::asio::any_io_executor& core, store::Store& store, const Clock& clock,
                   const Topics& topics, Epoch epoch, std::uint32_t max_rate,
                   const std::vector<std::string>& consumers, const std::map<std::string, Duration>& silences,
                   const Tuning& tuning, Hooks hooks)
    : core_(core),
      store_(&store),
      clock_(&clock),
      topics_(&topics),
      epoch_(epoch),
      tuning_(tuning),
      hooks_(std::move(hooks)),
      pace_(max_rate, clock.now()),
      slow_pace_(tuning.hist_rate, clock.now()),
      events_(epoch),
      telemetry_(epoch),
      unconfirmed_(consumers, tuning.unconfirmed, silences),
      proof_(topics, tuning.acknowledge, tuning.prove_again),
      broker_confirms_(std::find(consumers.begin(), consumers.end(), "broker") != consumers.end()),
      pump_timer_(core),
      confirm_timer_(core),
      watch_timer_(core),
      retry_timer_(core) {}

Delivery::Progress& Delivery::progress(const Identity& identity) {
    return progress_[{identity.epoch, identity.stream}];
}

void Delivery::connected(Session& session, const Connected& granted) {
    note_confirmed();
    session_ = &session;
    granted_ = granted;
    asks_proof_ = broker_confirms_ && !granted.mqtt5;
    proof_.begin(asks_proof_ ? Proof::Needed::kYes : Proof::Needed::kNo);
    unconfirmed_.connected(clock_->now());
    window_.open(granted.receive_maximum);
    drained_told_ = false;
    events_.restart();
    telemetry_.restart();
    watch();
    fetch();
}

void Delivery::lost() {
    session_ = nullptr;
    forget_unproven();
    unconfirmed_.lost(clock_->now());
    window_.clear();
    outbox_.clear();
    for (auto& [key, progress] : progress_) {
        progress.under_way.clear();
    }
    pump_timer_.cancel();
    watch_timer_.cancel();
    retry_timer_.cancel();
}

void Delivery::send(Outgoing message) {
    if (session_ == nullptr) {
        return;
    }
    outbox_.push(std::move(message));
    pump();
}

void Delivery::queue(Lane lane, const std::string& topic, const store::Record& record, Volatile is_volatile) {
    Progress& of = progress(record.identity);
    const bool before = record.identity.epoch != epoch_ || of.attempted.contains(record.identity.sequence);
    of.under_way.add(record.identity.sequence);
    outbox_.push({.lane = lane,
                  .topic = topic,
                  .payload = envelope(record, is_volatile, before ? Resent::kYes : Resent::kNo),
                  .record = record.identity});
}

void Delivery::event(const store::Record& record, Volatile is_volatile) {
    if (session_ == nullptr) {
        return;
    }
    // A volatile one is nowhere but here, and may wait for a disk that stands still: it overtakes.
    const bool in_store = is_volatile == Volatile::kNo;
    const bool older_wait = events_.wanted() || events_.fetching();
    const std::size_t waiting = outbox_.count(Lane::kUrgent) + outbox_.count(Lane::kEvent);
    if (in_store && (older_wait || waiting >= tuning_.live_events)) {
        events_.missed(record.identity.sequence);
    } else {
        const bool behind = in_store && outbox_.count(Lane::kEvent) != 0;
        queue(behind ? Lane::kEvent : Lane::kUrgent, topics_->event, record, is_volatile);
    }
    pump();
}

void Delivery::live(const store::Record& record) {
    if (session_ == nullptr) {
        return;
    }
    queue(Lane::kLive, topics_->tele, record, Volatile::kNo);
    shed_live();
    pump();
}

void Delivery::history(const store::Record& record) {
    if (session_ == nullptr) {
        return;
    }
    progress(record.identity).attempted.add(record.identity.sequence);
    const bool is_event = record.identity.stream == Stream::kEvent;
    queue(Lane::kSlow, is_event ? topics_->event : topics_->hist, record, Volatile::kNo);
    pump();
}

bool Delivery::has_room() const {
    return session_ != nullptr && !events_.wanted() && !events_.fetching() && !telemetry_.wanted() &&
           !telemetry_.fetching() && outbox_.count(Lane::kSlow) < kFewWaiting;
}

// The oldest go to the store's way, so that what is shown as live is.
void Delivery::shed_live() {
    while (outbox_.count(Lane::kLive) > tuning_.live_records || outbox_.bytes(Lane::kLive) > kLiveBytes) {
        const Outgoing shed = outbox_.pop(Lane::kLive);
        progress(*shed.record).under_way.remove(shed.record->sequence);
        telemetry_.missed(shed.record->sequence);
    }
}

Duration Delivery::wait_for(Lane lane) {
    const Monotonic now = clock_->now();
    const Duration any = pace_.wait(now);
    return lane == Lane::kSlow ? std::max(any, slow_pace_.wait(now)) : any;
}

void Delivery::pump() {
    while (session_ != nullptr) {
        const Outgoing* head = outbox_.head();
        if (head == nullptr || !window_.has_room(head->lane, head->payload.size())) {
            break;  // lanes below have no more room than the first that has something
        }
        const Duration wait = wait_for(head->lane);
        if (wait > Duration::zero()) {
            pump_timer_.after(wait, [this] { pump(); });
            break;
        }
        if (!send_head(*head)) {
            break;
        }
    }
    fetch();
}

bool Delivery::send_head(const Outgoing& head) {
    const std::size_t bytes = head.payload.size() + head.topic.size() + kPacketAround;
    if (granted_.maximum_packet_bytes != 0 && bytes > granted_.maximum_packet_bytes) {
        const Outgoing dropped = outbox_.pop(head.lane);
        ++refused_;
        // Stays unconfirmed in the store, and marked as under way here: it would be too long again.
        hooks_.refused(dropped.topic, "message of " + std::to_string(bytes) + " bytes, the broker takes " +
                                          std::to_string(granted_.maximum_packet_bytes));
        return true;
    }
    const Retain retain = granted_.retain_available ? head.retain : Retain::kNo;
    kill_point("before-publish");
    if (head.record && proof_.wants(head.topic, clock_->now())) {
        // Before the record, in order. It fails only when the connection is gone.
        static_cast<void>(session_->subscribe(head.topic));
        proof_.renew(head.topic);
    }
    const Result<void> sent = session_->publish(head.topic, head.payload, retain, token_ + 1);
    if (!sent) {
        if (sent.error().code == Errc::kFull) {
            pump_timer_.after(kShortPause, [this] { pump(); });
        }
        return false;  // no connection: the session is about to say so
    }
    kill_point("after-publish");
    ++token_;
    ++published_;
    pace_.take();
    if (head.lane == Lane::kSlow) {
        slow_pace_.take();
    }
    Outgoing message = outbox_.pop(head.lane);
    if (message.record) {
        progress(*message.record).attempted.add(message.record->sequence);
        proof_.sent(message.topic, message.payload, clock_->now());
    }
    window_.add(token_, {.lane = message.lane,
                         .record = message.record,
                         .topic = std::move(message.topic),
                         .bytes = message.payload.size(),
                         .sent = clock_->now()});
    return true;
}

void Delivery::landed(const Identity& identity, const std::string& topic) {
    Progress& of = progress(identity);
    of.under_way.remove(identity.sequence);
    of.acknowledged.add(identity.sequence);
    unconfirmed_.acknowledged({identity.epoch, identity.stream}, identity.sequence, clock_->now());
    if (proof_.holds(topic)) {
        confirm_soon(identity);
    } else {
        unproven_[topic][{identity.epoch, identity.stream}].add(identity.sequence);
    }
    hooks_.delivered(identity);
}

bool Delivery::came(const std::string& topic, const std::string& payload) {
    if (!proof_.came(topic, payload, clock_->now())) {
        return false;
    }
    for (const auto& [key, set] : std::exchange(unproven_[topic], {})) {
        for (const store::SequenceRange& range : set.ranges()) {
            for (std::uint64_t sequence = range.first; sequence <= range.last; ++sequence) {
                to_confirm_[key].add(sequence);
            }
        }
    }
    note_confirmed();
    return true;
}

// Sent again in the next connection, under the same identities.
void Delivery::forget_unproven() {
    for (const auto& [topic, keys] : std::exchange(unproven_, {})) {
        for (const auto& [key, set] : keys) {
            for (const store::SequenceRange& range : set.ranges()) {
                for (std::uint64_t sequence = range.first; sequence <= range.last; ++sequence) {
                    progress_[key].acknowledged.remove(sequence);
                }
            }
        }
    }
}

void Delivery::confirm_soon(const Identity& identity) {
    to_confirm_[{identity.epoch, identity.stream}].add(identity.sequence);
    if (!confirm_timer_.armed()) {
        confirm_timer_.after(tuning_.confirm_gather, [this] { note_confirmed(); });
    }
}

void Delivery::confirmed(const Confirmation& confirmation) {
    const Monotonic now = clock_->now();
    unconfirmed_.heard(confirmation.consumer, now);
    const auto of = progress_.find({confirmation.epoch, confirmation.stream});
    if (of == progress_.end()) {
        return;
    }
    const std::vector<std::uint64_t> lacking =
        unconfirmed_.lacking(confirmation, of->second.acknowledged, now);
    for (const std::uint64_t sequence : lacking) {
        of->second.acknowledged.remove(sequence);
    }
    if (!lacking.empty()) {
        backlog(confirmation.stream).restart();  // what all have meanwhile the store does not find again
        fetch();
    }
}

void Delivery::announced(const std::string& consumer) {
    const Monotonic now = clock_->now();
    unconfirmed_.heard(consumer, now);
    if (!unconfirmed_.announced(consumer, now)) {
        return;
    }
    for (auto& [key, progress] : progress_) {
        progress.acknowledged.clear();
    }
    events_.restart();
    telemetry_.restart();
    fetch();
}

void Delivery::stored(const Identity& identity) {
    // What is not proven yet the store is told of when it is.
    if (progress(identity).acknowledged.contains(identity.sequence) && proof_.holds(topics_->event)) {
        confirm_soon(identity);
    }
}

void Delivery::acknowledged(std::uint64_t token) {
    kill_point("before-puback");
    const std::optional<Flight> flight = window_.acknowledge(token, clock_->now());
    if (!flight) {
        return;
    }
    ++acknowledged_;
    if (flight->record) {
        landed(*flight->record, flight->topic);
        kill_point("after-puback");
    }
    pump();
    if (idle()) {
        hooks_.idle();
    }
}

void Delivery::refused(std::uint64_t token, const std::string& why) {
    const std::optional<Flight> flight = window_.remove(token);
    if (!flight) {
        return;
    }
    ++refused_;
    if (flight->record) {
        progress(*flight->record).under_way.remove(flight->record->sequence);
    }
    hooks_.refused(flight->topic, why);
    retry_later();
    pump();
    if (idle()) {
        hooks_.idle();
    }
}

// What the broker denied stays in the store: somebody may mend its access list.
void Delivery::retry_later() {
    if (retry_timer_.armed()) {
        return;
    }
    retry_timer_.after(tuning_.retry_refused, [this] {
        events_.restart();
        telemetry_.restart();
        hooks_.again();
        fetch();
    });
}

void Delivery::note_confirmed() {
    for (const auto& [key, set] : to_confirm_) {
        store_->confirm("broker", key.first, key.second, set.ranges());
    }
    to_confirm_.clear();
    confirm_timer_.cancel();
}

void Delivery::fetch() {
    if (session_ == nullptr) {
        return;
    }
    if (events_.wanted() && !events_.fetching() && outbox_.count(Lane::kEvent) < kFewWaiting) {
        fetch(Stream::kEvent);
    }
    if (events_.wanted() || events_.fetching()) {
        return;
    }
    if (!drained_told_) {
        drained_told_ = true;
        hooks_.events_drained();
    }
    if (telemetry_.wanted() && !telemetry_.fetching() && outbox_.count(Lane::kSlow) < kFewWaiting) {
        fetch(Stream::kTelemetry);
    }
    if (has_room()) {
        hooks_.room();
    }
}

void Delivery::fetch(Stream stream) {
    note_confirmed();  // what was acknowledged is not to be found again
    const Backlog::Question question = backlog(stream).ask();
    store_->pending(stream, question.after, kFetched,
                    [weak = weak_from_this(), core = core_, stream,
                     number = question.number](Result<store::Pending> answer) {
                        boost::asio::post(core, [weak, stream, number, answer = std::move(answer)]() mutable {
                            if (const auto self = weak.lock()) {
                                self->found(stream, number, std::move(answer));
                            }
                        });
                    });
}

void Delivery::found(Stream stream, std::uint64_t number, Result<store::Pending> answer) {
    if (!answer) {
        backlog(stream).failed(number);
        retry_later();
        fetch();
        return;
    }
    std::optional<Identity> last;
    if (!answer->records.empty()) {
        last = answer->records.back().identity;
    }
    const auto more = answer->more ? Backlog::More::kYes : Backlog::More::kNo;
    if (!backlog(stream).answered(number, last, more) || session_ == nullptr) {
        return;
    }
    take_backlog(stream, *answer);
    pump();
}

void Delivery::take_backlog(Stream stream, const store::Pending& pending) {
    const bool is_event = stream == Stream::kEvent;
    for (const store::Record& record : pending.records) {
        const Progress& of = progress(record.identity);
        const std::uint64_t sequence = record.identity.sequence;
        if (!of.acknowledged.contains(sequence) && !of.under_way.contains(sequence)) {
            queue(is_event ? Lane::kEvent : Lane::kSlow, is_event ? topics_->event : topics_->hist, record,
                  Volatile::kNo);
        }
    }
}

void Delivery::watch() {
    watch_timer_.after(tuning_.acknowledge / 4, [this] {
        const std::optional<Monotonic> oldest = window_.oldest();
        if (oldest && clock_->now() - *oldest > tuning_.acknowledge) {
            hooks_.stuck();
        }
        watch();
        if (const std::optional<Proof::Overdue> overdue = proof_.overdue(clock_->now())) {
            if (overdue->once_more) {
                forget_unproven();
                events_.restart();
                telemetry_.restart();
                fetch();
                return;
            }
            hooks_.unproven(*overdue);
        }
    });
}

bool Delivery::idle() const {
    return window_.count() == 0 && outbox_.count(Lane::kUrgent) == 0 && outbox_.count(Lane::kEvent) == 0 &&
           outbox_.count(Lane::kLive) == 0;
}

std::map<std::string, Duration> Delivery::silences() const {
    return unconfirmed_.silences(clock_->now());
}

void Delivery::count(PublisherStatus& status) const {
    status.in_flight = window_.count();
    status.events_waiting = outbox_.count(Lane::kUrgent) + outbox_.count(Lane::kEvent);
    status.telemetry_waiting = outbox_.count(Lane::kLive) + outbox_.count(Lane::kSlow);
    status.published = published_;
    status.acknowledged = acknowledged_;
    status.refused = refused_;
    Unconfirmed::Silence silence = unconfirmed_.silent(clock_->now());
    status.silent_consumer = std::move(silence.consumer);
    status.consumer_silent = silence.lasts;
}

}  // namespace gengfu::publish
