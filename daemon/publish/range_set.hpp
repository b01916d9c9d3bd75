#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "daemon/store/record.hpp"

namespace gengfu::publish {

/// A set of sequence numbers, kept as ranges: what has been acknowledged of a stream is one range, however
/// long it is.
class RangeSet {
public:
    void add(std::uint64_t sequence);
    void remove(std::uint64_t sequence);
    bool contains(std::uint64_t sequence) const;
    bool empty() const { return ranges_.empty(); }
    std::size_t size() const { return ranges_.size(); }  ///< ranges, not numbers
    void clear() { ranges_.clear(); }

    /// Ascending and apart.
    std::vector<store::SequenceRange> ranges() const;

private:
    std::map<std::uint64_t, std::uint64_t> ranges_;  // first to last
};

}  // namespace gengfu::publish
