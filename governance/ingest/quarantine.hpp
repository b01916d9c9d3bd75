#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/intake.hpp"

namespace gengfu::ingest {

/// What went to quarantine in one transaction.
struct Quarantined {
    std::size_t messages = 0;
    std::size_t only_counted = 0;  ///< of them: there was no more room for the message itself
    std::string first_gateway;     ///< of the first one; empty: none in its topic
    std::string first_reason;

    void add(const Quarantined& more);
};

/// Gathers messages that cannot be stored, and puts them into governance.quarantine at the end of a
/// transaction. The database has a bound for each gateway and for all (settings quarantine_of_gateway and
/// quarantine_in_all): the first are kept whole, the rest is counted.
class Quarantine {
public:
    void add(const RecordIn& in, std::string reason);
    /// Of a message without an identity. The same again is kept and counted once: a broker may deliver twice.
    void add(const Message& message, std::string gateway, std::string reason);

    /// Writes and forgets what was added. Errors as Database. The messages must still be there.
    Result<Quarantined> write(Database& database);

private:
    struct Identity {
        std::uint64_t epoch = 0, sequence = 0;
        std::uint8_t stream = 0;
    };
    struct Entry {
        const Message* message = nullptr;
        std::string gateway, reason;
        std::optional<Identity> identity;
    };
    Result<std::size_t> write_part(Database& database, std::size_t from, std::size_t to);

    std::vector<Entry> entries_;
};

}  // namespace gengfu::ingest
