#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/time.hpp"

namespace gengfu::rules {

/// Which rules are to be looked at when, earliest first. Deadlines of silence only ever move later, so an
/// entry holds the earliest moment at which there can be something to do: a sample that moves the deadline
/// costs nothing here, the rule is looked at once in vain and put back.
class WatchList {
public:
    struct Entry {
        Monotonic when{};
        std::uint32_t rule = 0;
    };

    /// Room for so many entries, so that none is allocated later.
    void reserve(std::size_t entries) { heap_.reserve(entries); }
    void push(const Entry& entry);
    std::optional<Monotonic> earliest() const;
    /// The earliest entry, when it is due.
    std::optional<Entry> pop_due(Monotonic now);

private:
    std::vector<Entry> heap_;
};

}  // namespace gengfu::rules
