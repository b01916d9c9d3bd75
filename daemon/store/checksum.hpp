#pragma once

#include <cstdint>
#include <string_view>

namespace gengfu::store {

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), going on from `before`: a record's own checksum, since SQLite
/// has none and a flipped bit inside a blob would be sent as it is.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// Hash of one row of state.db. The sum of all rows' hashes, modulo 2^64, is the seal of the file: it can be
/// kept up to date row by row and does not hang on their order.
std::uint64_t row_hash(std::string_view name, std::string_view value);

}  // namespace gengfu::store
