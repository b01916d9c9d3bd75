#include "daemon/store/schema.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace gengfu::store {
namespace {

// 256 KiB of pages a file: nothing here is read twice, and the daemon has 20 MB in all. No memory map: a
// failing card would be a SIGBUS instead of an error.
constexpr const char* kCommon =
    "PRAGMA cache_size = -256;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON;";

// Exclusive before anything reads: then the log's index is in memory and there is no -shm file. Checkpoints
// are ours, at moments when no event waits.
constexpr const char* kWriting =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = 2097152;";

// No journal on disk: the file is nobody's until it is whole.
constexpr const char* kMaking =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = MEMORY;"
    "PRAGMA synchronous = FULL;";

// Where rows are deleted, room goes back to the disk. Telemetry files are deleted whole, and the map of pages
// that this needs would be written with every flush.
constexpr const char* kShrinking = "PRAGMA auto_vacuum = INCREMENTAL;";

// A flush brings a few KiB, a confirmation a few bytes, and each page that it touches goes to the card twice,
// log and file, as a whole: small pages waste less at the end of what is written (docs/reliability.md,
// Flash).
constexpr const char* kSmallPages = "PRAGMA page_size = 1024;";

constexpr const char* kStateTables =
    "CREATE TABLE item (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE seal (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL,"
    " digest INTEGER NOT NULL);"
    "INSERT INTO seal VALUES (1, 0, 0);";

constexpr const char* kRecordTables =
    "CREATE TABLE run (start INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);"
    "CREATE TABLE record (id INTEGER PRIMARY KEY, encoding INTEGER NOT NULL, day INTEGER NOT NULL,"
    " crc INTEGER NOT NULL, bytes BLOB NOT NULL, state BLOB NOT NULL);";

// SQLite's log takes the mode of its database.
constexpr mode_t kOwnerAlone = S_IRUSR | S_IWUSR;

constexpr const char* kSign = "PRAGMA application_id = 0x47656E67; PRAGMA user_version = 1;";

Result<void> check_signature(sql::Database& database) {
    Result<std::int64_t> stored_version = database.number("PRAGMA user_version");
    Result<std::int64_t> application = database.number("PRAGMA application_id");
    if (!stored_version || !application) {
        return stored_version ? pass(application) : pass(stored_version);
    }
    const std::int64_t version = *stored_version;
    if (*application != kApplicationId) {
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

Result<void> fill_new(const std::string& path, FileKind kind) {
    auto database = sql::Database::open(path, sql::OpenMode::kReadWrite);
    if (!database) {
        return pass(database);
    }
    Result<void> done = (*database)->execute(kMaking);
    if (done && kind != FileKind::kEvents) {
        done = (*database)->execute(kSmallPages);
    }
    if (done && kind != FileKind::kTelemetry) {
        done = (*database)->execute(kShrinking);
    }
    if (done) {
        done = (*database)->begin();
    }
    for (const char* sql : {kind == FileKind::kState ? kStateTables : kRecordTables, kSign}) {
        if (done) {
            done = (*database)->execute(sql);
        }
    }
    if (done) {
        done = (*database)->commit();
    }
    return done ? (*database)->execute("PRAGMA journal_mode = WAL;") : done;
}

// Makes the file under another name and renames it when it is whole and on disk: a power cut leaves either no
// file or a good one, and costs a fraction of the synchronisations that SQLite needs to grow a file from
// nothing.
Result<void> make_file(const std::string& path, FileKind kind) {
    const std::string making = path + ".new";
    ::unlink((making + "-wal").c_str());
    ::unlink((making + "-journal").c_str());
    ::unlink(making.c_str());
    if (Result<void> done = fill_new(making, kind); !done) {
        ::unlink(making.c_str());
        return done;
    }
    static_cast<void>(::chmod(making.c_str(), kOwnerAlone));
    if (::rename(making.c_str(), path.c_str()) != 0) {
        return fail(errno == ENOSPC || errno == EDQUOT ? Errc::kFull : Errc::kIo,
                    fmt::format("{}: cannot be made: {}", path, std::strerror(errno)));
    }
    const int folder =
        ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ::fsync(folder);
        ::close(folder);
    }
    return {};
}

enum class Presence : std::uint8_t { kMissing, kEmpty, kFilled };

/// A file gets its name when it is whole (make_file), so one of 0 bytes has lost what it held: some
/// filesystems leave that after a power cut.
Presence presence(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Presence::kMissing : Presence::kFilled;
    }
    return status.st_size == 0 ? Presence::kEmpty : Presence::kFilled;
}

// SQLite would open the file for reading alone and fail at the first writing, in words that help nobody.
Result<void> check_writable(const std::string& path) {
    std::filesystem::path at = std::filesystem::path(path).parent_path();
    struct statvfs system {};
    while (::statvfs(at.c_str(), &system) != 0) {
        if (errno != ENOENT || !at.has_relative_path()) {
            return {};  // whoever opens it will say why
        }
        at = at.parent_path();
    }
    if ((system.f_flag & ST_RDONLY) == 0) {
        return {};
    }
    return fail(Errc::kIo,
                fmt::format("{}: the file system is mounted read-only; the kernel does that when the "
                            "card fails (see dmesg): check it, or mount it writable again",
                            path));
}

}  // namespace

Result<std::unique_ptr<sql::Database>> open_file(const std::string& path, FileKind kind) {
    if (Result<void> writable = check_writable(path); !writable) {
        return pass(writable);
    }
    switch (presence(path)) {
        case Presence::kMissing:
            if (Result<void> made = make_file(path, kind); !made) {
                return pass(made);
            }
            break;
        case Presence::kEmpty:
            return fail(Errc::kCorrupt, fmt::format("{}: is empty", path));
        case Presence::kFilled:
            static_cast<void>(::chmod(path.c_str(), kOwnerAlone));  // one of an earlier release
            break;
    }
    auto database = sql::Database::open(path, sql::OpenMode::kReadWrite);
    if (!database) {
        return database;
    }
    for (const char* sql : {kWriting, kCommon}) {
        if (Result<void> done = (*database)->execute(sql); !done) {
            return pass(done);
        }
    }
    if (Result<void> done = check_signature(**database); !done) {
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
    if (done) {
        done = check_signature(**database);
    }
    if (!done) {
        return pass(done);
    }
    return database;
}

Result<std::unique_ptr<sql::Database>> open_view(const std::string& path) {
    auto database = sql::Database::open(path, sql::OpenMode::kView);
    if (!database) {
        return database;
    }
    // Exclusive for the log's index alone, which is in memory then.
    Result<void> done = (*database)->execute("PRAGMA locking_mode = EXCLUSIVE;");
    if (done) {
        done = (*database)->execute(kCommon);
    }
    if (done) {
        done = check_signature(**database);
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
