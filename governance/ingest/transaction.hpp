#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/parking.hpp"
#include "governance/ingest/quarantine.hpp"

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
    std::size_t samples = 0, transitions = 0, unparked = 0, superseded = 0;
    Parked parked;
    Quarantined quarantined;
    std::vector<Missing> missing;
    bool catalogue_completed = false;
};

/// The transaction under way: what every part that writes into it needs. One thread.
class Transaction {
public:
    enum class Care : std::uint8_t {
        kTogether,  ///< one refusal fails all
        kOneByOne,  ///< each message in a savepoint: what is at fault goes to quarantine
    };
    using Step = std::function<Result<void>()>;
    using Refuse = std::function<void(const std::string& reason)>;

    Transaction(Database& database_in, Care care_in) : database(database_in), care(care_in) {}

    /// Stores one message, as `care` says. When its data is at fault (Errc::kCorrupt) and messages are taken
    /// one by one, `refuse` gets the database's reason. Errors as Database
    Result<void> one(const Step& store, const Refuse& refuse);
    /// A statement whose rows do not matter.
    Result<void> call(const std::string& sql, const Params& params = {});
    /// Writes what is to be parked and what came to quarantine; the last step, so that rows are locked in the
    /// same order by everybody.
    Result<void> finish();

    Database& database;
    const Care care;
    Written written;
    Parking parking;
    Quarantine quarantine;
};

}  // namespace gengfu::ingest
