#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/core/time.hpp"
#include "daemon/publish/confirmation.hpp"
#include "daemon/publish/range_set.hpp"

namespace gengfu::publish {

/// Which records a broker has taken and a consumer still lacks, long enough for them to be sent again
/// (product contract, Confirmation): a confirmation that comes `patience` and a jitter after the PUBACK and
/// lacks them. On core.
class Unconfirmed {
public:
    using Key = std::pair<Epoch, Stream>;

    /// \param consumers whose confirmation releases a record; "broker" among them is the PUBACK and nobody to
    /// wait for.
    /// \param silences of the last run: for how long each had not been heard; those that are not waited for
    /// are forgotten.
    Unconfirmed(std::vector<std::string> consumers, Duration patience,
                const std::map<std::string, Duration>& silences = {});

    /// Whether any consumer but the broker is waited for.
    bool any() const { return !consumers_.empty(); }
    bool required(const std::string& consumer) const { return consumers_.contains(consumer); }

    /// `sequence` has its PUBACK.
    void acknowledged(const Key& key, std::uint64_t sequence, Monotonic now);

    /// What of `acknowledged` the consumer ought to have by now and has not, at most 10,000 (the next
    /// confirmation brings the rest). Nothing of a consumer that is not required.
    std::vector<std::uint64_t> lacking(const Confirmation& confirmation, const RangeSet& acknowledged,
                                       Monotonic now);

    /// The consumer has just started: it may lack anything. \return false when it said so a moment ago, or is
    /// not required.
    bool announced(const std::string& consumer, Monotonic now);

    struct Silence {
        std::string consumer{};
        Duration lasts{};
    };
    /// The consumer that has been silent for longest: since it was last heard, over restarts, or, when it
    /// never was, since the first connection. Time without a connection does not count: nobody could be
    /// heard. Nothing when none is waited for.
    Silence silent(Monotonic now) const;
    /// All of them, for the next run.
    std::map<std::string, Duration> silences(Monotonic now) const;
    void heard(const std::string& consumer, Monotonic now);
    void connected(Monotonic now);
    void lost(Monotonic now);

private:
    struct Slot {
        Monotonic begun;
        std::map<Key, RangeSet> sequences{};
    };
    struct Consumer {
        Monotonic announced{};
        Monotonic heard{};  ///< moved on by the time without a connection
        Duration before{};  ///< silent in earlier runs, until the first connection of this one
    };
    bool recent(const Key& key, std::uint64_t sequence) const;
    Duration silence(const Consumer& consumer, Monotonic now) const;

    std::map<std::string, Consumer> consumers_;
    Duration patience_, wait_;
    bool was_connected_ = false;
    std::optional<Monotonic> lost_;  ///< since when there is no connection
    std::deque<Slot> slots_;         ///< PUBACKs of the last `wait_`, a second each
    std::minstd_rand random_;
};

}  // namespace gengfu::publish
