#include <fmt/format.h>

#include <utility>

#include "daemon/core/kill_point.hpp"
#include "daemon/store/worker.hpp"

// What the store's thread does with what it is handed.
namespace gengfu::store {
namespace {

// What a transaction may add to the disk at most: its rows in the log, the same in the database, and the
// pages around them.
std::uint64_t cost(std::size_t bytes) {
    return 3 * bytes + (64U << 10U);
}

struct PartWords {
    const char* are;
    const char* they_are;
    const char* name;
};
constexpr PartWords kPartWords[] = {
    {"are", "they are", "events"}, {"is", "it is", "telemetry"}, {"is", "it is", "the state"}};

}  // namespace

Result<void> Worker::try_events() {
    Result<void> done;
    while (done && parts_.events.waiting()) {
        done = commit_some();
    }
    return done;
}

Result<void> Worker::commit_some() {
    if (Result<void> there = parts_.folder.ensure(); !there) {
        return there;
    }
    if (Result<void> room = make_room(cost(parts_.events.next_bytes()), 0); !room) {
        return room;
    }
    const Day day = today().value_or(0);
    std::vector<std::string> troubles;
    Result<void> done = parts_.events.commit(day, troubles);
    // The disk is full though our limit is not reached: others fill it. An alarm is worth a file of history.
    if (!done && done.error().code == Errc::kFull && give_up_one_file()) {
        done = parts_.events.commit(day, troubles);
    }
    tell(std::move(troubles));
    return done;
}

Result<void> Worker::flush_telemetry() {
    if (!parts_.telemetry.buffered()) {
        return {};
    }
    if (Result<void> there = parts_.folder.ensure(); !there) {
        return there;
    }
    if (Result<void> room = make_room(0, cost(parts_.telemetry.buffered_bytes())); !room) {
        return room;
    }
    std::vector<std::string> troubles;
    Result<TelemetryLog::Flushed> flushed = parts_.telemetry.flush(clock_.wall(), start_, troubles);
    tell(std::move(troubles));
    abandon_spans(Stream::kTelemetry, parts_.telemetry.take_lost(), kDamaged);
    if (!flushed) {
        return pass(flushed);
    }
    inbox_.telemetry_written(flushed->records, flushed->bytes);
    return {};
}

Result<void> Worker::write_state() {
    kill_point("before-release");
    Result<void> done = parts_.folder.ensure();
    if (done) {
        done = parts_.ledger.write();
    }
    kill_point("after-release");
    if (done) {
        // Not a reason to call the writing failed: the log just stays long.
        static_cast<void>(parts_.ledger.state().checkpoint());
    }
    return done;
}

Result<void> Worker::mirror_state() {
    Result<void> done = parts_.ledger.mirror();
    if (done) {
        static_cast<void>(parts_.ledger.state().checkpoint());
    }
    return done;
}

void Worker::perform(SaveBook& task) {
    parts_.ledger.set_book(std::move(task.book), task.covers);
    state_due_ = std::min(state_due_, std::max(std::chrono::steady_clock::now(),
                                               backoff_[static_cast<std::size_t>(Part::kState)].until()));
}

void Worker::perform(SaveConfiguration& task) {
    parts_.ledger.set_configuration(std::move(task.packed));
    const Monotonic began = std::chrono::steady_clock::now();
    const Board::Writing writing(board_);
    // Both copies: a configuration must not fall back to the one before by a damaged file.
    Result<void> done = parts_.ledger.write_both();
    note(Part::kState, done, std::chrono::steady_clock::now() - began);
    if (!done) {
        state_due_ = backoff_[static_cast<std::size_t>(Part::kState)].until();
    }
    if (task.done) {
        task.done(std::move(done));
    }
}

void Worker::perform(Confirm& task) {
    const std::optional<std::uint64_t> start = parts_.ledger.start_of(task.epoch);
    if (!start) {
        return;  // of a store that we are not: another gateway's, or one restored from elsewhere
    }
    const Extents& extents =
        task.stream == Stream::kEvent ? parts_.events.extents() : parts_.telemetry.extents();
    const auto extent = extents.find(*start);
    // Of this run nothing beyond what it has made: a consumer that confirms the future would lose it.
    const std::uint64_t last = extent != extents.end() ? extent->second.last
                               : *start == start_      ? 0
                                                       : kMaxSequence;
    if (parts_.ledger.progress().confirm({*start, task.stream}, task.consumer, task.ranges, last)) {
        schedule_state(task.stream);
    }
    kill_point("after-confirm");
}

void Worker::perform(Declared& task) {
    if (parts_.ledger.declared(task.loss)) {
        schedule_state(Stream::kEvent);
    }
}

void Worker::perform(Query& task) {
    Result<Pending> found = answer(task);
    if (task.found) {
        task.found(std::move(found));
    }
}

Result<Pending> Worker::answer(const Query& task) {
    Result<FoundPending> found = search(task);
    if (!found && found.error().code == Errc::kCorrupt && task.stream == Stream::kEvent) {
        std::vector<std::string> troubles;
        const Error why = found.error();
        if (Result<void> replaced = parts_.events.replace(why, troubles); !replaced) {
            return pass(replaced);
        }
        tell(std::move(troubles));
        found = search(task);
    }
    abandon_spans(Stream::kEvent, parts_.events.take_lost(), kDamaged);
    abandon_spans(Stream::kTelemetry, parts_.telemetry.take_lost(), kDamaged);
    if (!found) {
        return pass(found);
    }
    abandon_keys(task.stream, found->damaged, "a record does not fit its checksum");
    return std::move(found->pending);
}

Result<FoundPending> Worker::search(const Query& task) {
    std::vector<std::string> troubles;
    const bool events = task.stream == Stream::kEvent;
    const Extents extents = events ? parts_.events.extents() : parts_.telemetry.extents();
    const Source source{extents,
                        [&](std::uint64_t start) -> const RangeSet& {
                            return parts_.ledger.progress().released({start, task.stream});
                        },
                        [&](Key first, Key last, Budget budget) {
                            return events ? parts_.events.read(first, last, budget)
                                          : parts_.telemetry.read(first, last, budget, troubles);
                        }};
    // After a record of an epoch that is long forgotten: from the oldest, which at worst sends something
    // twice.
    const std::optional<std::uint64_t> start =
        task.after ? parts_.ledger.start_of(task.after->epoch) : std::nullopt;
    const Key after = start ? key_of(*start, std::min(task.after->sequence, kMaxSequence)) : 0;
    Result<FoundPending> found = find_pending(source, after, task.limit);
    tell(std::move(troubles));
    return found;
}

void Worker::note(Part part, const Result<void>& done, Duration took) {
    const auto index = static_cast<std::size_t>(part);
    const PartWords& part_words = kPartWords[index];
    if (done) {
        ++usage_.commits;
        usage_.last_commit = took;
        backoff_[index].succeeded();
        board_.put(usage_);
        if (!trouble_[index].empty()) {
            trouble_[index].clear();
            publish_usage();
            tell({fmt::format("{}: {} {} written again", parts_.folder.path(), part_words.name,
                              part_words.are)});
        }
        return;
    }
    backoff_[index].failed(std::chrono::steady_clock::now());
    const std::string words =
        fmt::format("{}: {} cannot be written, {} kept in memory: {}", parts_.folder.path(), part_words.name,
                    part_words.they_are, done.error().what);
    full_[index] = done.error().code == Errc::kFull;
    // Once per change of state, not once per attempt.
    if (std::exchange(trouble_[index], words).empty()) {
        publish_usage();
        tell({words});
    }
}

void Worker::tell(std::vector<std::string> troubles) {
    usage_stale_ = usage_stale_ || !troubles.empty();
    for (std::string& trouble : troubles) {
        if (options_.trouble) {
            options_.trouble(std::move(trouble));
        }
    }
}

std::optional<Day> Worker::today() const {
    const std::optional<Wall> wall = clock_.wall();
    return wall ? std::optional(day_of(*wall)) : std::nullopt;
}

}  // namespace gengfu::store
