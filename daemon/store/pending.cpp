#include "daemon/store/pending.hpp"

#include <algorithm>
#include <iterator>

namespace gengfu::store {
namespace {

// One record more than asked for is read: it tells whether there are further ones.
class Collector {
public:
    Collector(const Source& source, std::size_t limit) : source_(source), limit_(limit) {}

    bool full() const { return records_.size() > limit_ || bytes_ >= kPendingBytes; }

    Result<void> collect(std::uint64_t start, SequenceRange gap) {
        Key at = key_of(start, gap.first);
        const Key last = key_of(start, gap.last);
        while (at <= last && !full()) {
            Result<RecordFile::Read> read =
                source_.read(at, last, {limit_ + 1 - records_.size(), kPendingBytes - bytes_});
            if (!read) {
                return pass(read);
            }
            for (Record& record : read->records) {
                bytes_ += record.bytes.size();
                records_.push_back(std::move(record));
            }
            damaged_.insert(damaged_.end(), read->damaged.begin(), read->damaged.end());
            at = read->next;
        }
        return {};
    }

    FoundPending finish(bool walked_all) {
        FoundPending found{{std::move(records_), !walked_all}, std::move(damaged_)};
        if (found.pending.records.size() > limit_) {
            found.pending.records.resize(limit_);
            found.pending.more = true;
        }
        return found;
    }

private:
    const Source& source_;
    std::size_t limit_;
    std::size_t bytes_ = 0;
    std::vector<Record> records_;
    std::vector<Key> damaged_;
};

}  // namespace

Result<FoundPending> find_pending(const Source& source, Key after, std::size_t limit) {
    Collector collector(source, limit);
    for (auto at = source.extents.lower_bound(start_of(after)); at != source.extents.end(); ++at) {
        const auto& [start, extent] = *at;
        const RangeSet& released = source.released(start);
        std::uint64_t from =
            start == start_of(after) ? std::max(extent.first, sequence_of(after) + 1) : extent.first;
        while (const auto gap = released.gap(from, extent.last)) {
            if (collector.full()) {
                return collector.finish(false);
            }
            if (Result<void> done = collector.collect(start, *gap); !done) {
                return pass(done);
            }
            from = gap->last + 1;
        }
        if (collector.full()) {
            // Whether this was the last is known only when the last start has been walked to its end.
            return collector.finish(false);
        }
    }
    return collector.finish(true);
}

std::uint64_t count_pending(const Extents& extents,
                            const std::function<const RangeSet&(std::uint64_t)>& released,
                            const std::function<const RangeSet&(std::uint64_t)>& abandoned) {
    std::uint64_t count = 0;
    for (const auto& [start, extent] : extents) {
        RangeSet settled = released(start);
        for (const SequenceRange& range : abandoned(start).ranges()) {
            settled.add(range);
        }
        count += extent.last - extent.first + 1 - settled.count_in(extent);
    }
    return count;
}

}  // namespace gengfu::store
