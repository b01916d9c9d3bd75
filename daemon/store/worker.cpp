#include "daemon/store/worker.hpp"

#include <chrono>
#include <utility>

#include "daemon/store/schema.hpp"

// The order of work. What is done is in worker_tasks.cpp, what is given up in worker_upkeep.cpp.
namespace gengfu::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kUpkeepEvery = std::chrono::minutes(1);
constexpr Duration kEventProgressWithin = std::chrono::seconds(1);
constexpr Duration kTelemetryProgressWithin = std::chrono::minutes(1);
constexpr auto kMirrorAfter = std::chrono::seconds(10);  // the older copy of state.db follows
constexpr auto kUsageEvery = std::chrono::seconds(1);    // figures for people; a trouble is told at once
constexpr auto kBytesEvery = std::chrono::seconds(10);   // a look at every file, dearer than all the rest
constexpr std::uint64_t kMostLogBytes = 4 * kCheckpointBytes;
constexpr std::size_t kFlushBytes = 256U << 10U;  // memory before time

}  // namespace

Board::Writing::Writing(Board& board) : board_(board) {
    const std::lock_guard lock(board_.mutex_);
    outer_ = !board_.writing_since_;
    if (outer_) {
        board_.writing_since_ = Steady::now();
    }
}

Board::Writing::~Writing() {
    if (!outer_) {
        return;
    }
    const std::lock_guard lock(board_.mutex_);
    const Duration took = Steady::now() - *board_.writing_since_;
    board_.writing_since_.reset();
    if (took > kSlowWrite) {
        ++board_.slow_writes_;
        board_.last_slow_write_ = took;
    }
}

Worker::Worker(Parts parts, const Options& options, const Clock& clock, std::uint64_t start, Inbox& inbox,
               Board& board)
    : parts_(std::move(parts)),
      options_(options),
      clock_(clock),
      start_(start),
      inbox_(inbox),
      board_(board) {
    // What this run writes itself was right when it was written; what earlier ones left is checked.
    scrub_until_ = {key_of(start_, 0), key_of(start_, 0)};
    scrub_due_ = Steady::now() + std::chrono::seconds(1);
    upkeep_due_ = Steady::now();
    if (parts_.ledger.state().changed()) {
        state_due_ = Steady::now();
    }
    publish_usage();
}

void Worker::run() {
    for (;;) {
        if (step()) {
            usage_stale_ = true;
            continue;
        }
        if (usage_stale_ && Steady::now() >= usage_due_) {
            publish_usage();
        }
        if (inbox_.wait(next_due()) == Inbox::Woken::kClosing) {
            break;
        }
    }
    finish();
}

bool Worker::step() {
    // One of each, so that a storm of events starves nobody.
    const bool took = take_telemetry();
    const bool committed = commit_events();
    const bool answered = do_task();
    const bool wrote = do_due();
    // A checkpoint takes two synchronisations: it waits for a quiet moment, but not until the card is full.
    const bool kept_up = checkpoint(committed ? kMostLogBytes : kCheckpointBytes);
    return took || committed || answered || wrote || kept_up || do_upkeep();
}

bool Worker::take_telemetry() {
    for (const auto& [stream, range] : inbox_.take_refused()) {
        abandon({start_, stream}, range, kMemoryFull);
    }
    auto records = inbox_.take_telemetry();
    if (records.empty()) {
        return false;
    }
    if (!parts_.telemetry.buffered()) {
        flush_due_ = Steady::now() + options_.flush;
    }
    for (auto& [key, record] : records) {
        parts_.telemetry.add(key, std::move(record));
    }
    if (parts_.telemetry.buffered_bytes() >= kFlushBytes) {
        flush_due_ = Steady::now();
    }
    return true;
}

bool Worker::commit_events() {
    auto events = inbox_.take_events();
    const Backoff& backoff = backoff_[static_cast<std::size_t>(Part::kEvents)];
    const bool retry = backoff.failing() && backoff.ready(Steady::now()) && parts_.events.waiting();
    if (events.empty() && !retry) {
        return false;
    }
    for (EventLog::Waiting& event : events) {
        parts_.events.add(std::move(event));
    }
    if (backoff.failing() && !retry && event_failure_) {
        parts_.events.answer(*event_failure_);  // the disk was tried a moment ago
    } else {
        const Board::Writing writing(board_);
        const Monotonic began = Steady::now();
        const Result<void> done = try_events();
        note(Part::kEvents, done, Steady::now() - began);
        if (!done) {
            event_failure_ = done.error();
            parts_.events.answer(*event_failure_);
        }
    }
    for (const Key key : parts_.events.shed()) {
        abandon({start_, Stream::kEvent}, {sequence_of(key), sequence_of(key)}, kMemoryFull);
    }
    abandon_spans(Stream::kEvent, parts_.events.take_lost(), kDamaged);
    return true;
}

bool Worker::do_task() {
    std::optional<Task> task = inbox_.take_task();
    if (!task) {
        return false;
    }
    std::visit([this](auto& kind) { perform(kind); }, *task);
    return true;
}

bool Worker::do_due() {
    const Monotonic now = Steady::now();
    if (now >= flush_due_ && backoff_[static_cast<std::size_t>(Part::kTelemetry)].ready(now)) {
        const Board::Writing writing(board_);
        const Result<void> done = flush_telemetry();
        note(Part::kTelemetry, done, Steady::now() - now);
        flush_due_ = done ? Monotonic::max() : backoff_[static_cast<std::size_t>(Part::kTelemetry)].until();
        return true;
    }
    if (now >= state_due_ || now >= mirror_due_) {
        const Board::Writing writing(board_);
        const bool due = now >= state_due_;
        const Result<void> done = due ? write_state() : mirror_state();
        note(Part::kState, done, Steady::now() - now);
        if (due) {
            state_due_ = done ? Monotonic::max() : backoff_[static_cast<std::size_t>(Part::kState)].until();
        }
        mirror_due_ = parts_.ledger.state().behind() ? now + kMirrorAfter : Monotonic::max();
        return true;
    }
    return false;
}

bool Worker::checkpoint(std::uint64_t bytes) {
    const Monotonic now = Steady::now();
    if (parts_.events.log_bytes() >= bytes && backoff_[static_cast<std::size_t>(Part::kEvents)].ready(now)) {
        const Board::Writing writing(board_);
        const Result<void> done = parts_.events.checkpoint();
        if (!done) {
            note(Part::kEvents, done, {});
        }
        return done.has_value();
    }
    if (parts_.telemetry.log_bytes() >= bytes &&
        backoff_[static_cast<std::size_t>(Part::kTelemetry)].ready(now)) {
        const Board::Writing writing(board_);
        const Result<void> done = parts_.telemetry.checkpoint();
        if (!done) {
            note(Part::kTelemetry, done, {});
        }
        return done.has_value();
    }
    return false;
}

bool Worker::do_upkeep() {
    const Monotonic now = Steady::now();
    if (now >= upkeep_due_) {
        upkeep_due_ = now + kUpkeepEvery;
        expire();
        return true;
    }
    if (now >= losses_due_ && tell_losses()) {
        return true;
    }
    return now >= scrub_due_ && scrub();
}

Monotonic Worker::next_due() const {
    Monotonic due = std::min({flush_due_, state_due_, mirror_due_, upkeep_due_, scrub_due_});
    if (usage_stale_) {
        due = std::min(due, usage_due_);
    }
    if (options_.lost && parts_.ledger.losses_wait()) {
        due = std::min(due, losses_due_);
    }
    const Backoff& events = backoff_[static_cast<std::size_t>(Part::kEvents)];
    if (events.failing() && parts_.events.waiting()) {
        due = std::min(due, events.until());
    }
    // wait_until() overflows on some libraries at the end of time.
    return std::min(due, Steady::now() + std::chrono::hours(1));
}

void Worker::schedule_state(Stream stream) {
    // Confirmations of telemetry come with every message. To lose one costs a record sent twice under one
    // identity; to write each within a second would cost the card more than the telemetry itself.
    const Duration within = stream == Stream::kEvent ? kEventProgressWithin : kTelemetryProgressWithin;
    state_due_ = std::min(state_due_, Steady::now() + within);
}

void Worker::finish() {
    take_telemetry();
    backoff_ = {};
    commit_events();
    outcome_ = parts_.events.waiting() ? try_events() : Result<void>{};
    const Result<void> flushed = flush_telemetry();
    const Result<void> state = parts_.ledger.write_both();
    for (const Result<void>* done : {&flushed, &state}) {
        if (!*done && outcome_) {
            outcome_ = fail(done->error().code, done->error().what);
        }
    }
    parts_.telemetry.close();
    publish_usage();
}

void Worker::publish_usage() {
    const auto released = [this](Stream stream) {
        return [this, stream](std::uint64_t start) -> const RangeSet& {
            return parts_.ledger.progress().released({start, stream});
        };
    };
    const auto abandoned = [this](Stream stream) {
        return [this, stream](std::uint64_t start) -> const RangeSet& {
            return parts_.ledger.abandoned({start, stream});
        };
    };
    usage_.events_pending =
        count_pending(parts_.events.extents(), released(Stream::kEvent), abandoned(Stream::kEvent));
    usage_.telemetry_pending = count_pending(parts_.telemetry.extents(), released(Stream::kTelemetry),
                                             abandoned(Stream::kTelemetry));
    usage_.records_abandoned = parts_.ledger.records_abandoned();
    if (Steady::now() >= bytes_due_) {
        bytes_due_ = Steady::now() + kBytesEvery;
        usage_.bytes = 0;
        for (const std::string& name : parts_.folder.list("", "")) {
            usage_.bytes += parts_.folder.bytes(name);
        }
    }
    usage_.trouble.clear();
    usage_.full = false;
    for (std::size_t part = 0; part < trouble_.size(); ++part) {
        if (usage_.trouble.empty() && !trouble_[part].empty()) {
            usage_.trouble = trouble_[part];
            usage_.full = full_[part];
        }
    }
    usage_.set_aside = parts_.folder.set_aside_now();
    board_.put(usage_);
    usage_stale_ = false;
    usage_due_ = Steady::now() + kUsageEvery;
}

}  // namespace gengfu::store
