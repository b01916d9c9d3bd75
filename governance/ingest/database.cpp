#include "governance/ingest/database.hpp"

#include <charconv>
#include <utility>

#include "governance/migrate/migrate.hpp"

namespace gengfu::ingest {
namespace {

Errc meaning(std::string_view state) {
    const std::string_view group = state.substr(0, 2);
    if (state.empty() || group == "08" || state == "57P01" || state == "57P02" || state == "57P03" ||
        state == "25006" || state == "25P03") {
        return Errc::kIo;  // 25006: a standby where a primary was meant
    }
    if (group == "40" || state == "55P03" || state == "57014") {
        return Errc::kBusy;
    }
    if (group == "53" || group == "58") {
        return Errc::kFull;
    }
    for (const std::string_view data : {"21", "22", "23", "54", "P0"}) {
        if (group == data) {
            return Errc::kCorrupt;
        }
    }
    return Errc::kInvalid;
}

template <class Value>
Value parsed(std::string_view word) {
    Value value{};
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

}  // namespace

std::int64_t number(const Rows& rows, std::size_t row, std::size_t column) {
    return parsed<std::int64_t>(rows.text(row, column));
}

double real(const Rows& rows, std::size_t row, std::size_t column) {
    return parsed<double>(rows.text(row, column));
}

Result<Database> Database::open(const DatabaseSettings& settings, const std::string& application) {
    Result<governance::Database> opened =
        governance::Database::open(settings.connection, settings.password, application);
    if (!opened) {
        return pass(opened);
    }
    opened->on_notice([](std::string_view) {});
    Database database(std::move(*opened));
    // synchronous_commit is not the connection string's to say: a PUBACK for what is not on disk would be a
    // lie.
    for (const char* sql :
         {"SET synchronous_commit = on", "SET lock_timeout = '30s'",
          "SET idle_in_transaction_session_timeout = '60s'", "SET extra_float_digits = 1",
          // A host that is gone without a word must not hold its locks for the two hours of the kernel.
          "SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10",
          "SET tcp_keepalives_count = 3"}) {
        if (Result<Rows> done = database.run(sql); !done) {
            return pass(done);
        }
    }
    // At each connection: what is behind the address may be another database now.
    if (Result<void> ready = governance::check_ready(database.connection_); !ready) {
        return pass(ready);
    }
    return database;
}

tl::unexpected<Error> Database::meant(Error error) const {
    if (error.code != Errc::kIo) {
        error.code = meaning(connection_.last_sqlstate());
    }
    return tl::make_unexpected(std::move(error));
}

Result<Rows> Database::run(const std::string& sql, const Params& params) {
    Result<Rows> rows = connection_.run(sql, params.values());
    if (!rows) {
        return meant(std::move(rows.error()));
    }
    return rows;
}

Result<void> Database::copy(const std::string& sql, std::string_view data) {
    Result<void> done = connection_.copy(sql, data);
    if (!done) {
        return meant(std::move(done.error()));
    }
    return done;
}

Result<void> Database::begin() {
    Result<Rows> done = run("BEGIN");
    in_transaction_ = static_cast<bool>(done);
    return done ? Result<void>{} : pass(done);
}

Result<void> Database::commit() {
    Result<Rows> done = run("COMMIT");
    in_transaction_ = in_transaction_ && !done;
    return done ? Result<void>{} : pass(done);
}

void Database::roll_back() {
    if (std::exchange(in_transaction_, false)) {
        static_cast<void>(run("ROLLBACK"));
    }
}

void ArrayText::add(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    plain(quoted + "\"");
}

}  // namespace gengfu::ingest
