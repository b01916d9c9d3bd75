#include "daemon/publish/resend.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/store/ranges.hpp"

namespace gengfu::publish {

namespace {

using store::SequenceRange;
using store::StreamRanges;

store::RangeSet set_of(const std::vector<StreamRanges>& list, const StreamRanges& like, bool& whole) {
    store::RangeSet out;
    for (const StreamRanges& one : list) {
        if (one.epoch == like.epoch && one.stream == like.stream) {
            whole = whole || one.ranges.empty();
            for (const SequenceRange& range : one.ranges) {
                out.add(range);
            }
        }
    }
    return out;
}

std::vector<SequenceRange> without(const std::vector<SequenceRange>& ranges, const store::RangeSet& except) {
    std::vector<SequenceRange> out;
    for (const SequenceRange& range : ranges) {
        std::uint64_t from = range.first;
        while (const auto gap = except.gap(from, range.last)) {
            out.push_back(*gap);
            if (gap->last >= range.last) {
                break;  // `last` may be the largest number there is: "to the end"
            }
            from = gap->last + 1;
        }
    }
    return out;
}

// What is asked for by number and lies outside of what there is.
void add_missing(const std::vector<StreamRanges>& held, const std::vector<StreamRanges>& wanted,
                 const std::vector<StreamRanges>& except, std::vector<StreamRanges>& missing) {
    for (const StreamRanges& one : wanted) {
        bool ignored = false;
        const store::RangeSet there = set_of(held, one, ignored);
        bool nothing = false;
        const store::RangeSet given_up = set_of(except, one, nothing);
        StreamRanges gone{
            one.epoch, one.stream,
            nothing ? std::vector<SequenceRange>{} : without(without(one.ranges, there), given_up)};
        if (!gone.ranges.empty()) {
            missing.push_back(std::move(gone));
        }
    }
}

}  // namespace

std::uint64_t count(const std::vector<StreamRanges>& ranges) {
    std::uint64_t sum = 0;
    for (const StreamRanges& one : ranges) {
        for (const SequenceRange& range : one.ranges) {
            sum += range.last - range.first + 1;
        }
    }
    return sum;
}

std::vector<StreamRanges> Resend::choose(const std::vector<StreamRanges>& held,
                                         const std::vector<StreamRanges>& wanted,
                                         const std::vector<StreamRanges>& except,
                                         std::vector<StreamRanges>& missing) {
    std::vector<StreamRanges> out;
    for (const StreamRanges& there : held) {
        bool whole = wanted.empty();
        const store::RangeSet named = set_of(wanted, there, whole);
        bool nothing = false;
        const store::RangeSet given_up = set_of(except, there, nothing);
        if (nothing) {
            continue;
        }
        std::vector<SequenceRange> ranges = there.ranges;
        if (!whole) {
            store::RangeSet extent;
            for (const SequenceRange& range : there.ranges) {
                extent.add(range);
            }
            ranges = intersection(extent, named).ranges();
        }
        StreamRanges chosen{there.epoch, there.stream, without(ranges, given_up)};
        if (!chosen.ranges.empty()) {
            out.push_back(std::move(chosen));
        }
    }
    add_missing(held, wanted, except, missing);
    return out;
}

bool Resend::want(const std::string& consumer, const std::vector<StreamRanges>& chosen) {
    std::set<std::string> others;
    for (const Job& job : jobs_) {
        others.insert(job.consumer);
    }
    if (!others.contains(consumer) && others.size() >= kMostConsumers) {
        return false;
    }
    std::erase_if(jobs_, [&](const Job& job) { return job.consumer == consumer; });
    asking_ = false;  // the answer under way may be of what has just gone
    ++number_;
    for (const StreamRanges& one : chosen) {
        for (const SequenceRange& range : one.ranges) {
            add({consumer, one.epoch, one.stream, range});
        }
    }
    return true;
}

void Resend::add(Job job) {
    const auto place = job.stream == Stream::kTelemetry
                           ? jobs_.end()
                           : std::find_if(jobs_.begin(), jobs_.end(),
                                          [](const Job& one) { return one.stream == Stream::kTelemetry; });
    if (place == jobs_.begin() && asking_) {
        asking_ = false;  // it is not the first any more
        ++number_;
    }
    jobs_.insert(place, std::move(job));
}

std::optional<Resend::Question> Resend::ask() {
    if (asking_ || jobs_.empty()) {
        return std::nullopt;
    }
    asking_ = true;
    const Job& job = jobs_.front();
    return Question{job.epoch, job.stream, job.range, ++number_};
}

bool Resend::answered(std::uint64_t number, std::optional<std::uint64_t> last, bool more) {
    if (!asking_ || number != number_) {
        return false;
    }
    asking_ = false;
    if (more && last && *last < jobs_.front().range.last) {
        jobs_.front().range.first = *last + 1;
    } else {
        jobs_.pop_front();
    }
    return true;
}

void Resend::failed(std::uint64_t number) {
    if (asking_ && number == number_) {
        asking_ = false;
    }
}

void Resend::sent(const Identity& identity) {
    if (under_way_.size() >= kMostUnderWay) {
        under_way_.pop_front();
    }
    under_way_.push_back(identity);
}

void Resend::delivered(const Identity& identity) {
    const auto found = std::find(under_way_.begin(), under_way_.end(), identity);
    if (found != under_way_.end()) {
        under_way_.erase(found);
    }
}

void Resend::lost() {
    asking_ = false;
    ++number_;
    for (auto identity = under_way_.rbegin(); identity != under_way_.rend(); ++identity) {
        jobs_.push_front({"", identity->epoch, identity->stream, {identity->sequence, identity->sequence}});
    }
    under_way_.clear();
}

}  // namespace gengfu::publish
