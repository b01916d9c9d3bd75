#include "daemon/store/schema.hpp"

#include <fmt/format.h>

namespace gengfu::store {
namespace {

// 256 KiB of pages a file: nothing here is read twice, and the daemon has 20 MB in all. No memory map: a
// failing card would be a SIGBUS instead of an error.
constexpr const char* kCommon =
    "PRAGMA cache_size = -256;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON;";

// Exclusive before WAL: then the log's index is in memory and there is no -shm file. Checkpoints are ours, at
// moments when no event waits.
constexpr const char* kWriting =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA auto_vacuum = INCREMENTAL;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;";

constexpr const char* kStateTables =
    "CREATE TABLE item (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE seal (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL,"
    " digest INTEGER NOT NULL);"
    "INSERT INTO seal VALUES (1, 0, 0);";

constexpr const char* kRecordTables =
    "CREATE TABLE run (start INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);"
    "CREATE TABLE record (id INTEGER PRIMARY KEY, encoding INTEGER NOT NULL, day INTEGER NOT NULL,"
    " crc INTEGER NOT NULL, bytes BLOB NOT NULL, state BLOB NOT NULL);";

constexpr const char* kSign = "PRAGMA application_id = 0x47656E67; PRAGMA user_version = 1;";

Result<void> check_signature(sql::Database& database, std::int64_t version) {
    const Result<std::int64_t> application = database.number("PRAGMA application_id");
    if (application && *application != kApplicationId) {
        return fail(Errc::kCorrupt, fmt::format("{}: not a file of Gengfu's store", database.path()));
    }
    if (version < kFormatVersion) {
        return fail(Errc::kCorrupt, fmt::format("{}: format {} has never been", database.path(), version));
    }
    if (version > kFormatVersion) {
        return fail(Errc::kInvalid,
                    fmt::format("{}: written in format {} by a newer Gengfu, this one knows format {}; "
                                "install that release again or move the folder away",
                                database.path(), version, kFormatVersion));
    }
    return {};
}

Result<void> make_tables(sql::Database& database, FileKind kind) {
    Result<void> done = database.begin();
    for (const char* sql : {kind == FileKind::kState ? kStateTables : kRecordTables, kSign}) {
        if (done) {
            done = database.execute(sql);
        }
    }
    if (done) {
        return database.commit();
    }
    database.roll_back();
    return done;
}

Result<void> prepare(sql::Database& database, FileKind kind) {
    for (const char* sql : {kCommon, kWriting}) {
        if (Result<void> done = database.execute(sql); !done) {
            return done;
        }
    }
    Result<std::int64_t> version = database.number("PRAGMA user_version");
    if (!version) {
        return pass(version);
    }
    // A new file, or one whose making was cut short: both have no tables.
    Result<std::int64_t> tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables) {
        return pass(tables);
    }
    return *version == 0 && *tables == 0 ? make_tables(database, kind) : check_signature(database, *version);
}

}  // namespace

Result<std::unique_ptr<sql::Database>> open_file(const std::string& path, FileKind kind) {
    auto database = sql::Database::open(path, sql::OpenMode::kReadWrite);
    if (!database) {
        return database;
    }
    if (Result<void> done = prepare(**database, kind); !done) {
        return pass(done);
    }
    return database;
}

Result<std::unique_ptr<sql::Database>> open_sealed(const std::string& path) {
    auto database = sql::Database::open(path, sql::OpenMode::kReadOnly);
    if (!database) {
        return database;
    }
    Result<void> done = (*database)->execute(kCommon);
    Result<std::int64_t> version =
        done ? (*database)->number("PRAGMA user_version") : Result<std::int64_t>(0);
    if (!version) {
        return pass(version);
    }
    if (done) {
        done = check_signature(**database, *version);
    }
    if (!done) {
        return pass(done);
    }
    return database;
}

Result<void> seal(sql::Database& database) {
    return database.execute("PRAGMA journal_mode = DELETE;");
}

}  // namespace gengfu::store
