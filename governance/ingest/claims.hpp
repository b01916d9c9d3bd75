#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/intake.hpp"

namespace gengfu::ingest {

/// How many gateways one call of governance.claim() is about.
enum class Claims : std::uint8_t {
    kTogether,   ///< all of a transaction: one round trip
    kByGateway,  ///< one, in the order of their names: Citus locks rows of one shard at a time
};

/// Enters records into the ledger; the first statement of their transaction. \return of each whether it is
/// new. Errors as Database
Result<std::vector<bool>> claim(Database& database, const std::vector<RecordIn>& records, Claims how);

/// Indexes of the records in the order of their gateways' names, in which rows are locked by every lane of
/// every instance: so nobody waits in a circle. The order within a gateway stays.
std::vector<std::size_t> by_gateway(const std::vector<RecordIn>& records);

}  // namespace gengfu::ingest
