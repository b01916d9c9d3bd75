#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/core/result.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/record.hpp"
#include "daemon/store/sqlite.hpp"

namespace gengfu::store {

/// How much one reading may bring.
struct Budget {
    std::size_t records = 0;
    std::size_t bytes = 0;  ///< the record that passes it is still taken, so that a large one gets through
};

/// One file of records: events.db or a part of a day's telemetry. One thread. Errors are those of sqlite.hpp.
class RecordFile {
public:
    struct Row {
        Key key = 0;
        const Record* record = nullptr;
        std::string_view state;  ///< events alone
        std::int64_t day = 0;    ///< days since 1970-01-01 when it was written; 0 with the clock unknown
    };

    struct Read {
        std::vector<Record> records;
        std::vector<Key> damaged;  ///< their checksum does not fit; left out of `records`
        Key next = 0;              ///< where to go on
        bool more = false;         ///< the budget ended the reading
    };

    static Result<RecordFile> open(const std::string& path, Stream stream);
    static Result<RecordFile> open_sealed(const std::string& path, Stream stream);
    /// For reading alone, see store::open_view(); whatever writes fails with kIo.
    static Result<RecordFile> open_view(const std::string& path, Stream stream);

    /// Adds rows in one transaction, which is on disk (synchronised) when this returns without error.
    /// A key that is there already is the same record (a commit that was said to have failed): it is left as
    /// it is.
    Result<void> append(std::span<const Row> rows);

    /// Records first … last by key.
    Result<Read> read(Key first, Key last, Budget budget);

    /// State blobs of the records after `key`, oldest first. Of more than `most_bytes` only the newest are
    /// given.
    struct States {
        std::vector<std::string> states;
        bool cut = false;  ///< older ones were left out
        std::vector<Key> damaged;
    };
    Result<States> states_after(Key key, std::size_t most_bytes);

    /// The key up to which the oldest `count` records, none above `limit` nor written on or after
    /// `before_day` (nothing: of any day), can be erased.
    Result<std::optional<Key>> oldest(std::size_t count, Key limit, std::optional<std::int64_t> before_day);
    /// Deletes all up to `last` and gives the room back to the disk.
    Result<void> erase_through(Key last);
    /// Gives back the room of pages that are free. \return whether there were any.
    Result<bool> give_back();

    /// Ascending by start.
    const std::vector<Span>& spans() const { return spans_; }
    const std::map<std::uint64_t, Epoch>& epochs() const { return epochs_; }

    /// Bytes of the log that are not carried over yet.
    std::uint64_t log_bytes() const {
        return static_cast<std::uint64_t>(database_->wal_pages()) * page_bytes_;
    }
    Result<void> checkpoint() { return database_->checkpoint(); }
    /// Bytes by which the next checkpoint may make the file grow.
    std::uint64_t to_come() const { return log_bytes(); }
    Result<void> seal();
    const std::string& path() const { return database_->path(); }

private:
    RecordFile() = default;
    static Result<RecordFile> over(Result<std::unique_ptr<sql::Database>> opened, Stream stream);
    Result<void> load_page_bytes();
    Result<void> prepare_writing();
    Result<void> load_epochs();
    Result<void> load_spans();
    Result<void> insert(const Row& row);
    Result<std::optional<Record>> current_row();
    void note(Key key);

    Stream stream_ = Stream::kEvent;
    std::unique_ptr<sql::Database> database_;
    sql::Statement insert_run_, insert_record_, select_, select_states_, select_oldest_, delete_;
    std::map<std::uint64_t, Epoch> epochs_;
    std::vector<Span> spans_;
    std::uint64_t page_bytes_ = 4096;
};

}  // namespace gengfu::store
