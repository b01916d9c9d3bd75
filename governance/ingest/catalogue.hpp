#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/publish/alias_table.hpp"

namespace gengfu::ingest {

using PointCoding = publish::AliasCoding;
using Catalogue = publish::AliasTable;
using CataloguePtr = std::shared_ptr<const Catalogue>;

/// Catalogues that were read from the database, by gateway and hash. Bounded; one thread.
class CatalogueCache {
public:
    using Key = std::pair<std::string, std::string>;  ///< gateway, hash

    CataloguePtr find(const Key& key) const;
    void keep(const Key& key, CataloguePtr catalogue);
    void clear() { known_.clear(); }

private:
    /// A city's gateways have one or two each; 300 points of 32 bytes make 100 MB of this many.
    static constexpr std::size_t kMost = 10'000;
    std::map<Key, CataloguePtr> known_;
};

}  // namespace gengfu::ingest
