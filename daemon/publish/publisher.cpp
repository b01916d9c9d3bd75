#include "daemon/publish/publisher.hpp"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

#include "daemon/publish/publisher_impl.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace {

// Text gathered before a batch is sent without waiting for its linger.
constexpr std::size_t kBatchText = 4096;
// Room for a fix a minute through a month and a half in one start; start numbers have 25 bits.
constexpr unsigned kFixBits = 16;
// The first batch of a run gathers no longer than this: who waits for a gateway to come back sees it at work.
constexpr Duration kFirstLinger = std::chrono::milliseconds(100);

}  // namespace

v1::CatalogueChange catalogue_part(const std::string& bytes) {
    v1::CatalogueChange part;
    [[maybe_unused]] const bool read = part.ParseFromString(bytes);
    assert(read);  // they were written by keep_catalogue()
    return part;
}

Publisher::Impl::Impl(boost::asio::any_io_executor core, const config::Site& site, Run run,
                      store::Store& store, const Clock& clock, Questions questions, SessionMaker make,
                      Tuning tuning)
    : core_(std::move(core)),
      site_(&site),
      run_(std::move(run)),
      store_(&store),
      clock_(&clock),
      questions_(std::move(questions)),
      make_(std::move(make)),
      tuning_(tuning),
      topics_(site),
      encoder_(run_, site.mqtt.encoding, clock),
      filter_(site),
      aggregation_(site),
      batch_({}),
      line_(tuning.volatile_after),
      commands_([this](const PlatformCommand& command, Commands::Done done) {
          carry_out(command, std::move(done));
      }),
      linger_timer_(core_),
      event_timer_(core_),
      heartbeat_timer_(core_),
      listing_timer_(core_),
      stop_timer_(core_),
      history_timer_(core_),
      denied_timer_(core_) {
    // protobuf would write a line to standard error for each message that somebody else garbled.
    google::protobuf::SetLogHandler(nullptr);
    for (const store::KnownEpoch& known : run_.known_epochs) {
        known_epochs_[known.epoch] = known.start <= run_.complete_start ? 0 : known.last_event;
    }
    known_epochs_[run_.epoch] = 0;
    commands_.restore(run_.commands);
    aliases = std::move(run_.aliases);
    extend(aliases, site);
    keep_catalogue(build_catalogue(site, aliases, site.mqtt.encoding));
    batch_ = BatchEncoder(point_codings(site, aliases));
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        const PointId id{i};
        points_by_name_[{site.device(site.point(id).device).name, site.spec(id).name}] = id;
    }
    delivery_ = std::make_shared<Delivery>(core_, store, clock, topics_, run_.epoch, site.mqtt.max_rate,
                                           site.mqtt.confirm, run_.silences, tuning_, hooks());
}

void Publisher::Impl::start() {
    record_catalogue();
    if (site_->mqtt.brokers.empty()) {
        trouble_ = "no broker is configured";
        say_listed();
        return;
    }
    session_ = make_(site_->mqtt, site_->gateway.id, Will{topics_.state, encoder_.offline()}, callbacks());
    trouble_ = "connecting for the first time";
    session_->start();
}

// The catalogue is an event like others, so that consumers without retained messages get it, and in its
// place.
void Publisher::Impl::record_catalogue() {
    if (run_.catalogue_hash != hash_of_site_) {
        for (const std::string& bytes : catalogue_parts) {
            store::Record record = encoder_.catalogue(next_event, catalogue_part(bytes));
            ++next_event;
            commit(std::move(record), {}, std::nullopt);
        }
    }
    catalogue_hash = hash_of_site_;
}

void Publisher::Impl::keep_catalogue(const Catalogue& built) {
    hash_of_site_ = built.hash;
    catalogue_parts.reserve(built.parts.size());
    for (const v1::CatalogueChange& part : built.parts) {
        catalogue_parts.push_back(part.SerializeAsString());
    }
}

void Publisher::Impl::commit(store::Record record, std::string state, std::optional<AlarmUpdate> update) {
    const std::uint64_t sequence = record.identity.sequence;
    line_.add(record, std::move(update), clock_->now());
    store_->commit_event(std::move(record), std::move(state),
                         [weak = weak_from_this(), core = core_, sequence](Result<void> result) {
                             boost::asio::post(core, [weak, sequence, result = std::move(result)] {
                                 if (const auto self = weak.lock()) {
                                     self->committed(sequence, result);
                                 }
                             });
                         });
    move_events();
}

void Publisher::Impl::committed(std::uint64_t sequence, const Result<void>& result) {
    if (result) {
        line_.committed(sequence);
        declaration_committed(sequence);
        delivery_->stored({run_.epoch, Stream::kEvent, sequence});
    } else {
        line_.failed(sequence);
        if (told_.insert("store").second) {
            const std::string number = std::to_string(sequence);
            notice(Notice::kWarning,
                   "事件 " + number + " 未能写入磁盘,将以 volatile 标记发布: " + result.error().what,
                   "event " + number + " is not on disk and goes out as volatile: " + result.error().what);
        }
    }
    move_events();
    settle(sequence);
}

void Publisher::Impl::move_events() {
    if (stage_ == Stage::kStopped) {
        return;
    }
    if (!granted_) {
        line_.leave_to_store();
        return;
    }
    for (EventLine::Ready& ready : line_.take(clock_->now())) {
        delivery_->event(ready.record, ready.is_volatile);
        if (ready.update) {
            if (!ready.update->payload) {
                ready.update->payload = standing_payloads()[ready.update->topic];
            }
            delivery_->send({.lane = Lane::kUrgent,
                             .topic = std::move(ready.update->topic),
                             .payload = std::move(*ready.update->payload),
                             .retain = Retain::kYes});
        }
    }
    if (const std::optional<Monotonic> deadline = line_.deadline()) {
        event_timer_.after(*deadline - clock_->now(), [this] { move_events(); });
    } else {
        event_timer_.cancel();
    }
}

void Publisher::Impl::event(const alarms::Transition& transition, std::function<void()> settled) {
    assert(transition.sequence == next_event);
    const alarms::Alarm& alarm = transition.alarm;
    store::Record record = encoder_.transition(next_event, transition);
    ++next_event;
    AlarmUpdate update{topics_.alarm(alarm.component.place.grid, alarm.id),
                       alarm.over() ? std::string() : encoder_.alarm(alarm)};
    report_around(transition);
    if (settled) {
        when_settled(transition.sequence, std::move(settled));
    }
    commit(std::move(record), encode_alarm(alarm), std::move(update));
}

void Publisher::Impl::audit(const std::string& what, const alarms::Actor& actor, const config::Text& text,
                            std::function<void()> settled) {
    audit({.what = what, .actor = actor, .text = text}, {}, std::move(settled));
}

void Publisher::Impl::clock_fix(std::int64_t wall_of_zero_us, std::uint64_t uncertainty_us) {
    // Above those of every earlier start, without anything being stored: starts count up.
    const std::uint64_t version = (run_.start << kFixBits) + ++clock_fixes_;
    store::Record record = encoder_.clock_fix(next_event, {version, wall_of_zero_us, uncertainty_us});
    ++next_event;
    commit(std::move(record), {}, std::nullopt);
}

void Publisher::Impl::audit(const alarms::Audit& audit, std::string left_behind,
                            std::function<void()> settled) {
    store::Record record = encoder_.audit(next_event, audit);
    const std::uint64_t sequence = next_event++;
    if (settled) {
        when_settled(sequence, std::move(settled));
    }
    commit(std::move(record), std::move(left_behind), std::nullopt);
}

void Publisher::Impl::when_settled(std::uint64_t sequence, std::function<void()> then) {
    const auto waiter = waiters_.emplace(sequence, Waiter{std::move(then), std::make_unique<Timer>(core_)});
    waiter->second.timer->after(tuning_.volatile_after, [this, sequence] { settle(sequence); });
}

void Publisher::Impl::settle(std::uint64_t sequence) {
    for (auto waiter = waiters_.extract(sequence); !waiter.empty(); waiter = waiters_.extract(sequence)) {
        waiter.mapped().then();
    }
}

void Publisher::Impl::report_around(const alarms::Transition& transition) {
    std::set<std::string> names{transition.alarm.key.point};  // empty: a rule of the whole device
    for (const alarms::SampleAround& sample : transition.around) {
        if (!sample.point.empty()) {
            names.insert(sample.point);
        }
    }
    for (const std::string& name : names) {
        const auto point = points_by_name_.find({transition.alarm.key.device, name});
        if (point == points_by_name_.end()) {
            continue;
        }
        if (const std::optional<Sample> held = filter_.around(point->second, clock_->now())) {
            batch_.add(*held);  // goes with the next samples
        }
    }
}

void Publisher::Impl::samples(const std::vector<Sample>& samples) {
    windows_.clear();
    for (const Sample& sample : samples) {
        aggregation_.add(sample, windows_);
        if (filter_.admit(sample)) {
            gather(sample);
        }
    }
    for (const Sample& sample : windows_) {
        gather(sample);
    }
    if (batch_.empty()) {
        return;
    }
    const bool first = next_telemetry_ == 1;
    const Duration linger = first ? std::min(site_->mqtt.linger, kFirstLinger) : site_->mqtt.linger;
    if (linger <= Duration::zero()) {
        send_batch();
    } else if (!linger_timer_.armed()) {
        linger_timer_.after(linger, [this] { send_batch(); });
    }
}

void Publisher::Impl::gather(const Sample& sample) {
    batch_.add(sample);
    if (batch_.size() >= tuning_.batch_samples || batch_.text_bytes() >= kBatchText) {
        send_batch();
    }
}

void Publisher::Impl::send_batch() {
    linger_timer_.cancel();
    if (batch_.empty() || stage_ == Stage::kStopped) {
        return;
    }
    store::Record record = encoder_.batch(next_telemetry_, catalogue_hash, batch_);
    ++next_telemetry_;
    // What its full queue refuses, the store counts as abandoned; it may still go out live.
    static_cast<void>(store_->append_telemetry(record));
    delivery_->live(record);
}

void Publisher::Impl::stop(Duration grace, std::function<void()> done) {
    stopped_ = std::move(done);
    windows_.clear();
    aggregation_.finish(windows_);
    for (const Sample& sample : windows_) {
        gather(sample);
    }
    send_batch();
    heartbeat_timer_.cancel();
    if (!granted_) {
        finish_stop();
        return;
    }
    stage_ = Stage::kDraining;
    stop_timer_.after(grace, [this] { finish_stop(); });
    if (delivery_->idle()) {
        on_idle();
    }
}

void Publisher::Impl::finish_stop() {
    if (stage_ != Stage::kStopped) {
        abandon();
    }
    if (leaving_) {
        boost::asio::post(core_,
                          [done = std::exchange(leaving_, nullptr), count = emptied_] { done(count); });
    }
    if (stopped_) {
        boost::asio::post(core_, std::exchange(stopped_, nullptr));
    }
}

void Publisher::Impl::abandon() {
    stage_ = Stage::kStopped;
    granted_.reset();
    waiters_.clear();
    if (session_) {
        session_->stop();
    }
    delivery_->lost();
    delivery_->note_confirmed();
    for (Timer* timer : {&linger_timer_, &event_timer_, &heartbeat_timer_, &listing_timer_, &stop_timer_,
                         &history_timer_, &denied_timer_}) {
        timer->cancel();
    }
}

PublisherStatus Publisher::Impl::status() const {
    PublisherStatus out;
    out.connected = granted_.has_value();
    if (granted_) {
        const config::Broker& broker = granted_->broker;
        out.broker = (broker.tls ? "mqtts://" : "mqtt://") + broker.host + ":" + std::to_string(broker.port) +
                     (granted_->mqtt5 ? " (MQTT 5)" : " (MQTT 3.1.1)");
    }
    out.trouble = trouble_;
    out.denied = denied_ && clock_->now() - *denied_ < 2 * std::max(tuning_.retry_refused, denied_pause_);
    delivery_->count(out);
    out.events_waiting += line_.size();
    out.telemetry_waiting += batch_.empty() ? 0 : 1;
    return out;
}

void Publisher::Impl::notice(Notice kind, const std::string& zh, const std::string& en) {
    if (questions_.notice) {
        questions_.notice(kind, site_->gateway.language == "zh" ? zh : en);
    }
}

Publisher::Publisher(boost::asio::any_io_executor core, const config::Site& site, Run run,
                     store::Store& store, const Clock& clock, Questions questions, SessionMaker make,
                     Tuning tuning)
    : impl_(std::make_shared<Impl>(std::move(core), site, std::move(run), store, clock, std::move(questions),
                                   std::move(make), tuning)) {}

Publisher::~Publisher() {
    impl_->abandon();
}

void Publisher::start() {
    impl_->start();
}
void Publisher::stop(Duration grace, std::function<void()> done) {
    impl_->stop(grace, std::move(done));
}
void Publisher::decommission(std::function<void(Result<std::size_t>)> done) {
    impl_->decommission(std::move(done));
}
std::uint64_t Publisher::next_event_sequence() const {
    return impl_->next_event;
}
void Publisher::event(const alarms::Transition& transition, std::function<void()> settled) {
    impl_->event(transition, std::move(settled));
}
void Publisher::audit(const std::string& what, const alarms::Actor& actor, const config::Text& text,
                      std::function<void()> settled) {
    impl_->audit(what, actor, text, std::move(settled));
}
void Publisher::clock_fix(std::int64_t wall_of_zero_us, std::uint64_t uncertainty_us) {
    impl_->clock_fix(wall_of_zero_us, uncertainty_us);
}
void Publisher::audit(const alarms::Audit& audit, std::string left_behind, std::function<void()> settled) {
    impl_->audit(audit, std::move(left_behind), std::move(settled));
}
void Publisher::samples(const std::vector<Sample>& samples) {
    impl_->samples(samples);
}
void Publisher::declare(const store::Loss& loss) {
    impl_->declare(loss);
}
PublisherStatus Publisher::status() const {
    return impl_->status();
}
const Aliases& Publisher::aliases() const {
    return impl_->aliases;
}
const std::string& Publisher::catalogue_hash() const {
    return impl_->catalogue_hash;
}
std::vector<AnsweredCommand> Publisher::answered_commands() const {
    return impl_->answered_commands();
}
std::map<std::string, Duration> Publisher::silences() const {
    return impl_->silences();
}
std::vector<std::string> Publisher::catalogue_parts() const {
    return impl_->catalogue_parts;
}

}  // namespace gengfu::publish
