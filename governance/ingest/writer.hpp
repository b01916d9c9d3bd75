#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/catalogue.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/sample_rows.hpp"

namespace gengfu::ingest {

/// A catalogue that a batch names and the database does not have.
struct Missing {
    std::string gateway;
    std::string base;  ///< of its topics
    std::string hash;
};

/// What one transaction did.
struct Written {
    std::size_t fresh = 0, duplicates = 0;  ///< records
    std::size_t samples = 0, transitions = 0, quarantined = 0, parked = 0, unparked = 0, superseded = 0;
    std::vector<Missing> missing;
    bool catalogue_completed = false;
};

/// How many gateways one call of governance.claim() is about.
enum class Claims : std::uint8_t {
    kTogether,   ///< all of a transaction: one round trip
    kByGateway,  ///< one, in the order of their names: Citus locks rows of one shard at a time
};

/// Puts an intake into the database in one transaction: the ledger decides what is new, then samples,
/// events, births. One thread, with the connection it is given.
class Writer {
public:
    explicit Writer(CatalogueCache& catalogues, Claims claims = Claims::kTogether)
        : catalogues_(catalogues), claims_(claims) {}

    /// When the data of some message is at fault, everything is done again with each message by itself, and
    /// that message goes to quarantine with the database's reason. \retval Errc::kIo, kBusy, kFull, kInvalid
    /// as Database says; nothing was written
    Result<Written> write(Database& database, const Intake& intake);

    /// Puts parked batches in place whose catalogue has come, at most about `most`.
    Result<Written> unpark(Database& database, std::size_t most);

private:
    enum class Care : std::uint8_t { kTogether, kOneByOne };
    using Step = std::function<Result<void>()>;
    using Refuse = std::function<Result<void>(const std::string& reason)>;

    Result<Written> transaction(Database& database, const Intake& intake, Care care);
    Result<void> steps(const Intake& intake);
    Result<void> one(const Step& store, const Refuse& refuse);
    Result<std::vector<bool>> claim(const std::vector<RecordIn>& records);
    /// One call of governance.claim(). \param part  indexes of records  \param fresh  their answers are put
    /// there
    Result<void> claim_part(const std::vector<RecordIn>& records, const std::vector<std::size_t>& part,
                            std::vector<bool>& fresh);
    Result<void> put_record(const RecordIn& in);
    Result<void> put_event(const RecordIn& in);
    Result<void> put_catalogue(const std::string& gateway, std::uint64_t start, std::uint64_t sequence,
                               const v1::CatalogueChange& part);
    Result<void> put_batch(const RecordIn& in);
    Result<void> put_samples(const SampleOwner& owner, const v1::Record& record, const Catalogue& catalogue,
                             const Refuse& refuse);
    Result<void> copy_rows();
    Result<CataloguePtr> catalogue_of(const std::string& gateway, const std::string& hash);
    Result<void> park(const RecordIn& in, const std::string& hash);
    Result<void> quarantine(const RecordIn& in, const std::string& reason);
    Result<void> quarantine(const Message& message, const std::string& gateway, const std::string& reason);
    Result<void> put_presence(const Intake& intake);
    Result<void> call(const std::string& sql, const Params& params);
    Result<void> unpark_one(const std::string& gateway, const std::string& hash, const Catalogue& catalogue,
                            std::size_t most);

    CatalogueCache& catalogues_;
    Claims claims_;
    // Of the transaction under way.
    Database* database_ = nullptr;
    Care care_ = Care::kTogether;
    Written written_;
    SampleRows rows_;
    SampleArrays arrays_;
    std::int64_t received_us_ = 0;
};

}  // namespace gengfu::ingest
