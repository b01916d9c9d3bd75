#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

struct pg_conn;
struct pg_result;

namespace gengfu::governance {

/// A text parameter of a statement; nothing is SQL's null.
using Parameter = std::optional<std::string>;

/// The rows of one statement, all as text.
class Rows {
public:
    std::size_t size() const;
    /// \pre row < size(), and the statement has that column
    std::string_view text(std::size_t row, std::size_t column) const;
    bool is_null(std::size_t row, std::size_t column) const;
    /// How many rows an INSERT, UPDATE, DELETE or COPY touched.
    std::size_t touched() const;

private:
    friend class Database;
    struct Clear {
        void operator()(pg_result* result) const;
    };
    explicit Rows(pg_result* result) : result_(result) {}
    std::unique_ptr<pg_result, Clear> result_;
};

/// One connection to PostgreSQL, used by one thread. Ends with the object; what was not committed is rolled
/// back by the server.
class Database {
public:
    /// Connects; `conninfo` as libpq has it, empty for its PG* variables. Waits at most 15 s unless the
    /// string says otherwise. \retval Errc::kIo  what libpq says, without the password
    /// \param password     when it is not in `conninfo`, as it should not be
    /// \param application  shown in pg_stat_activity
    static Result<Database> open(const std::string& conninfo, const std::string& password = {},
                                 const std::string& application = "gengfu-ingest");

    /// One statement with parameters $1, $2, ...
    /// \retval Errc::kIo       the connection is gone
    /// \retval Errc::kInvalid  the server refused it: its message, detail and context in one line each
    Result<Rows> run(const std::string& sql, const std::vector<Parameter>& parameters = {});

    /// Several statements without parameters, separated by semicolons; in one transaction unless they say
    /// otherwise. Errors as run().
    Result<Rows> run_script(const std::string& sql);

    /// COPY ... FROM STDIN with all of its data. Errors as run().
    Result<void> copy(const std::string& sql, std::string_view data);

    /// Notices of the server go here instead of to stderr.
    void on_notice(std::function<void(std::string_view)> notice);

    /// The five characters of the last refusal ("23505"), empty when there was none.
    const std::string& last_sqlstate() const { return sqlstate_; }

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    explicit Database(pg_conn* connection) : connection_(connection) {}
    Result<Rows> checked(pg_result* result);

    std::unique_ptr<pg_conn, Finish> connection_;
    std::unique_ptr<std::function<void(std::string_view)>> notice_;
    std::string sqlstate_;
};

}  // namespace gengfu::governance
