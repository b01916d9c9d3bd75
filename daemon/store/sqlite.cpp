#include "daemon/store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gengfu::store::sql {
namespace {

Errc errc_of(int code, int system_error) {
    // SQLite says SQLITE_FULL only for ENOSPC at a write; a quota, a file size limit or a full disk noticed
    // at fsync is the same to us.
    if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG) {
        return Errc::kFull;
    }
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return Errc::kFull;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Errc::kCorrupt;
        default:
            return Errc::kIo;
    }
}

// A view of a file without a log is by URI, whose path has some characters spelt.
std::string uri_of(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#') {
            uri += fmt::format("%{:02X}", static_cast<unsigned>(c));
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

int open_view(const std::string& path, int flags, sqlite3** db) {
    struct stat log {};
    if (::stat((path + "-wal").c_str(), &log) != 0 || log.st_size == 0) {
        return sqlite3_open_v2(uri_of(path).c_str(), db, flags | SQLITE_OPEN_URI, nullptr);
    }
    // An immutable file's log would not be read, and a lock needs a file that is open for writing.
    const int code = sqlite3_open_v2(path.c_str(), db, flags, "unix-none");
    if (code == SQLITE_OK) {
        sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    return code;
}

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    bind_error_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view bytes) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* data = bytes.empty() ? "" : bytes.data();
    bind_error_ |= sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
    return *this;
}

Result<bool> Statement::step() {
    errno = 0;
    const int code =
        std::exchange(bind_error_, 0) != SQLITE_OK ? SQLITE_NOMEM : sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    auto failed = database_->error(code);
    reset();
    return failed;
}

Result<void> Statement::run() {
    Result<bool> stepped = step();
    if (!stepped) {
        return pass(stepped);
    }
    reset();
    return {};
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view{} : std::string_view(data, static_cast<std::size_t>(size));
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());  // they point to memory that its owner may now free
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, OpenMode mode) {
    std::unique_ptr<Database> made(new Database(path));
    // No mutex: one thread uses it. No symbolic links: the folder is ours alone.
    const int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
        (mode == OpenMode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    const int code = mode == OpenMode::kView ? open_view(path, flags, &made->db_)
                                             : sqlite3_open_v2(path.c_str(), &made->db_, flags, nullptr);
    if (code != SQLITE_OK) {
        return made->error(code);
    }
    sqlite3_extended_result_codes(made->db_, 1);
    // Bytes on a card can be anything: a damaged schema must not run code or write around the b-trees.
    sqlite3_db_config(made->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(made->db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // Takes the place of SQLite's automatic checkpoints; PRAGMA wal_autocheckpoint would undo it.
    sqlite3_wal_hook(made->db_, &Database::note_wal, made.get());
    return made;
}

Database::~Database() {
    sqlite3_close_v2(db_);
}

int Database::note_wal(void* self, sqlite3* /*db*/, const char* /*schema*/, int pages) {
    static_cast<Database*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
}

Result<void> Database::execute(const char* sql) {
    errno = 0;
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return error(code);
    }
    return {};
}

Result<std::int64_t> Database::number(const char* sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return pass(statement);
    }
    Result<bool> row = statement->step();
    if (!row) {
        return pass(row);
    }
    return *row ? statement->integer(0) : 0;
}

Result<Statement> Database::prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
        return error(code);
    }
    return Statement(this, statement);
}

Result<void> Database::begin() {
    return execute("BEGIN IMMEDIATE");
}

Result<void> Database::commit() {
    Result<void> done = execute("COMMIT");
    if (!done) {
        roll_back();
    }
    return done;
}

void Database::roll_back() {
    // SQLite ends the transaction by itself at some errors (no room, I/O), not at others.
    if (sqlite3_get_autocommit(db_) == 0) {
        sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Result<void> Database::checkpoint() {
    return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Result<void> Database::checkpoint_and_shrink() {
    return checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

Result<void> Database::checkpoint(int mode) {
    errno = 0;
    const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return error(code);
    }
    wal_pages_ = 0;
    return {};
}

tl::unexpected<Error> Database::error(int code) const {
    const int last = errno;  // where a commit fails, SQLite 3.40 keeps no system error of its own
    const bool of_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
    const int noted = of_system && db_ != nullptr ? sqlite3_system_errno(db_) : 0;
    const int system_error = of_system && noted == 0 ? last : noted;
    const char* words = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
    const std::string cause = system_error != 0 ? fmt::format(", {}", std::strerror(system_error)) : "";
    return fail(errc_of(code, system_error), fmt::format("{}: {} (SQLite {}{})", path_, words, code, cause));
}

}  // namespace gengfu::store::sql
