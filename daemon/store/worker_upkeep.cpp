#include <fmt/format.h>

#include <algorithm>

#include "daemon/store/worker.hpp"

// Retention, losses and the check of what earlier runs have left.
namespace gengfu::store {
namespace {

constexpr int kMostSacrifices = 1000;  // in one go; the rest at the next attempt
constexpr std::size_t kEventsAtOnce = 256;
constexpr Budget kScrubSlice{.records = 64, .bytes = 256U << 10U};
constexpr auto kScrubPause =
    std::chrono::milliseconds(50);  // 2 GiB in 7 minutes, without keeping the card busy

}  // namespace

StoreView Worker::view() {
    StoreView view;
    view.limit = options_.size_limit_bytes;
    view.state_bytes = parts_.ledger.state().bytes(parts_.folder);
    view.events_bytes = parts_.events.bytes();
    for (const std::string& name : parts_.folder.damaged()) {
        view.damaged_bytes += parts_.folder.bytes(name);
    }
    for (const TelemetryLog::File& file : parts_.telemetry.files()) {
        const bool released = std::all_of(file.spans.begin(), file.spans.end(), [&](const Span& span) {
            const SequenceRange range{span.first, span.last};
            const Place place{span.start, Stream::kTelemetry};
            RangeSet settled = parts_.ledger.progress().released(place);
            for (const SequenceRange& lost : parts_.ledger.abandoned(place).ranges()) {
                settled.add(lost);
            }
            return settled.covers(range);
        });
        view.files.push_back({parts_.telemetry.bytes(file), released, file.parsed.day});
    }
    view.today = today();
    view.history_days = std::chrono::duration_cast<std::chrono::days>(options_.history).count();
    const Extents& events = parts_.events.extents();
    view.has_released_events =
        !events.empty() && key_of(events.begin()->first, events.begin()->second.first) <= deletable_through();
    return view;
}

Key Worker::deletable_through() {
    const Extents& events = parts_.events.extents();
    if (events.empty()) {
        return 0;
    }
    Key through = 0;
    for (const auto& [start, extent] : events) {
        RangeSet settled = parts_.ledger.progress().released({start, Stream::kEvent});
        for (const SequenceRange& lost : parts_.ledger.abandoned({start, Stream::kEvent}).ranges()) {
            settled.add(lost);
        }
        const auto gap = settled.gap(extent.first, extent.last);
        through = key_of(start, gap ? gap->first - 1 : extent.last);
        if (gap) {
            break;
        }
    }
    return std::min(through, parts_.ledger.covered_surely());
}

Result<void> Worker::make_room(std::uint64_t events, std::uint64_t telemetry) {
    for (int count = 0; count < kMostSacrifices; ++count) {
        StoreView now = view();
        now.incoming_events = events;
        now.incoming_telemetry = telemetry;
        const Decision decision = decide(now);
        if (decision.what == Sacrifice::kNothing) {
            return {};
        }
        if (decision.what == Sacrifice::kRefuse && parts_.ledger.state().behind() &&
            parts_.ledger.write_both()) {
            continue;  // what the book covers in both copies may go
        }
        if (decision.what == Sacrifice::kRefuse) {
            return fail(Errc::kFull, fmt::format("store {}: size limit of {} bytes reached",
                                                 parts_.folder.path(), options_.size_limit_bytes));
        }
        if (Result<void> done = give_up(decision); !done) {
            return done;
        }
    }
    return {};
}

Result<void> Worker::give_up(const Decision& decision) {
    switch (decision.what) {
        case Sacrifice::kDamagedFile:
            return parts_.folder.remove(parts_.folder.damaged().front());
        case Sacrifice::kHistory:
        case Sacrifice::kUnsent:
            return drop_file(decision.file, kOverLimit);
        case Sacrifice::kEvents:
            return drop_events(std::nullopt);
        case Sacrifice::kNothing:
        case Sacrifice::kRefuse:
            break;
    }
    return {};
}

bool Worker::give_up_one_file() {
    const StoreView now = view();
    if (now.damaged_bytes > 0) {
        return give_up({Sacrifice::kDamagedFile}).has_value();
    }
    if (now.files.empty()) {
        return false;
    }
    const auto history =
        std::find_if(now.files.begin(), now.files.end(), [](const FileView& file) { return file.released; });
    const auto file = history == now.files.end() ? 0 : history - now.files.begin();
    return drop_file(static_cast<std::size_t>(file), kDiskFull).has_value();
}

Result<void> Worker::drop_file(std::size_t file, const char* reason) {
    Result<std::vector<Span>> held = parts_.telemetry.drop(file);
    if (!held) {
        return pass(held);
    }
    abandon_spans(Stream::kTelemetry, *held, reason);
    return {};
}

Result<void> Worker::drop_events(std::optional<Day> before) {
    Result<std::optional<Key>> last = parts_.events.oldest(kEventsAtOnce, deletable_through(), before);
    if (!last) {
        return pass(last);
    }
    if (*last) {
        return parts_.events.erase_through(**last);
    }
    Result<bool> given = parts_.events.give_back();  // what was deleted before the power went
    if (!given) {
        return pass(given);
    }
    return *given || before ? Result<void>{} : fail(Errc::kFull, "events.db: nothing can be deleted");
}

void Worker::expire() {
    // Whatever fails here is tried again in a minute, and the next writing says what is wrong with the disk.
    static_cast<void>(make_room(0, 0));
    if (const std::optional<Day> day = today()) {
        const Day history = std::chrono::duration_cast<std::chrono::days>(options_.history).count();
        static_cast<void>(drop_events(*day - history));
    }
    std::uint64_t oldest = start_;
    for (const Extents* extents : {&parts_.events.extents(), &parts_.telemetry.extents()}) {
        if (!extents->empty()) {
            oldest = std::min(oldest, extents->begin()->first);
        }
    }
    parts_.ledger.forget_before(oldest);
}

void Worker::abandon(const Place& place, SequenceRange range, const std::string& reason) {
    const std::uint64_t before = parts_.ledger.records_abandoned();
    parts_.ledger.abandon(place, range, reason);
    if (parts_.ledger.records_abandoned() != before) {
        schedule_state(Stream::kEvent);
        usage_stale_ = true;
    }
}

void Worker::abandon_spans(Stream stream, const std::vector<Span>& spans, const std::string& reason) {
    for (const Span& span : spans) {
        abandon({span.start, stream}, {span.first, span.last}, reason);
    }
}

void Worker::abandon_keys(Stream stream, const std::vector<Key>& keys, const char* where) {
    const std::uint64_t before = parts_.ledger.records_abandoned();
    for (const Key key : keys) {
        abandon({start_of(key), stream}, {sequence_of(key), sequence_of(key)}, kDamaged);
    }
    if (parts_.ledger.records_abandoned() != before) {
        tell({fmt::format("{}: {} ({} lost)", parts_.folder.path(), where,
                          parts_.ledger.records_abandoned() - before)});
    }
}

void Worker::declare_lost() {
    abandon_spans(Stream::kEvent, parts_.events.take_lost(), kDamaged);
    abandon_spans(Stream::kTelemetry, parts_.telemetry.take_lost(), kDamaged);
    // Between two files of one start nothing is missing unless a file is.
    std::optional<Span> before;
    for (const TelemetryLog::File& file : parts_.telemetry.files()) {
        for (const Span& span : file.spans) {
            if (before && before->start == span.start && before->last + 1 < span.first) {
                abandon({span.start, Stream::kTelemetry}, {before->last + 1, span.first - 1}, kDamaged);
            }
            before = span;
        }
    }
}

// A few at a time, so that a store in ruins does not bury what is new under declarations.
bool Worker::tell_losses() {
    if (!options_.lost || !parts_.ledger.losses_wait()) {
        return false;
    }
    constexpr std::size_t kAtOnce = 64;
    losses_due_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (Loss& loss : parts_.ledger.take_losses(kAtOnce)) {
        options_.lost(std::move(loss));
    }
    return true;
}

bool Worker::scrub() {
    scrub_due_ = std::chrono::steady_clock::now() + kScrubPause;
    for (const Stream stream : {Stream::kEvent, Stream::kTelemetry}) {
        const std::size_t index = stream == Stream::kEvent ? 0 : 1;
        if (scrubbed_[index] >= scrub_until_[index]) {
            continue;
        }
        std::vector<std::string> troubles;
        Result<RecordFile::Read> read =
            stream == Stream::kEvent
                ? parts_.events.read(scrubbed_[index], scrub_until_[index], kScrubSlice)
                : parts_.telemetry.read(scrubbed_[index], scrub_until_[index], kScrubSlice, troubles);
        if (!read && read.error().code == Errc::kCorrupt && stream == Stream::kEvent) {
            const Error why = read.error();
            static_cast<void>(parts_.events.replace(why, troubles));
        }
        tell(std::move(troubles));
        abandon_spans(stream,
                      stream == Stream::kEvent ? parts_.events.take_lost() : parts_.telemetry.take_lost(),
                      kDamaged);
        if (read) {
            abandon_keys(stream, read->damaged, "a record of an earlier run does not fit its checksum");
            scrubbed_[index] = read->more ? read->next : scrub_until_[index];
        }
        return true;
    }
    scrub_due_ = Monotonic::max();
    return false;
}

}  // namespace gengfu::store
