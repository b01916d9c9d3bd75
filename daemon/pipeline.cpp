#include "daemon/pipeline.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/alarms/memory.hpp"
#include "daemon/control/notify.hpp"
#include "daemon/core/log.hpp"
#include "daemon/publish/alarm_codec.hpp"
#include "drivers/bus.hpp"

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// Batches waiting for core. At a thousand reads a second this is four seconds of a core that does not come
/// round.
constexpr std::size_t kInboxBatches = 4096;
/// Core looks into its inbox at most this often. A bus that answers fast would wake it for every device,
/// which costs both threads more than all that is done with what came; a line at 9600 baud never notices.
constexpr auto kDrainPace = std::chrono::microseconds(500);
/// After a change of the alarm book it is saved within this; events carry the state until then.
constexpr auto kBookDelay = std::chrono::seconds(1);
/// Lines and a store that come and go are logged once per change, looked at this often.
constexpr auto kNotePace = std::chrono::seconds(1);
/// So many looks apart is judged what nothing is new about.
constexpr unsigned kLooksPerStoreSample = 5;
/// How long verdicts of a start wait for what the broker retains.
constexpr auto kHold = std::chrono::seconds(1);
/// How far a checkpoint may lie back while flags of alarms have an end: what runs beyond it before a power
/// cut is told by the wall clock.
constexpr auto kBookAge = std::chrono::minutes(5);
constexpr auto kStopGrace = std::chrono::seconds(3);
constexpr auto kCloseGrace = std::chrono::seconds(5);

}  // namespace

Pipeline::Pipeline(asio::io_context& core, Prepared prepared, const Clock& clock, std::string version)
    : core_(core),
      site_(std::move(prepared.site)),
      configuration_hash_(std::move(prepared.configuration_hash)),
      configuration_trouble_(std::move(prepared.configuration_trouble)),
      store_(std::move(prepared.opened.store)),
      start_(std::move(prepared.opened.start)),
      store_news_(std::move(prepared.store_news)),
      clock_(clock),
      version_(std::move(version)),
      started_(clock.now()),
      inbox_(kInboxBatches),
      judge_(site_),
      learning_(core, judge_, site_.store.path),
      table_(start_.epoch, site_),
      causes_(site_, started_),
      surroundings_(site_),
      actions_(site_),
      signs_(site_, started_),
      told_health_(site_.devices.size(), sampling::Health::kUnknown),
      store_watch_(start_.troubles, started_),
      drain_timer_(core),
      silence_timer_(core),
      self_timer_(core),
      book_timer_(core),
      watchdog_timer_(core),
      note_timer_(core),
      hold_timer_(core),
      console_timer_(core),
      release_timer_(core) {
    start_above_ = prepared.start_above;
}

Pipeline::~Pipeline() = default;

alarms::Stamp Pipeline::stamp() const {
    const Moment now = clock_.moment();
    return {clock_.boot(),
            std::chrono::duration_cast<std::chrono::microseconds>(now.monotonic.time_since_epoch()).count(),
            now.wall};
}

Result<void> Pipeline::start() {
    Result<void> restored = restore();
    if (!restored) {
        return restored;
    }
    Result<void> working = start_workers();
    if (!working) {
        return working;
    }
    hold_verdicts();
    publisher_->start();
    start_clock_watch();
    keep_catalogue();
    table_.carry_over(last_book_, stamp());
    for (const AlarmId orphan : table_.orphans()) {
        if (const auto removed = table_.remove(orphan, stamp(), publisher_->next_event_sequence())) {
            transition(*removed);
        }
    }
    begin_causes();
    remember_namesake();
    judge_.restore(alarms::memory_from(table_.standing(), saved_memory_, site_), clock_.now());
    saved_memory_.clear();
    learned_.teach(judge_, std::exchange(saved_learned_, {}), clock_.now());
    teach_calibrations();
    tell_time();
    learning_.recall();
    learning_.start();
    settle_alarms();
    begin_actions();
    save_book();
    desk_ = desk();
    Result<std::unique_ptr<control::Server>> server = control::Server::open(
        core_.get_executor(), control::socket_path(site_.store.path),
        [this](const std::string& line, const control::Peer& peer, const control::Reply& reply) {
            control::answer(desk_, line, peer, reply);
        });
    if (!server && server.error().code != Errc::kFull) {
        return pass(server);
    }
    if (server) {
        server_ = std::move(*server);
    } else {  // alarms go out without it
        log::error("控制套接字无处可放,`gengfu` 命令不可用,其余照常:" + server.error().what,
                   "there is no place for the control socket: `gengfu` finds no daemon, all else goes on: " +
                       server.error().what);
    }
    open_console();
    for (const auto& worker : workers_) {
        if (worker) {
            worker->start();
        }
    }
    act();
    look_at_self();
    watch_silence();
    note_later();
    keep_watchdog_fed();
    return {};
}

Result<void> Pipeline::restore() {
    Result<publish::Book> book = start_.book.empty() ? publish::Book{} : publish::decode_book(start_.book);
    if (!book) {
        return pass(book);
    }
    for (alarms::Alarm& alarm : book->alarms) {
        table_.restore(std::move(alarm));
    }
    for (auto& [device, hold] : book->services) {
        table_.service().restore(device, std::move(hold));
    }
    for (const std::string& state : start_.later_events) {
        Result<publish::LeftBehind> left = publish::decode_left_behind(state);
        if (!left) {
            return pass(left);
        }
        if (left->alarm) {
            table_.restore(std::move(*left->alarm));
        }
        if (left->service) {
            table_.service().restore(left->service->device, std::move(left->service->hold));
        }
        if (!left->learned.empty()) {
            calibrations_.push_back(std::move(left->learned));
        }
    }
    last_book_ = book->as_of;
    saved_outputs_ = std::move(book->outputs);
    saved_memory_ = std::move(book->memory);
    undated_boot_ = book->undated_boot;
    saved_learned_ = std::move(book->learned);
    if (Result<TimeZone> zone = TimeZone::load(site_.gateway.time_zone)) {
        zone_ = std::move(*zone);
    } else {
        log::warning("时区无法读取,按时段的规则全天有效:" + zone.error().what,
                     "rules with a schedule hold all day: " + zone.error().what);
    }
    publish::Run run{.gateway = site_.gateway.id,
                     .epoch = start_.epoch,
                     .start = start_.number,
                     .software = "gengfu " + version_,
                     .configuration_hash = configuration_hash_,
                     .aliases = std::move(book->aliases),
                     .catalogue_hash = std::move(book->catalogue_hash),
                     .known_epochs = start_.epochs,
                     .commands = std::move(book->commands)};
    publisher_ = std::make_unique<publish::Publisher>(core_.get_executor(), site_, std::move(run), *store_,
                                                      clock_, questions());
    return {};
}

Result<void> Pipeline::start_workers() {
    for (std::uint32_t i = 0; i < site_.buses.size(); ++i) {
        line_trouble_.push_back(sampling::LineTrouble::kNone);
        lent_until_.emplace_back();
        if (config::is_self(site_.buses[i])) {
            workers_.push_back(nullptr);
            continue;
        }
        Result<std::unique_ptr<drivers::Bus>> bus = drivers::make_bus(site_.buses[i], clock_);
        if (!bus) {
            return pass(bus);
        }
        workers_.push_back(std::make_unique<sampling::BusWorker>(
            site_, BusId{i}, std::move(*bus), clock_, [this](sampling::Batch batch) {
                if (inbox_.put(std::move(batch))) {
                    asio::post(core_, [this] { drain_paced(); });
                }
            }));
    }
    return {};
}

/// The first that comes goes on at once. What comes right after it waits, and more may join it.
void Pipeline::drain_paced() {
    if (std::chrono::steady_clock::now() >= drain_not_before_) {
        drain();
        return;
    }
    drain_timer_.expires_at(drain_not_before_);
    drain_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            drain();
        }
    });
}

void Pipeline::drain() {
    drain_not_before_ = std::chrono::steady_clock::now() + kDrainPace;
    for (const sampling::Batch& batch : inbox_.take()) {
        signs_.brought(batch.bus, clock_.now());
        judge(batch.samples);
        publisher_->samples(batch.samples);
        for (const sampling::HealthChange& change : batch.health) {
            note_health(change);
        }
    }
    watch_silence();
}

void Pipeline::judge(const std::vector<Sample>& samples) {
    verdicts_.clear();
    for (const Sample& sample : samples) {
        causes_.observe(sample);
        surroundings_.observe(sample);
        judge_.observe(sample, verdicts_);
    }
    apply(verdicts_);
}

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
    if (!table_.take_up(std::move(alarm))) {
        return false;
    }
    const alarms::Alarm* found = table_.find(id);
    for (const rules::RuleMemory& memory : alarms::memory_from({found}, {}, site_)) {
        judge_.take_up(memory);
    }
    actions_.observe(*found, stamp());
    save_book();  // no event will say it
    act();
    const std::string where = found->key.device + (found->key.point.empty() ? "" : "/" + found->key.point);
    log::info("从服务器取回告警 " + where + ":" + found->texts->title.zh,
              "alarm " + where + ": " + found->texts->title.en +
                  "; it was lost by the crash of an earlier start and is taken up again from the broker");
    return true;
}

void Pipeline::apply(const std::vector<rules::Verdict>& verdicts) {
    if (holding_) {
        held_.insert(held_.end(), verdicts.begin(), verdicts.end());
        return;
    }
    if (finds_silence(verdicts)) {
        // What silences many is told before what it silences.
        look_at_causes(alarms::CauseWatch::Patience::kSuspicion);
    }
    bool any = false;
    for (const rules::Verdict& verdict : verdicts) {
        if (is_of_lent_line(verdict)) {
            continue;
        }
        if (const auto changed = table_.apply(verdict, stamp(), publisher_->next_event_sequence())) {
            transition(*changed);
            any = true;
        }
    }
    if (any) {
        settle_alarms();
    }
}

/// Whoever borrows a line makes all its sensors silent at once. That is known, and told by its bad samples
/// and the log: the alarms of silence wait until the line is back, and stand then only where a sensor stays
/// silent.
bool Pipeline::is_of_lent_line(const rules::Verdict& verdict) {
    const auto of_same_rule = [&](const rules::Verdict& held) { return held.rule == verdict.rule; };
    const auto held = std::find_if(silences_.begin(), silences_.end(), of_same_rule);
    const config::Rule& rule = site_.rules[verdict.rule.value];
    if (verdict.change == rules::Change::kCleared && held != silences_.end()) {
        silences_.erase(held);
        return true;
    }
    const bool lent = clock_.now() < lent_until_[site_.device(rule.device).bus.value];
    if (!lent || rule.kind != config::RuleKind::kSilent || verdict.change != rules::Change::kRaised) {
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
        const config::Rule& rule = site_.rules[each->rule.value];
        if (clock_.now() < lent_until_[site_.device(rule.device).bus.value]) {
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

void Pipeline::configuration_trouble(const std::string& why) {
    configuration_trouble_ = why;
    desk_.configuration_trouble = why;
    look_at_self();
}

void Pipeline::note_store() {
    for (const std::string& words : store_news_->words.take()) {
        log::warning("存储:" + words, "store: " + words);
    }
    for (const store::Loss& loss : store_news_->losses.take()) {
        publisher_->declare(loss);
    }
    const bool news = store_watch_.look(store_->usage(), clock_.now());
    if (news || ++store_looks_ % kLooksPerStoreSample == 0) {
        judge_own(store_samples(clock_.now()));
    }
}

void Pipeline::save_book_soon() {
    // Never later than it was to be: alarms that come one after the other would put it off for ever.
    if (book_timer_.expiry() <= boost::asio::steady_timer::clock_type::now() + kBookDelay) {
        return;
    }
    book_timer_.expires_after(kBookDelay);
    book_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            save_book();
        }
    });
}

void Pipeline::save_book() {
    publish::Book book;
    for (const alarms::Alarm* alarm : table_.standing()) {
        book.alarms.push_back(*alarm);
    }
    book.memory = judge_.memory();
    book.learned = learned_.text(judge_, clock_.now(), stopping_);
    book.aliases = publisher_->aliases();
    book.catalogue_hash = publisher_->catalogue_hash();
    book.commands = publisher_->answered_commands();
    book.services = table_.service().all();
    book.outputs = actions_.kept();
    book.undated_boot = undated_boot_;
    std::string bytes = publish::encode_book(book);
    const bool stale = has_timed_flags() && (stopping_ || clock_.now() - book_saved_ >= kBookAge);
    if (bytes != saved_book_ || stale) {
        book.as_of = stamp();
        store_->save_book(publish::encode_book(book));
        saved_book_ = std::move(bytes);
        book_saved_ = clock_.now();
    }
    // Timers go on between alarms; what they have gathered must not be older than this after a power cut.
    if (!stopping_) {
        book_timer_.expires_after(site_.store.flush);
        book_timer_.async_wait([this](boost::system::error_code error) {
            if (!error && !stopping_) {
                save_book();
            }
        });
    }
}

void Pipeline::note_health(const sampling::HealthChange& change) {
    // A unit that loses an answer now and then is counted, not logged: only going and coming back is news.
    sampling::Health& told = told_health_[change.device.value];
    if (change.health == told || change.health == sampling::Health::kDegraded) {
        return;
    }
    told = change.health;
    const std::string& name = site_.device(change.device).name;
    if (change.health == sampling::Health::kOffline) {
        log::warning("设备 " + name + " 无应答", "device " + name + " does not answer");
    } else if (change.health == sampling::Health::kOnline) {
        actions_.back(change.device);
        log::info("设备 " + name + " 在线", "device " + name + " is online");
    }
}

void Pipeline::note_lines() {
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (!workers_[i]) {
            continue;
        }
        const sampling::BusSnapshot seen = workers_[i]->snapshot();
        if (seen.kind == line_trouble_[i]) {
            continue;  // its words may change with every try
        }
        line_trouble_[i] = seen.kind;
        const std::string& name = site_.buses[i].name;
        if (seen.kind == sampling::LineTrouble::kNone) {
            log::info("总线 " + name + " 恢复正常", "bus " + name + " is usable again");
        } else {
            log::warning("总线 " + name + " 不可用:" + seen.trouble,
                         "bus " + name + " is not usable: " + seen.trouble);
        }
    }
}

/// Not at once at the start: a line that is just being opened is no trouble.
void Pipeline::note_later() {
    note_timer_.expires_after(kNotePace);
    note_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            tell_time();
            note_lines();
            look_at_lines();
            release_silences();
            settle_alarms();
            act();
            note_store();
            note_later();
        }
    });
}

/// Every second: a clock that is set, or becomes known, counts at once, for schedules and for rules that
/// learn by the time of day.
void Pipeline::tell_time() {
    const Moment now = clock_.moment();
    judge_.local_time(now.wall && zone_ ? std::optional(zone_->minute_of_week(*now.wall)) : std::nullopt,
                      now.monotonic);
    judge_.know_time(
        now.wall ? std::optional<Duration>(now.wall->time_since_epoch() - now.monotonic.time_since_epoch())
                 : std::nullopt);
}

void Pipeline::keep_watchdog_fed() {
    const std::optional<Duration> pace = control::watchdog_pace();
    if (!pace) {
        return;
    }
    control::notify_alive();
    watchdog_timer_.expires_after(*pace);
    watchdog_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            keep_watchdog_fed();
        }
    });
}

/// Everything but the publisher, the store and the control socket.
void Pipeline::stop_watching() {
    stopping_ = true;
    end_hold();
    if (clock_watch_ != nullptr) {
        clock_watch_->stop();
    }
    for (asio::steady_timer* timer :
         {&drain_timer_, &silence_timer_, &self_timer_, &book_timer_, &note_timer_}) {
        timer->cancel();
    }
    for (const auto& worker : workers_) {
        if (worker) {
            worker->stop();
        }
    }
    drain();
}

void Pipeline::stop(Next next, std::function<void()> done) {
    server_.reset();
    if (next == Next::kEnd) {
        release_actions([this, done = std::move(done)]() mutable { finish(std::move(done)); });
    } else {
        finish(std::move(done));
    }
}

void Pipeline::finish(std::function<void()> done) {
    stop_watching();
    save_book();
    learning_.stop();
    publisher_->stop(kStopGrace, [this, done = std::move(done)] {
        const Result<void> closed = store_->close(clock_.now() + kCloseGrace);
        if (!closed) {
            log::error("存储未能完整关闭:" + closed.error().what,
                       "the store did not close cleanly: " + closed.error().what);
        }
        watchdog_timer_.cancel();
        done();
    });
}

}  // namespace gengfu
