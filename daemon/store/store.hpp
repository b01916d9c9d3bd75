#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/store/record.hpp"

/// What must outlive the process. One thread of its own holds the SQLite handles; calls are queued to it and
/// answered by callbacks on that thread (callers post to their own). See docs/formats.md for the files.
namespace gengfu::store {

/// Records that no longer exist and will never come.
struct Loss {
    Epoch epoch;
    Stream stream = Stream::kTelemetry;
    SequenceRange range;
    std::string reason;  ///< one of the below; stands on the wire and on disk
    friend bool operator==(const Loss&, const Loss&) = default;
};
inline constexpr const char* kOverLimit =
    "size-limit";  ///< given up for room within Options::size_limit_bytes
inline constexpr const char* kDiskFull =
    "disk-full";  ///< given up for an event on a disk that others have filled
inline constexpr const char* kDamaged = "damaged";  ///< the file or the record could not be read any more
inline constexpr const char* kMemoryFull = "memory-full";  ///< the disk took nothing for too long
/// Made by an earlier run after what it had last on disk: a crash took it, or there never was any. The range
/// goes to the last sequence that there can be.
inline constexpr const char* kEndOfRun = "end-of-run";

struct Options {
    std::string path;  ///< folder; made when missing
    std::uint64_t size_limit_bytes = 2ULL << 30U;
    Duration history = std::chrono::hours(30 * 24);
    Duration flush = std::chrono::seconds(10);
    std::vector<std::string> consumers{"broker"};  ///< whose confirmation releases a record
    /// The start number will be above this one too (another gateway of our name has been seen with it); what
    /// is no start number is left alone.
    std::uint64_t start_above = 0;
    /// A damaged file set aside, a disk that takes nothing any more or again: in a user's words, once per
    /// change of state, on the store's thread. May be empty.
    std::function<void(std::string)> trouble;
    /// Something was lost and is to be declared to the consumers; answer with Store::declared() when that is
    /// on disk. What was not declared before is told again at the next start. On the store's thread, at most
    /// 64 a second. May be empty.
    std::function<void(Loss)> lost;
};

/// An epoch that the store knows, with the number of its start.
struct KnownEpoch {
    Epoch epoch;
    std::uint64_t start = 0;
    /// Highest sequence of its events that has been on disk; an event above it was lost with a crash before
    /// its commit. 0: not known (none was, or all were released and deleted long ago).
    std::uint64_t last_event = 0;
    friend bool operator==(const KnownEpoch&, const KnownEpoch&) = default;
};

/// Records that the gateway had to give up before every consumer had them.
struct Abandoned {
    Epoch epoch;
    Stream stream = Stream::kTelemetry;
    std::vector<SequenceRange> ranges;
};

/// What a start finds. The epoch is new; the start number is one above the last.
struct Start {
    Epoch epoch;
    std::uint64_t number = 0;
    std::string book;  ///< the last checkpoint (opaque); empty at the first start
    std::vector<std::string>
        later_events;           ///< state blobs of events after the checkpoint, in the order of their commit
    std::string configuration;  ///< last accepted, packed; empty when none
    std::uint64_t records_abandoned = 0;  ///< since the store was made
    std::vector<std::string> troubles;    ///< damaged files set aside and the like, in a user's words
    std::vector<KnownEpoch>
        epochs;  ///< earlier ones, oldest first, without this start's; the newest 1024 at least
    std::vector<Abandoned> abandoned;  ///< of the newest 64 epochs and streams that lost any
    std::uint64_t oldest_held = 0;     ///< start of the oldest record that there still is; 0: there is none
};

struct Usage {
    std::uint64_t bytes = 0;                                  ///< on disk, as of the last 10 s
    std::uint64_t events_pending = 0, telemetry_pending = 0;  ///< not yet confirmed by every consumer
    std::uint64_t records_abandoned = 0;
    std::uint64_t commits = 0;           ///< transactions synced to disk since the start
    Duration last_commit{};              ///< how long the last one took
    std::string trouble;                 ///< why the disk takes no records at present; empty while it does
    bool full = false;                   ///< `trouble` is want of room
    std::vector<std::string> set_aside;  ///< paths of damaged files that were set aside since the start
    std::uint64_t slow_writes = 0;       ///< that took longer than kSlowWrite, since the start
    Duration last_slow_write{};          ///< how long the last of these took
    Duration write_under_way{};          ///< how long the disk has been at the present one; zero: at none
};

/// An event that is not on disk by then goes out as volatile (product contract, An event).
constexpr Duration kSlowWrite = std::chrono::milliseconds(500);

/// A record that is to be sent, with whether it was made in an earlier moment than now (an outage, an earlier
/// epoch).
struct Pending {
    std::vector<Record> records;  ///< oldest first: by start of their epoch, then sequence
    bool more = false;            ///< there are further ones
};

class Store {
public:
    virtual ~Store() = default;

    using Done = std::function<void(Result<void>)>;

    /// Commits one event with the state that it leaves behind (opaque, for Start::later_events). `done` is
    /// called after it is on disk (synchronised), in the order of the calls; several events may share one
    /// commit. With kFull or kIo the disk does not take it now: it stays in memory, is pending, and is
    /// committed when the disk is back (`done` is not called again). With kInvalid (not of this epoch, not
    /// above the last sequence), kInterrupted (closing) or kFull at a full queue `done` is called within this
    /// call, and the event is not kept.
    virtual void commit_event(Record record, std::string state, Done done) = 0;

    /// Keeps a telemetry record; it reaches the disk within Options::flush. Never blocks; at a full queue the
    /// record is dropped, counted as abandoned and kFull is returned.
    virtual Result<void> append_telemetry(Record record) = 0;

    /// Replaces the checkpoint, which covers all events committed before this call.
    virtual void save_book(std::string book) = 0;
    virtual void save_configuration(std::string packed, Done done) = 0;

    /// Notes that `consumer` has the sequences; cheap, gathered, lasting within a second for events, within a
    /// minute for telemetry (a crash before costs records sent again under the same identity). A record that
    /// every consumer has is released. Unknown consumers, unknown epochs and sequences not made yet are
    /// ignored.
    virtual void confirm(const std::string& consumer, Epoch epoch, Stream stream,
                         std::vector<SequenceRange> ranges) = 0;

    /// An event that is on disk declares `loss`: it is not told again.
    virtual void declared(Loss loss) = 0;

    /// Unconfirmed records of `stream` after `after` (nothing, or an epoch long forgotten: from the oldest),
    /// at most `limit` and 256 KiB (the record that passes it is still given). Includes what has not reached
    /// the disk yet. `found` is called on the store's thread.
    virtual void pending(Stream stream, std::optional<Identity> after, std::size_t limit,
                         std::function<void(Result<Pending>)> found) = 0;

    /// Records of `epoch` within `range` that the store still has, confirmed or not, oldest first, at most
    /// `limit` and 256 KiB (`more`: go on after the last one). None of an epoch that is not known or of what
    /// is gone. `found` is called on the store's thread.
    virtual void history(Epoch epoch, Stream stream, SequenceRange range, std::size_t limit,
                         std::function<void(Result<Pending>)> found) = 0;

    /// For each epoch of which there still are records the first and the last: events before telemetry, each
    /// oldest first. `found` is called on the store's thread.
    virtual void held(std::function<void(Result<std::vector<StreamRanges>>)> found) = 0;

    /// Any thread.
    virtual Usage usage() const = 0;

    /// Flushes everything, closes the files and frees the folder. Blocks until done or `deadline`.
    /// \retval Errc::kTimeout the disk is too slow (the destructor still waits for it); kFull, kIo not all is
    /// on disk.
    virtual Result<void> close(Monotonic deadline) = 0;
};

struct Opened {
    std::unique_ptr<Store> store;
    Start start;
};

/// Opens or makes the store, checks state.db (and takes its second copy when the first is damaged), draws the
/// epoch. Blocks. Damaged files are set aside and told in Start::troubles.
/// \retval Errc::kIo folder cannot be made or locked (another daemon runs on it)
Result<Opened> open(const Options& options, const Clock& clock);

}  // namespace gengfu::store
