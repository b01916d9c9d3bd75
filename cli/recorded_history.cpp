#include "cli/recorded_history.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::cli {
namespace {

constexpr std::size_t kPage = 1000;

}  // namespace

void Dating::learn(const BootId& boot, const publish::ClockFix& fix) {
    publish::ClockFix& known = fixes_[boot];
    if (fix.version >= known.version) {
        known = fix;
    }
}

std::optional<Wall> Dating::date(const alarms::Stamp& stamp) const {
    const auto fix = fixes_.find(stamp.boot);
    return fix == fixes_.end()
               ? stamp.wall
               : Wall(std::chrono::microseconds(fix->second.wall_of_zero_us + stamp.monotonic_us));
}

RecordedHistory::RecordedHistory(RecordSource& source)
    : source_(source), reader_([&source](const std::string& hash) { return source.catalogue(hash); }) {}

Result<void> RecordedHistory::read_run(const store::StreamRanges& run, std::uint64_t from, const Use& use) {
    const std::uint64_t last = run.ranges.back().last;
    while (from <= last) {
        Result<store::Pending> page = source_.read(run.epoch, run.stream, {from, last}, kPage);
        if (!page) {
            return pass(page);
        }
        for (const store::Record& record : page->records) {
            Result<publish::Recorded> read = reader_.read(record);
            if (read) {
                use(record, std::move(*read));
            } else {
                ++(read.error().code == Errc::kNotFound ? unusable_.nameless : unusable_.damaged);
            }
        }
        if (!page->more || page->records.empty()) {
            return {};
        }
        from = page->records.back().identity.sequence + 1;
    }
    return {};
}

Result<void> RecordedHistory::read_events() {
    Result<std::vector<store::StreamRanges>> held = source_.held();
    if (!held) {
        return pass(held);
    }
    std::vector<std::pair<alarms::Stamp, publish::RecordedTransition>> found;
    std::vector<alarms::Stamp> written;
    for (const store::StreamRanges& run : *held) {
        if (run.stream != Stream::kEvent) {
            continue;
        }
        Result<void> done =
            read_run(run, run.ranges.front().first, [&](const store::Record&, publish::Recorded read) {
                written.push_back(read.written);
                if (read.clock_fix) {
                    dating_.learn(read.clock_fix->first, read.clock_fix->second);
                }
                if (read.transition) {
                    found.emplace_back(read.written, std::move(*read.transition));
                }
            });
        if (!done) {
            return done;
        }
    }
    // A fix comes after what it dates.
    for (const alarms::Stamp& stamp : written) {
        if (const std::optional<Wall> at = dating_.date(stamp)) {
            oldest_event_ = std::min(oldest_event_.value_or(*at), *at);
            newest_event_ = std::max(newest_event_.value_or(*at), *at);
        }
    }
    for (auto& [stamp, transition] : found) {
        const std::optional<Wall> at = dating_.date(stamp);
        if (at) {
            transitions_.push_back({*at, std::move(transition)});
        } else {
            ++unusable_.undated;
        }
    }
    std::stable_sort(transitions_.begin(), transitions_.end(),
                     [](const DatedTransition& a, const DatedTransition& b) { return a.at < b.at; });
    return {};
}

Result<std::optional<Wall>> RecordedHistory::written(const store::StreamRanges& run, std::uint64_t sequence) {
    Result<store::Pending> page = source_.read(run.epoch, run.stream, {sequence, run.ranges.back().last}, 1);
    if (!page) {
        return pass(page);
    }
    if (page->records.empty()) {
        return std::optional<Wall>{};
    }
    const Result<publish::Recorded> read = reader_.read(page->records.front());
    return read ? dating_.date(read->written) : std::optional<Wall>{};
}

/// The records of a run stand in the order of their times.
Result<std::uint64_t> RecordedHistory::first_since(const store::StreamRanges& run, Wall since) {
    std::uint64_t low = run.ranges.front().first;
    std::uint64_t high = run.ranges.back().last + 1;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const Result<std::optional<Wall>> at = written(run, middle);
        if (!at) {
            return fail(at.error().code, at.error().what);
        }
        if (*at && **at < since) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

Result<void> RecordedHistory::read_samples(Wall since, const std::function<void(const Batch&)>& use) {
    Result<std::vector<store::StreamRanges>> held = source_.held();
    if (!held) {
        return pass(held);
    }
    for (const store::StreamRanges& run : *held) {
        if (run.stream != Stream::kTelemetry) {
            continue;
        }
        if (!oldest_samples_) {
            const Result<std::optional<Wall>> first = written(run, run.ranges.front().first);
            oldest_samples_ = first ? *first : std::nullopt;
        }
        const Result<std::uint64_t> from = first_since(run, since);
        if (!from) {
            return fail(from.error().code, from.error().what);
        }
        Result<void> done =
            read_run(run, *from, [&](const store::Record& record, const publish::Recorded& read) {
                if (!read.has_samples) {
                    return;
                }
                const std::optional<Wall> start = dating_.date(read.samples_start);
                if (!start) {
                    ++unusable_.undated;
                } else if (*start >= since) {
                    use({record.identity.epoch, *start, &reader_.samples()});
                }
            });
        if (!done) {
            return done;
        }
    }
    return {};
}

}  // namespace gengfu::cli
