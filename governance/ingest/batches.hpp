#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/core/result.hpp"
#include "governance/ingest/catalogue.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/sample_rows.hpp"
#include "governance/ingest/transaction.hpp"

namespace gengfu::ingest {

/// Puts batches of samples into the database: decoded by their catalogue and copied, or parked until it
/// comes. One thread. All errors as Database.
class Batches {
public:
    explicit Batches(CatalogueCache& catalogues) : catalogues_(catalogues) {}

    /// A new transaction begins.
    void begin();
    Result<void> put(Transaction& transaction, const RecordIn& in);
    /// Copies the rows gathered so far; with Care::kOneByOne that has been done with each batch.
    Result<void> copy_rows(Transaction& transaction);

    /// Puts parked batches of one catalogue in place, at most `most`.
    Result<void> unpark(Transaction& transaction, const std::string& gateway, const std::string& hash,
                        const Catalogue& catalogue, std::size_t most);

    /// \return null: the database does not have it whole
    Result<CataloguePtr> catalogue_of(Database& database, const std::string& gateway,
                                      const std::string& hash);

private:
    Result<void> put_samples(Transaction& transaction, const RecordIn& in, const Catalogue& catalogue);
    static void park(Transaction& transaction, const RecordIn& in, const std::string& hash);

    CatalogueCache& catalogues_;
    SampleRows rows_;
    SampleArrays arrays_;
    std::int64_t received_us_ = 0;
};

}  // namespace gengfu::ingest
