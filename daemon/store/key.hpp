#pragma once

#include <cstdint>

namespace gengfu::store {

/// A record's place on disk: start number of its epoch, then sequence. Ascending keys are ascending age, over
/// all epochs, so that a table's primary key needs no second index and "oldest first" is a walk.
using Key = std::int64_t;

constexpr int kSequenceBits = 38;  ///< 10,000 records a second for 318 days
constexpr std::uint64_t kMaxSequence = (1ULL << kSequenceBits) - 1;
constexpr std::uint64_t kMaxStart = (1ULL << (63 - kSequenceBits)) - 1;  ///< a start every 10 s for 10 years

/// \param start 1 … kMaxStart. \param sequence 0 … kMaxSequence.
constexpr Key key_of(std::uint64_t start, std::uint64_t sequence) {
    return static_cast<Key>(start << static_cast<unsigned>(kSequenceBits) | sequence);
}
constexpr std::uint64_t start_of(Key key) {
    return static_cast<std::uint64_t>(key) >> static_cast<unsigned>(kSequenceBits);
}
constexpr std::uint64_t sequence_of(Key key) {
    return static_cast<std::uint64_t>(key) & kMaxSequence;
}

/// Sequences of one start that a file holds: from the first to the last, gaps not told.
struct Span {
    std::uint64_t start = 0, first = 0, last = 0;
    friend bool operator==(const Span&, const Span&) = default;
};

}  // namespace gengfu::store
