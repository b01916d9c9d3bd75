#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/losses.hpp"
#include "daemon/store/progress.hpp"
#include "daemon/store/state.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::store {

/// What state.db means: epochs, book, configuration, progress of the consumers, losses. One thread; nothing
/// is on disk before write() or write_both().
class Ledger {
public:
    /// Reads the rows of `state`. A consumer new to the store begins with what still waits for one of the
    /// earlier. \param troubles gets a line for a row that cannot be read though its checksum fits; it is
    /// left out, which at
    ///        worst sends records again.
    static Ledger read(State state, const std::vector<std::string>& consumers,
                       std::vector<std::string>& troubles);

    /// Takes up an epoch found in a file of records, for a state that has been lost.
    void learn(std::uint64_t start, Epoch epoch);
    /// Notes this run. \param wall when known: consumers that are not required any more are forgotten after 7
    /// days.
    void begin_run(std::uint64_t start, Epoch epoch, std::optional<Wall> wall);

    std::uint64_t newest_start() const { return epochs_.empty() ? 0 : epochs_.rbegin()->first; }
    std::optional<std::uint64_t> start_of(Epoch epoch) const;
    std::vector<KnownEpoch> epochs() const;  ///< last_event is left to whoever has the files

    std::string take_book();
    std::string take_configuration();
    Key covered() const { return books_.back().covers; }
    /// Of the older copy too, to which a damaged newer one would fall back: no event above it may be deleted.
    Key covered_surely();
    void set_book(std::string book, Key covered);
    void set_configuration(std::string packed);

    Progress& progress() { return progress_; }
    const Progress& progress() const { return progress_; }

    /// Counts and logs those of `range` that are not released: the gateway no longer has them.
    /// \param reason as Abandoned.reason of the wire says it.
    void abandon(const Place& place, SequenceRange range, const std::string& reason);
    /// An earlier run: what it made after `last` was not on disk when it ended, and never will be.
    void end_run(const Place& place, std::uint64_t last);
    /// What is to be declared next, at most `most` ranges; each once a start.
    std::vector<Loss> take_losses(std::size_t most);
    bool losses_wait() const { return losses_.any_to_take(); }
    /// \return whether there is something to be stored.
    bool declared(const Loss& loss);
    std::uint64_t records_abandoned() const { return abandoned_count_; }
    const RangeSet& abandoned(const Place& place) const;
    std::vector<Abandoned> abandoned() const;

    /// Drops what belongs to starts before `start`, of which no file has a record.
    void forget_before(std::uint64_t start);

    /// Puts what has changed into the older copy of state.db, or both.
    Result<void> write();
    /// Brings the older copy to what the newer one has, without what consumers have confirmed since: with
    /// that one of the two would be behind for ever, and the card written for it.
    Result<void> mirror();
    Result<void> write_both();
    State& state() { return state_; }
    const State& state() const { return state_; }

private:
    struct Book {
        std::uint64_t version = 0;  ///< of the state that has it
        Key covers = 0;
    };
    Ledger(State state, const std::vector<std::string>& consumers);
    bool read_epochs();
    bool read_progress();
    bool read_abandoned();
    bool read_undeclared();
    bool read_covered();
    void join_new_consumers(const std::vector<std::string>& consumers);
    void forget_left_consumers(const std::vector<std::string>& consumers, Wall now);
    void put_changes();
    void store_losses(const Losses::Kind& kind);

    State state_;
    std::vector<std::string> consumers_;
    std::map<std::uint64_t, Epoch> epochs_;
    Progress progress_;
    std::map<Place, RangeSet> abandoned_;
    std::uint64_t abandoned_count_ = 0;
    Losses losses_;
    std::deque<Book> books_;  ///< the last one, and before it those that a copy may still have
};

}  // namespace gengfu::store
