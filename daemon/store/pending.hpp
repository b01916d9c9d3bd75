#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/ranges.hpp"
#include "daemon/store/record_file.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::store {

/// Sequences that a log holds per start, from the first to the last.
using Extents = std::map<std::uint64_t, SequenceRange>;

/// What pending records are looked for in.
struct Source {
    const Extents& extents;
    std::function<const RangeSet&(std::uint64_t start)> released;
    std::function<Result<RecordFile::Read>(Key first, Key last, Budget budget)> read;
};

struct FoundPending {
    Pending pending;
    std::vector<Key> damaged;  ///< met on the way and left out
};

/// Bytes after which an answer is closed.
constexpr std::size_t kPendingBytes = 256U << 10U;

/// Records after `after` that are not released, oldest first, at most `limit`. Reads only the gaps between
/// released ranges, so that its cost is that of what it finds. \retval what `source.read` fails with.
Result<FoundPending> find_pending(const Source& source, Key after, std::size_t limit);

/// How many records of `extents` are neither released nor abandoned, taking each to be without gaps.
std::uint64_t count_pending(const Extents& extents,
                            const std::function<const RangeSet&(std::uint64_t)>& released,
                            const std::function<const RangeSet&(std::uint64_t)>& abandoned);

}  // namespace gengfu::store
