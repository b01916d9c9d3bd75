#include "daemon/store/ranges.hpp"

#include <algorithm>
#include <charconv>

namespace gengfu::store {
namespace {

// First range that ends at or after `sequence`.
auto first_reaching(const std::vector<SequenceRange>& ranges, std::uint64_t sequence) {
    return std::lower_bound(ranges.begin(), ranges.end(), sequence,
                            [](const SequenceRange& range, std::uint64_t s) { return range.last < s; });
}

bool take_number(std::string_view& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take_sign(std::string_view& text, char sign) {
    if (text.empty() || text.front() != sign) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

void RangeSet::add(SequenceRange range) {
    add_within(range, ranges_.size() + 1);
}

bool RangeSet::add_within(SequenceRange range, std::size_t most) {
    if (range.first == 0 || range.first > range.last) {
        return false;
    }
    // From the first range that overlaps or touches from below, to the last that does from above.
    const auto begin = first_reaching(ranges_, range.first - 1);
    auto end = begin;
    while (end != ranges_.end() && end->first - 1 <= range.last) {
        ++end;
    }
    const auto at = static_cast<std::size_t>(begin - ranges_.begin());
    if (begin == end) {
        if (ranges_.size() >= most) {
            return false;
        }
        ranges_.insert(begin, range);
        return true;
    }
    ranges_[at] = {std::min(range.first, begin->first), std::max(range.last, (end - 1)->last)};
    ranges_.erase(begin + 1, end);
    return true;
}

bool RangeSet::contains(std::uint64_t sequence) const {
    return covers({sequence, sequence});
}

bool RangeSet::covers(SequenceRange range) const {
    const auto found = first_reaching(ranges_, range.first);
    return found != ranges_.end() && found->first <= range.first && found->last >= range.last;
}

std::uint64_t RangeSet::count_in(SequenceRange range) const {
    std::uint64_t count = 0;
    for (auto at = first_reaching(ranges_, range.first); at != ranges_.end() && at->first <= range.last;
         ++at) {
        count += std::min(at->last, range.last) - std::max(at->first, range.first) + 1;
    }
    return count;
}

std::optional<SequenceRange> RangeSet::gap(std::uint64_t from, std::uint64_t last) const {
    if (from == 0) {
        return std::nullopt;  // no sequence, but what comes after the largest number
    }
    auto at = first_reaching(ranges_, from);
    if (at != ranges_.end() && at->first <= from) {
        if (at->last >= last) {
            return std::nullopt;
        }
        from = at->last + 1;
        ++at;
    }
    if (from > last) {
        return std::nullopt;
    }
    return SequenceRange{from, at == ranges_.end() ? last : std::min(last, at->first - 1)};
}

RangeSet intersection(const RangeSet& a, const RangeSet& b) {
    RangeSet both;
    auto left = a.ranges().begin();
    auto right = b.ranges().begin();
    while (left != a.ranges().end() && right != b.ranges().end()) {
        const SequenceRange common{std::max(left->first, right->first), std::min(left->last, right->last)};
        if (common.first <= common.last) {
            both.add(common);
        }
        if (left->last < right->last) {
            ++left;
        } else {
            ++right;
        }
    }
    return both;
}

std::string to_text(const RangeSet& set) {
    std::string text;
    for (const SequenceRange& range : set.ranges()) {
        if (!text.empty()) {
            text += ',';
        }
        text += std::to_string(range.first) + '-' + std::to_string(range.last);
    }
    return text;
}

std::optional<RangeSet> parse_ranges(std::string_view text) {
    RangeSet set;
    while (!text.empty()) {
        SequenceRange range;
        if (!take_number(text, range.first) || !take_sign(text, '-') || !take_number(text, range.last) ||
            range.first == 0 || range.first > range.last) {
            return std::nullopt;
        }
        set.add(range);
        if (!text.empty() && (!take_sign(text, ',') || text.empty())) {
            return std::nullopt;
        }
    }
    return set;
}

}  // namespace gengfu::store
