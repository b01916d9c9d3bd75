#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// The little of SQLite that the store uses. No SQL is made from data: texts are literals, data is bound.
/// Every failure is kFull (no room, quota, file size limit), kCorrupt (not a database, malformed) or kIo (all
/// else).
namespace gengfu::store::sql {

class Database;

/// A prepared statement; must not outlive its Database.
class Statement {
public:
    Statement() = default;

    /// Parameters count from 1. The bytes must stay until the statement is stepped through or reset.
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view bytes);

    /// \return true at a row, false at the end; at the end and at an error the statement is reset.
    Result<bool> step();
    /// step() for statements that yield no row.
    Result<void> run();

    /// Of the current row; columns count from 0. Bytes are valid until the next step.
    std::int64_t integer(int column) const;
    std::string_view bytes(int column) const;

    void reset();

private:
    friend class Database;
    struct Finalise {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(const Database* database, sqlite3_stmt* statement)
        : database_(database), statement_(statement) {}

    const Database* database_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalise> statement_;
    int bind_error_ = 0;
};

/// Resets a statement that may not be walked to its end, which ends its read.
class Rewind {
public:
    explicit Rewind(Statement& statement) : statement_(statement) {}
    ~Rewind() { statement_.reset(); }
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

private:
    Statement& statement_;
};

enum class OpenMode : std::uint8_t {
    kReadOnly,
    kReadWrite,
    /// For reading alone, with what its log holds, from a disk that takes nothing: no lock, no file beside
    /// it. Nobody may write the file meanwhile.
    kView,
};

/// One connection, for one thread at a time. Not movable: statements point to it.
class Database {
public:
    static Result<std::unique_ptr<Database>> open(const std::string& path, OpenMode mode);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Result<void> execute(const char* sql);
    /// Runs `sql` and gives the integer in its first row and column; 0 when there is none.
    Result<std::int64_t> number(const char* sql);
    Result<Statement> prepare(const char* sql);

    Result<void> begin();
    Result<void> commit();
    /// Ends a transaction without effect; harmless without one.
    void roll_back();

    /// Pages in the write-ahead log after the last commit, and those that a checkpoint has not carried over
    /// yet.
    int wal_pages() const { return wal_pages_; }
    /// Carries the log over into the database and synchronises it; the log is then written from its begin
    /// again.
    Result<void> checkpoint();
    /// checkpoint(), and the log's room goes back to the disk; the next commits cost more for it.
    Result<void> checkpoint_and_shrink();

    const std::string& path() const { return path_; }

private:
    friend class Statement;
    explicit Database(std::string path) : path_(std::move(path)) {}
    Result<void> checkpoint(int mode);
    static int note_wal(void* self, sqlite3* db, const char* schema, int pages);
    tl::unexpected<Error> error(int code) const;

    std::string path_;
    sqlite3* db_ = nullptr;
    int wal_pages_ = 0;
};

}  // namespace gengfu::store::sql
