#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/intake.hpp"

namespace gengfu::ingest {

/// What became of batches whose catalogue is not known.
struct Parked {
    std::size_t kept = 0;
    std::size_t turned_away = 0;  ///< no room: not committed, so that the gateway sends them again
    std::string first_gateway;    ///< of the first turned away
    std::string first_hash;       ///< the catalogue it lacks

    void add(const Parked& more);
};

/// Gathers batches whose catalogue is not known, and puts them into governance.parked towards the end of a
/// transaction. The database has a bound for each gateway and for all (settings parked_of_gateway and
/// parked_in_all): what is beyond is taken out of the ledger again.
class Parking {
public:
    /// \param hash  of the catalogue, valid UTF-8 without NUL
    void add(const RecordIn& in, const std::string& hash) { entries_.push_back({&in, hash}); }

    /// Writes and forgets what was added, by gateway in the order of the key. Errors as Database. The records
    /// must still be there.
    Result<Parked> write(Database& database);

private:
    struct Entry {
        const RecordIn* in = nullptr;
        std::string hash;
    };
    Result<void> write_part(Database& database, std::size_t from, std::size_t to, Parked& done) const;

    std::vector<Entry> entries_;
};

}  // namespace gengfu::ingest
