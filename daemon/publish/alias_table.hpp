#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace gengfu::publish {

/// What a reader knows of one alias of a catalogue.
struct AliasCoding {
    std::int32_t number = 0;  ///< the reader's own number of the point
    double resolution = 0;    ///< of steps; 0: none of its values is a step
    double offset = 0;
    bool text = false;
};

/// The aliases of one catalogue of one gateway. Never changes: another catalogue has another hash.
class AliasTable {
public:
    explicit AliasTable(std::unordered_map<std::uint32_t, AliasCoding> points);
    AliasTable(const AliasTable&) = delete;
    AliasTable& operator=(const AliasTable&) = delete;

    /// Null when the catalogue does not have the alias.
    const AliasCoding* find(std::uint32_t alias) const {
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
    std::unordered_map<std::uint32_t, AliasCoding> points_;
    std::vector<const AliasCoding*> dense_;
};

}  // namespace gengfu::publish
