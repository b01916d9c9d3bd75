#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gengfu::ingest {

/// What the database knows of one alias of a catalogue.
struct PointCoding {
    std::int32_t number = 0;  ///< the point's number within its gateway
    double resolution = 0;    ///< of steps; 0: none of its values is a step
    double offset = 0;
    bool text = false;
};

/// The aliases of one catalogue of one gateway. Never changes: another catalogue has another hash.
class Catalogue {
public:
    explicit Catalogue(std::unordered_map<std::uint32_t, PointCoding> points);
    Catalogue(const Catalogue&) = delete;
    Catalogue& operator=(const Catalogue&) = delete;

    /// Null when the catalogue does not have the alias.
    const PointCoding* find(std::uint32_t alias) const {
        if (alias < dense_.size()) {
            return dense_[alias];
        }
        const auto found = alias < kDense ? points_.end() : points_.find(alias);
        return found == points_.end() ? nullptr : &found->second;
    }
    std::size_t size() const { return points_.size(); }

private:
    /// Aliases count from 1 in a store: those of any gateway alive are small.
    static constexpr std::uint32_t kDense = 65'536;
    std::unordered_map<std::uint32_t, PointCoding> points_;
    std::vector<const PointCoding*> dense_;
};

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
