#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/result.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/transaction.hpp"

namespace gengfu::ingest {

/// Stores a record of the event stream. Errors as Database
Result<void> put_event(Transaction& transaction, const RecordIn& in);

/// Stores a part of a catalogue. \param start, sequence  of the record that brought it; 0: a retained message
Result<void> put_catalogue(Transaction& transaction, const std::string& gateway, std::uint64_t start,
                           std::uint64_t sequence, const v1::CatalogueChange& part);

}  // namespace gengfu::ingest
