#include "governance/ingest/catalogue.hpp"

#include <algorithm>

namespace gengfu::ingest {

Catalogue::Catalogue(std::unordered_map<std::uint32_t, PointCoding> points) : points_(std::move(points)) {
    std::uint32_t highest = 0;
    for (const auto& [alias, coding] : points_) {
        highest = alias < kDense ? std::max(highest, alias) : highest;
    }
    dense_.resize(points_.empty() ? 0 : highest + 1);
    for (const auto& [alias, coding] : points_) {
        if (alias < kDense) {
            dense_[alias] = &coding;
        }
    }
}

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
