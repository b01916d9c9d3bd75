#include <algorithm>
#include <utility>

#include "daemon/store/worker.hpp"

// What consumers that lost data are given again: all that is still there, whoever has confirmed it.
namespace gengfu::store {

void Worker::perform(HistoryQuery& task) {
    Result<Pending> found = look_back(task);
    if (task.found) {
        task.found(std::move(found));
    }
}

Result<Pending> Worker::look_back(const HistoryQuery& task) {
    static const RangeSet kNothing;
    const bool events = task.stream == Stream::kEvent;
    const Extents& all = events ? parts_.events.extents() : parts_.telemetry.extents();
    const std::optional<std::uint64_t> start = parts_.ledger.start_of(task.epoch);
    const auto extent = start ? all.find(*start) : all.end();
    if (extent == all.end()) {
        return Pending{};
    }
    const SequenceRange within{std::max(task.range.first, extent->second.first),
                               std::min(task.range.last, extent->second.last)};
    if (within.first > within.last) {
        return Pending{};
    }
    std::vector<std::string> troubles;
    const Extents asked{{*start, within}};
    const Source source{asked, [](std::uint64_t) -> const RangeSet& { return kNothing; },
                        [&](Key first, Key last, Budget budget) {
                            return events ? parts_.events.read(first, last, budget)
                                          : parts_.telemetry.read(first, last, budget, troubles);
                        }};
    Result<FoundPending> found = find_pending(source, 0, task.limit);
    tell(std::move(troubles));
    abandon_spans(Stream::kTelemetry, parts_.telemetry.take_lost(), kDamaged);
    if (!found) {
        return pass(found);  // a damaged events.db is set aside by the next commit or question of the backlog
    }
    abandon_keys(task.stream, found->damaged, "a record does not fit its checksum");
    return std::move(found->pending);
}

void Worker::perform(HeldQuery& task) {
    const std::vector<KnownEpoch> known = parts_.ledger.epochs();
    std::vector<StreamRanges> out;
    for (const Stream stream : {Stream::kEvent, Stream::kTelemetry}) {
        const Extents& all = stream == Stream::kEvent ? parts_.events.extents() : parts_.telemetry.extents();
        for (const auto& [start, extent] : all) {
            const auto epoch =
                std::find_if(known.begin(), known.end(),
                             [&, of = start](const KnownEpoch& one) { return one.start == of; });
            if (epoch != known.end() && extent.first <= extent.last) {
                out.push_back({epoch->epoch, stream, {extent}});
            }
        }
    }
    if (task.found) {
        task.found(std::move(out));
    }
}

}  // namespace gengfu::store
