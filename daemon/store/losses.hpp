#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/progress.hpp"
#include "daemon/store/ranges.hpp"

namespace gengfu::store {

/// What no longer exists and has not been declared to the consumers yet. A value, pure; its rows stand in
/// state.db, so that a loss is declared over a crash too, at worst twice.
class Losses {
public:
    /// Place and why, as Abandoned.reason of the wire says it.
    using Kind = std::pair<Place, std::string>;

    void add(const Kind& kind, SequenceRange range);
    /// Takes up what was stored.
    void load(Kind kind, RangeSet ranges) { undeclared_[std::move(kind)] = std::move(ranges); }

    /// At most `most` ranges that were not taken since the start, oldest first.
    std::vector<std::pair<Kind, SequenceRange>> take(std::size_t most);
    bool any_to_take() const { return to_take_; }

    /// An event on disk says so. \return whether anything changed.
    bool declared(const Kind& kind, SequenceRange range);

    const RangeSet& undeclared(const Kind& kind) const;

private:
    std::map<Kind, RangeSet> undeclared_, taken_;
    bool to_take_ = true;
};

}  // namespace gengfu::store
