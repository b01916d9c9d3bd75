#include "daemon/store/store.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/store/worker.hpp"

namespace gengfu::store {
namespace {

/// Memory and time that the events after a lost checkpoint may take at a start.
constexpr std::size_t kMostStateBytes = 16U << 20U;
/// Room for both copies of state.db, a log each and one part of telemetry; below it nothing sensible fits.
constexpr std::uint64_t kLeastLimit = 8ULL << 20U;

class SqliteStore final : public Store {
public:
    SqliteStore(std::unique_ptr<Folder> folder, Options options, Epoch epoch, std::uint64_t start)
        : folder_(std::move(folder)), options_(std::move(options)), inbox_(epoch, start), start_(start) {}

    ~SqliteStore() override {
        inbox_.close();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    void begin(Ledger ledger, EventLog events, TelemetryLog telemetry, const Clock& clock) {
        worker_.emplace(Parts{*folder_, std::move(ledger), std::move(events), std::move(telemetry)}, options_,
                        clock, start_, inbox_, board_);
        worker_->declare_lost();
        thread_ = std::thread([this] {
            worker_->run();
            Result<void> outcome = worker_->outcome();
            worker_.reset();  // the handles are this thread's
            folder_.reset();  // from here on another daemon may have it
            const std::lock_guard lock(ended_mutex_);
            outcome_ = std::move(outcome);
            ended_ = true;
            ended_changed_.notify_all();
        });
    }

    void commit_event(Record record, std::string state, Done done) override {
        EventLog::Waiting event{0, std::move(record), std::move(state), std::move(done)};
        if (Result<void> pushed = inbox_.push(event); !pushed && event.done) {
            event.done(std::move(pushed));
        }
    }

    Result<void> append_telemetry(Record record) override { return inbox_.push(std::move(record)); }

    void save_book(std::string book) override { inbox_.push(SaveBook{std::move(book)}); }

    void save_configuration(std::string packed, Done done) override {
        refuse(inbox_.push(SaveConfiguration{std::move(packed), std::move(done)}));
    }

    void confirm(const std::string& consumer, Epoch epoch, Stream stream,
                 std::vector<SequenceRange> ranges) override {
        inbox_.push(Confirm{consumer, epoch, stream, std::move(ranges)});
    }

    void declared(Loss loss) override { inbox_.push(Declared{std::move(loss)}); }

    void pending(Stream stream, std::optional<Identity> after, std::size_t limit,
                 std::function<void(Result<Pending>)> found) override {
        refuse(inbox_.push(Query{stream, after, limit, std::move(found)}));
    }

    void history(Epoch epoch, Stream stream, SequenceRange range, std::size_t limit,
                 std::function<void(Result<Pending>)> found) override {
        refuse(inbox_.push(HistoryQuery{epoch, stream, range, limit, std::move(found)}));
    }

    void held(std::function<void(Result<std::vector<StreamRanges>>)> found) override {
        refuse(inbox_.push(HeldQuery{std::move(found)}));
    }

    Usage usage() const override { return board_.get(); }

    Result<void> close(Monotonic deadline) override {
        inbox_.close();
        std::unique_lock lock(ended_mutex_);
        if (!ended_changed_.wait_until(lock, deadline, [this] { return ended_; })) {
            return fail(Errc::kTimeout,
                        fmt::format("store {}: the disk takes too long to close", options_.path));
        }
        return outcome_;
    }

private:
    // The answer to a task for which there was no room.
    static void refuse(std::optional<Task> task) {
        if (!task) {
            return;
        }
        auto full = fail(Errc::kFull, "store: closing, or its queue is full");
        if (auto* save = std::get_if<SaveConfiguration>(&*task); save != nullptr && save->done) {
            save->done(full);
        }
        if (auto* query = std::get_if<Query>(&*task); query != nullptr && query->found) {
            query->found(full);
        }
        if (auto* query = std::get_if<HistoryQuery>(&*task); query != nullptr && query->found) {
            query->found(full);
        }
        if (auto* query = std::get_if<HeldQuery>(&*task); query != nullptr && query->found) {
            query->found(full);
        }
    }

    std::unique_ptr<Folder> folder_;
    Options options_;
    Inbox inbox_;
    Board board_;
    std::uint64_t start_;
    std::optional<Worker> worker_;
    std::thread thread_;
    std::mutex ended_mutex_;
    std::condition_variable ended_changed_;
    Result<void> outcome_;
    bool ended_ = false;
};

Result<Epoch> draw_epoch(const Ledger& ledger) {
    for (;;) {
        Epoch epoch;
        if (::getrandom(&epoch.value, sizeof epoch.value, 0) != static_cast<ssize_t>(sizeof epoch.value)) {
            return fail(Errc::kIo, "the kernel gives no random numbers");
        }
        if (epoch.value != 0 && !ledger.start_of(epoch)) {
            return epoch;
        }
    }
}

Result<std::vector<std::string>> later_events(EventLog& events, Key covered,
                                              std::vector<std::string>& troubles) {
    Result<RecordFile::States> later = events.states_after(covered, kMostStateBytes);
    if (!later && later.error().code == Errc::kCorrupt) {
        const Error why = later.error();
        if (Result<void> replaced = events.replace(why, troubles); !replaced) {
            return pass(replaced);
        }
        return std::vector<std::string>{};
    }
    if (!later) {
        return pass(later);
    }
    if (!later->damaged.empty()) {
        troubles.push_back(
            fmt::format("events.db: {} events do not fit their checksum", later->damaged.size()));
    }
    if (later->cut) {
        troubles.emplace_back(
            "events.db: more events after the checkpoint than can be taken up; the newest were");
    }
    return std::move(later->states);
}

Result<void> check(const Options& options) {
    if (options.consumers.empty()) {
        return fail(Errc::kInvalid, "store: no consumer is named whose confirmation releases a record");
    }
    if (options.size_limit_bytes < kLeastLimit) {
        return fail(Errc::kInvalid, fmt::format("store: size limit of {} bytes is below {}",
                                                options.size_limit_bytes, kLeastLimit));
    }
    return {};
}

struct Found {
    Ledger ledger;
    EventLog events;
    TelemetryLog telemetry;
};

Result<Found> read_files(const Folder& folder, const Options& options, const Clock& clock,
                         std::vector<std::string>& troubles) {
    Result<State> state = State::open(folder, troubles);
    if (!state) {
        return pass(state);
    }
    Ledger ledger = Ledger::read(std::move(*state), options.consumers, troubles);
    Result<EventLog> events = EventLog::open(folder, troubles);
    if (!events) {
        return pass(events);
    }
    Result<TelemetryLog> telemetry =
        TelemetryLog::open(folder, clock.wall(), part_limit(options.size_limit_bytes), troubles);
    if (!telemetry) {
        return pass(telemetry);
    }
    for (const auto* epochs : {&events->epochs(), &telemetry->epochs()}) {
        for (const auto& [start, epoch] : *epochs) {
            ledger.learn(start, epoch);
        }
    }
    return Found{std::move(ledger), std::move(*events), std::move(*telemetry)};
}

// On a full disk the oldest telemetry file goes: a start that does not last is worth less.
Result<void> make_room(Found& found) {
    Result<std::vector<Span>> held = found.telemetry.drop(0);
    if (!held) {
        return pass(held);
    }
    for (const Span& span : *held) {
        found.ledger.abandon({span.start, Stream::kTelemetry}, {span.first, span.last}, kDiskFull);
    }
    return found.ledger.write_both();
}

std::uint64_t last_event(const Found& found, std::uint64_t start) {
    std::uint64_t last = 0;
    if (const auto held = found.events.extents().find(start); held != found.events.extents().end()) {
        last = held->second.last;
    }
    const std::vector<SequenceRange>& released =
        found.ledger.progress().released({start, Stream::kEvent}).ranges();
    if (!released.empty()) {
        last = std::max(last, released.back().last);
    }
    if (start_of(found.ledger.covered()) == start) {
        last = std::max(last, sequence_of(found.ledger.covered()));
    }
    return last;
}

std::uint64_t last_telemetry(const Found& found, std::uint64_t start) {
    std::uint64_t last = 0;
    if (const auto held = found.telemetry.extents().find(start); held != found.telemetry.extents().end()) {
        last = held->second.last;
    }
    for (const RangeSet* known : {&found.ledger.progress().released({start, Stream::kTelemetry}),
                                  &found.ledger.abandoned({start, Stream::kTelemetry})}) {
        if (!known->empty()) {
            last = std::max(last, known->ranges().back().last);
        }
    }
    return last;
}

// The new epoch and number, on disk before anything can be published under them.
Result<void> begin_run(Found& found, const Options& options, const Clock& clock, Start& start) {
    Ledger& ledger = found.ledger;
    start.epochs = ledger.epochs();
    for (KnownEpoch& known : start.epochs) {
        known.last_event = last_event(found, known.start);
    }
    if (const std::uint64_t before = ledger.newest_start(); before != 0) {
        ledger.end_run({before, Stream::kEvent}, last_event(found, before));
        ledger.end_run({before, Stream::kTelemetry}, last_telemetry(found, before));
    }
    start.abandoned = ledger.abandoned();
    for (const Extents* extents : {&found.events.extents(), &found.telemetry.extents()}) {
        if (!extents->empty()) {
            const std::uint64_t oldest = extents->begin()->first;
            start.oldest_held = start.oldest_held == 0 ? oldest : std::min(start.oldest_held, oldest);
        }
    }
    start.records_abandoned = ledger.records_abandoned();
    // What comes from the broker may be anything, and must not keep a gateway from starting.
    const std::uint64_t above = options.start_above < kMaxStart ? options.start_above : 0;
    start.number = std::max(ledger.newest_start(), above) + 1;
    if (start.number > kMaxStart) {
        return fail(Errc::kInvalid,
                    fmt::format("store: start number {} is above {}", start.number, kMaxStart));
    }
    Result<Epoch> epoch = draw_epoch(ledger);
    if (!epoch) {
        return pass(epoch);
    }
    start.epoch = *epoch;
    ledger.begin_run(start.number, start.epoch, clock.wall());
    kill_point("start-before-epoch");
    Result<void> written = ledger.write_both();
    kill_point("start-after-epoch");
    if (!written && written.error().code == Errc::kFull && !found.telemetry.files().empty()) {
        written = make_room(found);
    }
    // Alarms go out with a full, failing or read-only disk too: the worker tries at once again, says what is
    // wrong, and when it is over. The epoch is random, so that identities do not repeat even if the next
    // start takes the same number.
    return {};
}

}  // namespace

Result<Opened> open(const Options& options, const Clock& clock) {
    if (Result<void> good = check(options); !good) {
        return pass(good);
    }
    Result<Folder> folder = Folder::open(options.path);
    if (!folder) {
        return pass(folder);
    }
    Opened opened;
    // The parts keep the address of the folder: it gets its last place first.
    auto kept = std::make_unique<Folder>(std::move(*folder));
    Result<Found> found = read_files(*kept, options, clock, opened.start.troubles);
    if (!found) {
        return pass(found);
    }
    kill_point("start-read");
    Start& start = opened.start;
    start.book = found->ledger.take_book();
    start.configuration = found->ledger.take_configuration();
    Result<std::vector<std::string>> later =
        later_events(found->events, found->ledger.covered(), start.troubles);
    if (!later) {
        return pass(later);
    }
    start.later_events = std::move(*later);
    if (Result<void> begun = begin_run(*found, options, clock, start); !begun) {
        return pass(begun);
    }
    auto store = std::make_unique<SqliteStore>(std::move(kept), options, start.epoch, start.number);
    store->begin(std::move(found->ledger), std::move(found->events), std::move(found->telemetry), clock);
    opened.store = std::move(store);
    return opened;
}

}  // namespace gengfu::store
