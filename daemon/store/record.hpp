#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::store {

/// How a record's bytes are to be read; the numbers are those of the disk.
enum class Encoding : std::uint8_t { kProtobuf = 1, kJson = 2 };

/// A record: identity and bytes, which are the same for ever. The store does not look into the bytes.
struct Record {
    Identity identity;
    Encoding encoding = Encoding::kProtobuf;
    std::string bytes;
};

/// Sequences first … last, both included.
struct SequenceRange {
    std::uint64_t first = 0, last = 0;
    friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

/// Sequences of one stream of one run.
struct StreamRanges {
    Epoch epoch;
    Stream stream = Stream::kEvent;
    std::vector<SequenceRange> ranges{};
    friend bool operator==(const StreamRanges&, const StreamRanges&) = default;
};

}  // namespace gengfu::store
