#include "daemon/store/record_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "daemon/core/kill_point.hpp"
#include "daemon/store/checksum.hpp"
#include "daemon/store/schema.hpp"

namespace gengfu::store {
namespace {

void append_number(std::string& bytes, std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        bytes.push_back(static_cast<char>(value >> shift & 0xFFU));
    }
}

// Over everything that makes the record, so that no column can change unnoticed.
std::int64_t checksum(Key key, Epoch epoch, std::int64_t encoding, std::string_view bytes,
                      std::string_view state) {
    std::string head;
    append_number(head, static_cast<std::uint64_t>(key));
    append_number(head, epoch.value);
    append_number(head, static_cast<std::uint64_t>(encoding));
    append_number(head, bytes.size());
    return crc32c(state, crc32c(bytes, crc32c(head)));
}

// Takes the error of the first preparation that fails.
bool prepare(sql::Database& database, sql::Statement& statement, const char* text, Result<void>& done) {
    if (!done) {
        return false;
    }
    Result<sql::Statement> prepared = database.prepare(text);
    if (!prepared) {
        done = pass(prepared);
        return false;
    }
    statement = std::move(*prepared);
    return true;
}

}  // namespace

Result<RecordFile> RecordFile::open(const std::string& path, Stream stream) {
    Result<RecordFile> file =
        over(open_file(path, stream == Stream::kEvent ? FileKind::kEvents : FileKind::kTelemetry), stream);
    if (file) {
        if (Result<void> done = file->prepare_writing(); !done) {
            return pass(done);
        }
    }
    return file;
}

Result<RecordFile> RecordFile::open_sealed(const std::string& path, Stream stream) {
    return over(store::open_sealed(path), stream);
}

Result<RecordFile> RecordFile::open_view(const std::string& path, Stream stream) {
    Result<RecordFile> file = over(store::open_view(path), stream);
    if (file) {
        if (Result<void> done = file->prepare_writing(); !done) {
            return pass(done);
        }
    }
    return file;
}

Result<RecordFile> RecordFile::over(Result<std::unique_ptr<sql::Database>> opened, Stream stream) {
    if (!opened) {
        return pass(opened);
    }
    RecordFile file;
    file.stream_ = stream;
    file.database_ = std::move(*opened);
    Result<void> done;
    prepare(*file.database_, file.select_,
            "SELECT id, encoding, crc, bytes, state FROM record WHERE id BETWEEN ? AND ? ORDER BY id", done);
    if (done) {
        done = file.load_page_bytes();
    }
    if (done) {
        done = file.load_epochs();
    }
    if (done) {
        done = file.load_spans();
    }
    if (!done) {
        return pass(done);
    }
    return file;
}

// Files of earlier releases have larger pages than ours.
Result<void> RecordFile::load_page_bytes() {
    Result<std::int64_t> bytes = database_->number("PRAGMA page_size");
    if (!bytes) {
        return pass(bytes);
    }
    page_bytes_ = static_cast<std::uint64_t>(*bytes);
    return {};
}

Result<void> RecordFile::prepare_writing() {
    Result<void> done;
    prepare(*database_, insert_run_, "INSERT OR IGNORE INTO run VALUES (?, ?)", done);
    prepare(*database_, insert_record_, "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)", done);
    prepare(*database_, select_states_,
            "SELECT id, encoding, crc, bytes, state FROM record WHERE id > ? ORDER BY id DESC", done);
    prepare(*database_, select_oldest_, "SELECT id, day FROM record WHERE id <= ? ORDER BY id LIMIT ?", done);
    prepare(*database_, delete_, "DELETE FROM record WHERE id <= ?", done);
    return done;
}

Result<void> RecordFile::load_epochs() {
    Result<sql::Statement> select = database_->prepare("SELECT start, epoch FROM run ORDER BY start");
    if (!select) {
        return pass(select);
    }
    epochs_.clear();
    for (;;) {
        Result<bool> row = select->step();
        if (!row) {
            return pass(row);
        }
        if (!*row) {
            return {};
        }
        const auto start = static_cast<std::uint64_t>(select->integer(0));
        if (start == 0 || start > kMaxStart) {
            return fail(Errc::kCorrupt, fmt::format("{}: start number {} cannot be", path(), start));
        }
        epochs_[start] = Epoch{std::bit_cast<std::uint64_t>(select->integer(1))};
    }
}

Result<void> RecordFile::load_spans() {
    Result<sql::Statement> first =
        database_->prepare("SELECT id FROM record WHERE id >= ? ORDER BY id LIMIT 1");
    Result<sql::Statement> last =
        database_->prepare("SELECT id FROM record WHERE id <= ? ORDER BY id DESC LIMIT 1");
    if (!first || !last) {
        return first ? pass(last) : pass(first);
    }
    spans_.clear();
    for (const auto& [start, epoch] : epochs_) {
        const Result<bool> low = first->bind(1, key_of(start, 0)).step();
        const Result<bool> high = last->bind(1, key_of(start, kMaxSequence)).step();
        if (!low || !high) {
            return fail((low ? high : low).error().code, (low ? high : low).error().what);
        }
        const Key from = *low ? first->integer(0) : 0;
        const Key to = *high ? last->integer(0) : 0;
        if (*low && *high && start_of(from) == start && start_of(to) == start) {
            spans_.push_back({start, sequence_of(from), sequence_of(to)});
        }
        first->reset();
        last->reset();
    }
    return {};
}

Result<void> RecordFile::insert(const Row& row) {
    const std::uint64_t start = start_of(row.key);
    const Record& record = *row.record;
    if (!epochs_.contains(start)) {
        insert_run_.bind(1, static_cast<std::int64_t>(start));
        insert_run_.bind(2, std::bit_cast<std::int64_t>(record.identity.epoch.value));
        if (Result<void> done = insert_run_.run(); !done) {
            return done;
        }
    }
    const auto encoding = static_cast<std::int64_t>(record.encoding);
    insert_record_.bind(1, row.key).bind(2, encoding).bind(3, row.day);
    insert_record_.bind(4, checksum(row.key, record.identity.epoch, encoding, record.bytes, row.state));
    return insert_record_.bind(5, record.bytes).bind(6, row.state).run();
}

Result<void> RecordFile::append(std::span<const Row> rows) {
    Result<void> done = database_->begin();
    for (const Row& row : rows) {
        if (!done) {
            break;
        }
        done = insert(row);
    }
    const bool events = stream_ == Stream::kEvent;
    if (done) {
        kill_point(events ? "before-commit" : "before-flush");
        done = database_->commit();
        kill_point(events ? "after-commit" : "after-flush");
    }
    if (!done) {
        database_->roll_back();
        return done;
    }
    for (const Row& row : rows) {
        epochs_.emplace(start_of(row.key), row.record->identity.epoch);
        note(row.key);
    }
    return {};
}

void RecordFile::note(Key key) {
    const std::uint64_t start = start_of(key);
    const std::uint64_t sequence = sequence_of(key);
    const auto at = std::lower_bound(spans_.begin(), spans_.end(), start,
                                     [](const Span& span, std::uint64_t s) { return span.start < s; });
    if (at == spans_.end() || at->start != start) {
        spans_.insert(at, Span{start, sequence, sequence});
        return;
    }
    at->first = std::min(at->first, sequence);
    at->last = std::max(at->last, sequence);
}

Result<RecordFile::Read> RecordFile::read(Key first, Key last, Budget budget) {
    Read result;
    result.next = first;
    select_.bind(1, first).bind(2, last);
    const sql::Rewind rewind(select_);
    std::size_t bytes = 0;
    for (;;) {
        Result<bool> row = select_.step();
        if (!row) {
            return pass(row);
        }
        if (!*row) {
            result.next = last + 1;
            return result;
        }
        const Key key = select_.integer(0);
        if (result.records.size() + result.damaged.size() >= budget.records || bytes >= budget.bytes) {
            result.next = key;
            result.more = true;
            return result;
        }
        const auto epoch = epochs_.find(start_of(key));
        const std::string_view content = select_.bytes(3);
        bytes += content.size();
        if (epoch == epochs_.end() || checksum(key, epoch->second, select_.integer(1), content,
                                               select_.bytes(4)) != select_.integer(2)) {
            result.damaged.push_back(key);
            continue;
        }
        result.records.push_back({.identity = {epoch->second, stream_, sequence_of(key)},
                                  .encoding = static_cast<Encoding>(select_.integer(1)),
                                  .bytes = std::string(content)});
    }
}

Result<RecordFile::States> RecordFile::states_after(Key after, std::size_t most_bytes) {
    States result;
    select_states_.bind(1, after);
    const sql::Rewind rewind(select_states_);
    std::size_t bytes = 0;
    for (;;) {
        Result<bool> row = select_states_.step();
        if (!row) {
            return pass(row);
        }
        if (!*row) {
            break;
        }
        const Key key = select_states_.integer(0);
        const auto epoch = epochs_.find(start_of(key));
        const std::string_view state = select_states_.bytes(4);
        if (epoch == epochs_.end() || checksum(key, epoch->second, select_states_.integer(1),
                                               select_states_.bytes(3), state) != select_states_.integer(2)) {
            result.damaged.push_back(key);
            continue;
        }
        bytes += state.size();
        if (bytes > most_bytes) {
            result.cut = true;
            break;
        }
        if (!state.empty()) {
            result.states.emplace_back(state);
        }
    }
    std::reverse(result.states.begin(), result.states.end());
    return result;
}

Result<std::optional<Key>> RecordFile::oldest(std::size_t count, Key limit,
                                              std::optional<std::int64_t> before_day) {
    select_oldest_.bind(1, limit).bind(2, static_cast<std::int64_t>(count));
    const sql::Rewind rewind(select_oldest_);
    std::optional<Key> last;
    for (;;) {
        Result<bool> row = select_oldest_.step();
        if (!row) {
            return pass(row);
        }
        // A record of an unknown day is older than the next one of a known day, and goes with it.
        if (!*row || (before_day && select_oldest_.integer(1) >= *before_day)) {
            return last;
        }
        if (!before_day || select_oldest_.integer(1) != 0) {
            last = select_oldest_.integer(0);
        }
    }
}

Result<void> RecordFile::erase_through(Key last) {
    if (Result<void> done = delete_.bind(1, last).run(); !done) {
        return done;
    }
    if (Result<void> done = load_spans(); !done) {
        return done;
    }
    Result<bool> given = give_back();
    return given ? Result<void>{} : pass(given);
}

Result<bool> RecordFile::give_back() {
    Result<std::int64_t> free = database_->number("PRAGMA freelist_count");
    if (!free || *free == 0) {
        return free ? Result<bool>(false) : pass(free);
    }
    Result<void> done = database_->execute("PRAGMA incremental_vacuum");
    if (done) {
        done = database_->checkpoint_and_shrink();
    }
    return done ? Result<bool>(true) : pass(done);
}

Result<void> RecordFile::seal() {
    return store::seal(*database_);
}

}  // namespace gengfu::store
