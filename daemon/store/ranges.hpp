#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/record.hpp"

namespace gengfu::store {

/// A set of sequences as ascending ranges that neither overlap nor touch. A value, pure.
class RangeSet {
public:
    RangeSet() = default;

    /// Adds first … last. Ranges upside down and sequence 0 are ignored (sequences count from 1).
    void add(SequenceRange range);

    /// As add(), but not when that would leave more than `most` ranges. \return whether it was added.
    bool add_within(SequenceRange range, std::size_t most);

    bool contains(std::uint64_t sequence) const;
    bool covers(SequenceRange range) const;

    /// How many sequences of `range` are in the set.
    std::uint64_t count_in(SequenceRange range) const;

    /// The first stretch at or after `from`, at most to `last`, that is not in the set.
    std::optional<SequenceRange> gap(std::uint64_t from, std::uint64_t last) const;

    const std::vector<SequenceRange>& ranges() const { return ranges_; }
    bool empty() const { return ranges_.empty(); }
    friend bool operator==(const RangeSet&, const RangeSet&) = default;

private:
    std::vector<SequenceRange> ranges_;
};

RangeSet intersection(const RangeSet& a, const RangeSet& b);

/// "1-42,44-44": readable in state.db with any SQLite tool.
std::string to_text(const RangeSet& set);

/// \return nothing when `text` is not what to_text() writes.
std::optional<RangeSet> parse_ranges(std::string_view text);

}  // namespace gengfu::store
