#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/core/result.hpp"
#include "governance/database/database.hpp"
#include "governance/registry/check.hpp"
#include "governance/registry/row.hpp"

/// The registry's side of an import: what it knows, and taking rows in. Within the caller's transaction.
/// All return errors as Database::run.
namespace gengfu::governance {

/// What became of the rows of an import.
struct Imported {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t same = 0;
};

/// One place where a gateway says otherwise than the registry.
struct Difference {
    std::string gateway, device, component, what, gateway_says, registry_says;
};

/// Classes and parties. Locks the registry against other imports until the transaction ends.
Result<KnownRegistry> read_known(Database& database);

/// What the file leaves out stays as the registry has it, so that a row may contradict what it does not say.
/// Such rows go into `report`, with their place.
Result<void> check_against_registry(Database& database, const std::vector<Row>& rows, config::Report& report);

/// Rows that check_components and check_parties had nothing against. What the database refuses all the same
/// goes into `report`, with the place of the first such row; then nothing of the import is to be kept.
Result<Imported> store_components(Database& database, const std::vector<Row>& rows, config::Report& report);
Result<Imported> store_parties(Database& database, const std::vector<Row>& rows, config::Report& report);

/// At most `most` of them, in order of gateway and device; `total` is how many there are.
Result<std::vector<Difference>> differences(Database& database, std::size_t most, std::size_t& total);

}  // namespace gengfu::governance
