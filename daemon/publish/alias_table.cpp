#include "daemon/publish/alias_table.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::publish {

AliasTable::AliasTable(std::unordered_map<std::uint32_t, AliasCoding> points) : points_(std::move(points)) {
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

}  // namespace gengfu::publish
