#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/database/database.hpp"
#include "governance/migrate/embedded.hpp"

namespace gengfu::governance {

/// A migration that the database has.
struct Applied {
    int number = 0;
    std::string name;
    std::string checksum;    ///< SHA-256 of its up file, hex
    std::string applied_at;  ///< as PostgreSQL writes it
};

/// SHA-256, 64 hex digits.
std::string checksum_of(std::string_view text);

/// Whether the database's migrations are the first ones of this program's, unchanged. \retval Errc::kInvalid
/// which one is not, and what to do.
Result<void> check_applied(std::span<const Applied> applied, std::span<const Migration> known);

/// What the database has; nothing where it has no governance schema yet. Errors as Database::run.
Result<std::vector<Applied>> applied_migrations(Database& database);

/// Whether the database's schema is exactly this program's. \retval Errc::kInvalid  it is missing, older,
/// newer or another one's, and what to do. Otherwise as Database::run
Result<void> check_ready(Database& database);

/// Brings the schema up to migration `to`, or to the newest; loads component classes that are not there yet;
/// makes the spatial index where PostGIS is. All in one transaction that holds a lock: of two programs at
/// once the second waits and finds nothing to do. \return the names of what was applied. \retval
/// Errc::kInvalid  the database is none that fits (version, encoding, other migrations), or a statement
/// failed \retval Errc::kIo       the connection is gone
Result<std::vector<std::string>> migrate_up(Database& database, std::span<const Migration> known,
                                            std::optional<int> to);

/// Takes migrations back until `to` is the newest (0: all). Otherwise as migrate_up.
Result<std::vector<std::string>> migrate_down(Database& database, std::span<const Migration> known, int to);

}  // namespace gengfu::governance
