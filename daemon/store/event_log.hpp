#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/day.hpp"
#include "daemon/store/folder.hpp"
#include "daemon/store/pending.hpp"
#include "daemon/store/record_file.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::store {

/// events.db, and the events that are on their way into it. One thread.
class EventLog {
public:
    struct Waiting {
        Key key = 0;
        Record record;
        std::string state;
        Store::Done done;
    };
    /// Events kept in memory while the disk takes none; more are given up.
    static constexpr std::size_t kMostWaiting = 4096;
    static constexpr std::size_t kMostWaitingBytes = 4U << 20U;
    /// Bytes of one transaction, so that the log stays small when a disk comes back.
    static constexpr std::size_t kMostAtOnce = 512U << 10U;

    /// A damaged file is set aside and a new one begun. On a disk that takes no writing what is there is
    /// read, and events stay in memory until a commit() succeeds. \retval Errc::kIo it cannot even be read
    static Result<EventLog> open(const Folder& folder, std::vector<std::string>& troubles);

    void add(Waiting event);
    bool waiting() const { return !waiting_.empty(); }
    /// What the next commit() will write, in bytes.
    std::size_t next_bytes() const;

    /// Writes everything that waits in one transaction and answers it, in the order of add(). On failure all
    /// stays and nothing is answered.
    Result<void> commit(Day today, std::vector<std::string>& troubles);
    /// Tells those that have not been answered yet; they are committed later, and not answered again.
    void answer(const Error& failure);
    /// Gives up the newest of what is beyond the bounds. \return their keys.
    std::vector<Key> shed();

    /// File and memory, first … last by key.
    Result<RecordFile::Read> read(Key first, Key last, Budget budget);
    Result<RecordFile::States> states_after(Key key, std::size_t most_bytes);

    /// The key up to which `count` of the oldest can be erased, see RecordFile::oldest().
    Result<std::optional<Key>> oldest(std::size_t count, Key limit, std::optional<Day> before);
    Result<void> erase_through(Key last);
    Result<bool> give_back();

    const Extents& extents() const { return extents_; }
    const std::map<std::uint64_t, Epoch>& epochs() const;
    /// Spans of a file that had to be set aside since the last call.
    std::vector<Span> take_lost();

    /// Pages that a checkpoint would carry over.
    std::uint64_t log_bytes() const;
    Result<void> checkpoint();
    /// With its log, and what the log may yet add.
    std::uint64_t bytes() const;
    /// Sets the file aside and begins a new one, after a reading has failed with kCorrupt.
    Result<void> replace(const Error& why, std::vector<std::string>& troubles);

private:
    explicit EventLog(const Folder& folder) : folder_(&folder) {}
    Result<void> set_aside(const Error& why, std::vector<std::string>& troubles);
    Result<void> ensure_open(std::vector<std::string>& troubles);
    Result<void> look_at_it();
    Result<void> write(Day today);
    /// How many of the oldest make up the next transaction: at least one, and at most kMostAtOnce.
    std::size_t next_count() const;
    void measure();

    const Folder* folder_;
    std::optional<RecordFile> file_;
    bool reopen_ = false;   ///< after an I/O error: at the next commit
    bool viewing_ = false;  ///< file_ is open for reading alone
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    Extents extents_;
    std::vector<Span> lost_;
};

}  // namespace gengfu::store
