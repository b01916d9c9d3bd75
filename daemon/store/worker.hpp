#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/backoff.hpp"
#include "daemon/store/event_log.hpp"
#include "daemon/store/folder.hpp"
#include "daemon/store/inbox.hpp"
#include "daemon/store/ledger.hpp"
#include "daemon/store/retention.hpp"
#include "daemon/store/telemetry_log.hpp"

namespace gengfu::store {

/// What the store's thread says about itself to other threads.
class Board {
public:
    void put(Usage usage) {
        const std::lock_guard lock(mutex_);
        usage_ = std::move(usage);
    }
    Usage get() const {
        const std::lock_guard lock(mutex_);
        Usage usage = usage_;
        usage.slow_writes = slow_writes_;
        usage.last_slow_write = last_slow_write_;
        if (writing_since_) {
            usage.write_under_way = std::chrono::steady_clock::now() - *writing_since_;
        }
        return usage;
    }

    /// While it lives the store's thread is at the disk, which may not answer for long. May be nested: the
    /// outer one counts.
    class Writing {
    public:
        explicit Writing(Board& board);
        ~Writing();
        Writing(const Writing&) = delete;
        Writing& operator=(const Writing&) = delete;

    private:
        Board& board_;
        bool outer_ = false;
    };

private:
    mutable std::mutex mutex_;
    Usage usage_;
    std::optional<Monotonic> writing_since_;
    std::uint64_t slow_writes_ = 0;
    Duration last_slow_write_{};
};

/// The parts that open() has made.
struct Parts {
    Folder& folder;
    Ledger ledger;
    EventLog events;
    TelemetryLog telemetry;
};

/// The store's thread: decides what is done next. Events come before everything, then questions and
/// confirmations, then what is due by time, then upkeep, one small step at a time, so that an event waits for
/// one step at most.
class Worker {
public:
    /// All references outlive the worker.
    Worker(Parts parts, const Options& options, const Clock& clock, std::uint64_t start, Inbox& inbox,
           Board& board);

    /// Until the inbox closes; then writes all that there is.
    void run();

    /// Of the last writing, for close().
    Result<void> outcome() const { return outcome_; }

    /// Once before run(): what open() has found out.
    void declare_lost();

private:
    enum class Part : std::uint8_t { kEvents, kTelemetry, kState };

    bool step();
    bool take_telemetry();
    bool commit_events();
    bool do_task();
    bool do_due();
    bool checkpoint(std::uint64_t bytes);
    bool do_upkeep();
    Monotonic next_due() const;
    void finish();

    void perform(SaveBook& task);
    void perform(SaveConfiguration& task);
    void perform(Confirm& task);
    void perform(Declared& task);
    void perform(Query& task);
    void perform(HistoryQuery& task);
    void perform(HeldQuery& task);
    Result<Pending> answer(const Query& task);
    Result<FoundPending> search(const Query& task);
    Result<Pending> look_back(const HistoryQuery& task);

    Result<void> try_events();
    Result<void> commit_some();
    Result<void> flush_telemetry();
    Result<void> write_state();
    Result<void> mirror_state();
    void schedule_state(Stream stream);

    StoreView view();
    Result<void> make_room(std::uint64_t events, std::uint64_t telemetry);
    Result<void> give_up(const Decision& decision);
    bool give_up_one_file();
    Result<void> drop_file(std::size_t file, const char* reason);
    Result<void> drop_events(std::optional<Day> before);
    Key deletable_through();
    void expire();
    void abandon(const Place& place, SequenceRange range, const std::string& reason);
    void abandon_keys(Stream stream, const std::vector<Key>& keys, const char* where);
    void abandon_spans(Stream stream, const std::vector<Span>& spans, const std::string& reason);
    bool tell_losses();
    bool scrub();

    void note(Part part, const Result<void>& done, Duration took);
    void tell(std::vector<std::string> troubles);
    void publish_usage();
    std::optional<Day> today() const;

    Parts parts_;
    const Options& options_;
    const Clock& clock_;
    const std::uint64_t start_;
    Inbox& inbox_;
    Board& board_;

    std::array<Backoff, 3> backoff_;
    std::array<std::string, 3> trouble_;  ///< empty: that part takes what it is given
    std::array<bool, 3> full_{};          ///< its trouble is want of room
    std::optional<Error> event_failure_;
    Monotonic flush_due_ = Monotonic::max(), state_due_ = Monotonic::max(), mirror_due_ = Monotonic::max();
    Monotonic upkeep_due_{}, usage_due_{}, bytes_due_{}, scrub_due_{}, losses_due_{};
    std::array<Key, 2> scrubbed_{};  ///< next key to check, events and telemetry
    std::array<Key, 2> scrub_until_{};
    Usage usage_;
    bool usage_stale_ = true;
    Result<void> outcome_;
};

}  // namespace gengfu::store
