#pragma once

#include <cstddef>

#include "daemon/core/result.hpp"
#include "governance/ingest/batches.hpp"
#include "governance/ingest/catalogue.hpp"
#include "governance/ingest/claims.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/transaction.hpp"

namespace gengfu::ingest {

/// Puts an intake into the database in one transaction: the ledger decides what is new, then samples,
/// events, births. One thread, with the connection it is given.
class Writer {
public:
    explicit Writer(CatalogueCache& catalogues, Claims claims = Claims::kTogether)
        : catalogues_(catalogues), claims_(claims), batches_(catalogues) {}

    /// When the data of some message is at fault, everything is done again with each message by itself, and
    /// that message goes to quarantine with the database's reason. \retval Errc::kIo, kBusy, kFull, kInvalid
    /// as Database says; nothing was written
    Result<Written> write(Database& database, const Intake& intake);

    /// Puts parked batches in place whose catalogue has come, at most about `most`.
    Result<Written> unpark(Database& database, std::size_t most);

private:
    Result<Written> write(Database& database, const Intake& intake, Transaction::Care care);
    Result<void> steps(Transaction& transaction, const Intake& intake);
    Result<void> put(Transaction& transaction, const RecordIn& in);

    CatalogueCache& catalogues_;
    Claims claims_;
    Batches batches_;
};

}  // namespace gengfu::ingest
