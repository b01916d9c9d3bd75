#pragma once

#include "daemon/core/result.hpp"
#include "governance/ingest/batches.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/transaction.hpp"

namespace gengfu::ingest {

/// Stores what gateways say of themselves: retained catalogues, births, states. Errors as Database
Result<void> put_presence(Transaction& transaction, Batches& batches, const Intake& intake);

}  // namespace gengfu::ingest
