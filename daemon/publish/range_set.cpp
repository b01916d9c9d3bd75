#include "daemon/publish/range_set.hpp"

#include <iterator>

namespace gengfu::publish {

void RangeSet::add(std::uint64_t sequence) {
    auto next = ranges_.upper_bound(sequence);
    std::uint64_t first = sequence;
    std::uint64_t last = sequence;
    if (next != ranges_.begin()) {
        const auto before = std::prev(next);
        if (before->second >= sequence) {
            return;
        }
        if (before->second + 1 == sequence) {
            first = before->first;
        }
    }
    if (next != ranges_.end() && next->first == sequence + 1) {
        last = next->second;
        ranges_.erase(next);
    }
    ranges_[first] = last;
}

void RangeSet::remove(std::uint64_t sequence) {
    const auto next = ranges_.upper_bound(sequence);
    if (next == ranges_.begin()) {
        return;
    }
    const auto range = std::prev(next);
    const auto [first, last] = *range;
    if (last < sequence) {
        return;
    }
    ranges_.erase(range);
    if (first < sequence) {
        ranges_[first] = sequence - 1;
    }
    if (sequence < last) {
        ranges_[sequence + 1] = last;
    }
}

bool RangeSet::contains(std::uint64_t sequence) const {
    const auto next = ranges_.upper_bound(sequence);
    return next != ranges_.begin() && std::prev(next)->second >= sequence;
}

std::vector<store::SequenceRange> RangeSet::ranges() const {
    std::vector<store::SequenceRange> out;
    out.reserve(ranges_.size());
    for (const auto& [first, last] : ranges_) {
        out.push_back({first, last});
    }
    return out;
}

}  // namespace gengfu::publish
