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
      pause_watch_(started_),
      promises_(site_),
      told_health_(site_.devices.size(), sampling::Health::kUnknown),
      told_set_aside_(site_.devices.size()),
      store_watch_(start_.troubles, started_),
      blind_watch_(site_),
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
    follow_renames();
    for (const AlarmId orphan : table_.orphans()) {
        if (const auto removed = table_.remove(orphan, stamp(), publisher_->next_event_sequence())) {
            transition(*removed);
        }
    }
    begin_causes();
    remember_namesake();
    judge_.restore(alarms::memory_from(table_.standing(), saved_memory_, site_), clock_.now());
    saved_memory_.clear();
    tell_service();
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
    table_.restore_over(book->over);
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
            alarms::note_ends(book->outputs, *left->alarm);
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
    complete_start_ = book->complete_start;
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
                     .complete_start = complete_start_,
                     .commands = std::move(book->commands),
                     .silences = {book->silences.begin(), book->silences.end()}};
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
    note_pause();
    for (const sampling::Batch& batch : inbox_.take()) {
        signs_.brought(batch.bus, clock_.now());
        judge(batch.samples);
        look_at_outputs(batch.samples);
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
    if (learned_.has_found_limit(judge_)) {
        save_book_soon();
    }
}

void Pipeline::configuration_trouble(const std::string& why) {
    configuration_trouble_ = why;
    desk_.configuration_trouble = why;
    look_at_self();
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

/// In whole steps, so that a silence alone writes the book to the card every ten minutes and not at each
/// look; at the end to the second, so that a gateway that is restarted each day counts on.
std::map<std::string, std::chrono::seconds> Pipeline::silences_to_keep() const {
    constexpr std::chrono::seconds kStep = std::chrono::minutes(10);
    std::map<std::string, std::chrono::seconds> out;
    for (const auto& [consumer, lasts] : publisher_->silences()) {
        const auto whole = std::chrono::floor<std::chrono::seconds>(lasts);
        const std::chrono::seconds kept = stopping_ ? whole : whole / kStep * kStep;
        if (kept.count() > 0) {
            out.emplace(consumer, kept);
        }
    }
    return out;
}

void Pipeline::save_book() {
    publish::Book book;
    for (const alarms::Alarm* alarm : table_.standing()) {
        book.alarms.push_back(*alarm);
    }
    book.over.assign(table_.over().begin(), table_.over().end());
    book.memory = judge_.memory();
    book.learned = learned_.text(judge_, clock_.now(), stopping_);
    book.aliases = publisher_->aliases();
    book.catalogue_hash = publisher_->catalogue_hash();
    book.commands = publisher_->answered_commands();
    book.services = table_.service().all();
    book.outputs = actions_.kept();
    book.silences = silences_to_keep();
    book.undated_boot = undated_boot_;
    book.complete_start = stopping_ ? start_.number : complete_start_;
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
