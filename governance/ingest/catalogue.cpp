#include "governance/ingest/catalogue.hpp"

#include <utility>

namespace gengfu::ingest {

CataloguePtr CatalogueCache::find(const Key& key) const {
    const auto found = known_.find(key);
    return found == known_.end() ? nullptr : found->second;
}

void CatalogueCache::keep(const Key& key, CataloguePtr catalogue) {
    if (known_.size() >= kMost) {
        known_.clear();  // read again as they are asked for: rarer and simpler than an order of use
    }
    known_[key] = std::move(catalogue);
}

}  // namespace gengfu::ingest
