#include "daemon/store/losses.hpp"

#include <algorithm>

namespace gengfu::store {
namespace {

constexpr std::size_t kMostRanges = 4096;  // beyond these a loss is only counted
const RangeSet kNothing;

RangeSet without(const RangeSet& all, const RangeSet& some) {
    RangeSet left;
    for (const SequenceRange& range : all.ranges()) {
        for (auto gap = some.gap(range.first, range.last); gap; gap = some.gap(gap->last + 1, range.last)) {
            left.add(*gap);
            if (gap->last == range.last) {
                break;
            }
        }
    }
    return left;
}

}  // namespace

void Losses::add(const Kind& kind, SequenceRange range) {
    undeclared_[kind].add_within(range, kMostRanges);
    to_take_ = true;
}

std::vector<std::pair<Losses::Kind, SequenceRange>> Losses::take(std::size_t most) {
    std::vector<std::pair<Kind, SequenceRange>> out;
    to_take_ = false;
    for (const auto& [kind, ranges] : undeclared_) {
        RangeSet& taken = taken_[kind];
        const RangeSet left = without(ranges, taken);
        for (const SequenceRange& range : left.ranges()) {
            if (out.size() >= most) {
                to_take_ = true;
                return out;
            }
            taken.add(range);
            out.emplace_back(kind, range);
        }
    }
    return out;
}

bool Losses::declared(const Kind& kind, SequenceRange range) {
    const auto found = undeclared_.find(kind);
    if (found == undeclared_.end()) {
        return false;
    }
    RangeSet gone;
    gone.add(range);
    RangeSet left = without(found->second, gone);
    if (left == found->second) {
        return false;
    }
    found->second = std::move(left);
    if (found->second.empty()) {
        undeclared_.erase(found);
        taken_.erase(kind);
    }
    return true;
}

const RangeSet& Losses::undeclared(const Kind& kind) const {
    const auto found = undeclared_.find(kind);
    return found == undeclared_.end() ? kNothing : found->second;
}

}  // namespace gengfu::store
