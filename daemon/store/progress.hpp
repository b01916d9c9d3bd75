#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/store/ranges.hpp"

namespace gengfu::store {

/// A stream of one start.
struct Place {
    std::uint64_t start = 0;
    Stream stream = Stream::kEvent;
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// What each consumer has. A value, pure.
class Progress {
public:
    /// Ranges kept for one consumer, start and stream; a confirmation that would need more is left for a
    /// later one that closes gaps (the records are sent again meanwhile, which is harmless).
    static constexpr std::size_t kMostRanges = 4096;

    /// \param consumers whose confirmation releases a record; at least one.
    explicit Progress(std::vector<std::string> consumers);

    /// Takes up what was stored; also of consumers that are not required any more.
    void load(const Place& place, const std::string& consumer, RangeSet ranges);

    /// Gives `consumer`, which is new, what all of `before` have: it need not be sent what was released
    /// without it, and is sent all that still waits for one of them.
    void join(const std::string& consumer, const std::vector<std::string>& before);

    /// \param last nothing above it is believed: the last sequence made.
    /// \return whether it changed anything. Of an unknown consumer it does not.
    bool confirm(const Place& place, const std::string& consumer, const std::vector<SequenceRange>& ranges,
                 std::uint64_t last);

    /// What every required consumer has.
    const RangeSet& released(const Place& place) const;
    const RangeSet& of(const Place& place, const std::string& consumer) const;

    struct Change {
        Place place;
        std::string consumer;
        bool gone = false;
    };
    /// What has changed since the last call and is to be stored.
    std::vector<Change> take_changes();

    /// Forgets what belongs to no record any more: places before `start`, and, if it is set, a consumer.
    void forget_before(std::uint64_t start);
    void forget(const std::string& consumer);
    std::set<std::string> consumers_known() const;

private:
    void release(const Place& place);

    std::vector<std::string> consumers_;
    std::map<Place, std::map<std::string, RangeSet>> confirmed_;
    std::map<Place, RangeSet> released_;
    std::set<std::pair<Place, std::string>> changed_;
};

}  // namespace gengfu::store
