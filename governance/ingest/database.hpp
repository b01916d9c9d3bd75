#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/database/database.hpp"
#include "governance/ingest/settings.hpp"

namespace gengfu::ingest {

using governance::Rows;

/// Numbers in a result set; 0 where it is null or none.
std::int64_t number(const Rows& rows, std::size_t row, std::size_t column);
double real(const Rows& rows, std::size_t row, std::size_t column);

/// Parameters of a statement, as text; types are stated in the statement.
class Params {
public:
    Params& add(std::string value) {
        values_.emplace_back(std::move(value));
        return *this;
    }
    Params& add(std::int64_t value) { return add(std::to_string(value)); }
    const std::vector<governance::Parameter>& values() const { return values_; }

private:
    std::vector<governance::Parameter> values_;
};

/// The service's connection to PostgreSQL: durable commits, and failures by what the service can do about
/// them. One thread.
///
/// Errc::kIo       the connection is gone or the server ends: connect anew
/// Errc::kBusy     deadlock, serialization, lock time-out: do the transaction again
/// Errc::kFull     the server has no room, memory or connections: wait, then again
/// Errc::kCorrupt  the data of the statement is at fault (SQLSTATE class 21, 22, 23, 54, P0)
/// Errc::kInvalid  anything else: the schema is not the one this release needs, rights are missing
class Database {
public:
    /// \retval Errc::kInvalid  also: the schema is not this program's, and what to do
    static Result<Database> open(const DatabaseSettings& settings, const std::string& application);

    Result<Rows> run(const std::string& sql, const Params& params = {});
    Result<void> copy(const std::string& sql, std::string_view data);
    Result<void> begin();
    Result<void> commit();
    /// Harmless without a transaction.
    void roll_back();

private:
    explicit Database(governance::Database connection) : connection_(std::move(connection)) {}
    tl::unexpected<Error> meant(Error error) const;

    governance::Database connection_;
    bool in_transaction_ = false;
};

/// Writes a PostgreSQL array literal of texts or numbers: {"a","b\"c"}.
class ArrayText {
public:
    void add(std::string_view value);
    void add(std::int64_t value) { plain(std::to_string(value)); }
    void add_null() { plain("NULL"); }
    std::string text() const { return "{" + items_ + "}"; }

private:
    void plain(std::string_view word) { items_.append(items_.empty() ? "" : ",").append(word); }
    std::string items_;
};

}  // namespace gengfu::ingest
