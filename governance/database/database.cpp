#include "governance/database/database.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <utility>

namespace gengfu::governance {
namespace {

std::string trimmed(const char* text) {
    std::string line = text == nullptr ? "" : text;
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) {
        line.pop_back();
    }
    return line;
}

std::string field(const pg_result* result, int code) {
    return trimmed(PQresultErrorField(result, code));
}

/// "message (detail; hint; where)": what helps whoever reads one line of a log.
std::string refusal(const pg_result* result) {
    std::string more;
    for (const int code : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT, PG_DIAG_CONTEXT}) {
        const std::string text = field(result, code);
        if (!text.empty()) {
            more += (more.empty() ? "" : "; ") + text;
        }
    }
    const std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    return more.empty() ? message : fmt::format("{} ({})", message, more);
}

void hand_on(void* receiver, const char* message) {
    const auto& notice = *static_cast<std::function<void(std::string_view)>*>(receiver);
    notice(trimmed(message));
}

}  // namespace

void Rows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

std::size_t Rows::size() const {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::string_view Rows::text(std::size_t row, std::size_t column) const {
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    return {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
    return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::size_t Rows::touched() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

void Database::Finish::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Result<Database> Database::open(const std::string& conninfo, const std::string& password,
                                const std::string& application) {
    // A later parameter replaces an earlier one, so that what the user says of these counts.
    std::vector<const char*> names{"connect_timeout", "client_encoding", "keepalives_idle",
                                   "tcp_user_timeout", "application_name"};
    std::vector<const char*> values{"15", "UTF8", "30", "30000", application.c_str()};
    if (!password.empty()) {
        names.push_back("password");
        values.push_back(password.c_str());
    }
    names.insert(names.end(), {"dbname", nullptr});
    values.insert(values.end(), {conninfo.c_str(), nullptr});
    Database database(PQconnectdbParams(names.data(), values.data(), 1));
    if (database.connection_ == nullptr) {
        return fail(Errc::kIo, "database: no memory for a connection");
    }
    if (PQstatus(database.connection_.get()) != CONNECTION_OK) {
        return fail(Errc::kIo, "database: " + trimmed(PQerrorMessage(database.connection_.get())));
    }
    return database;
}

Result<Rows> Database::checked(pg_result* result) {
    Rows rows(result);
    sqlstate_.clear();
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) {
        return rows;
    }
    sqlstate_ = field(result, PG_DIAG_SQLSTATE);
    if (result == nullptr || sqlstate_.empty() || PQstatus(connection_.get()) != CONNECTION_OK) {
        return fail(Errc::kIo, "database: " + trimmed(PQerrorMessage(connection_.get())));
    }
    return fail(Errc::kInvalid, refusal(result));
}

Result<Rows> Database::run(const std::string& sql, const std::vector<Parameter>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const Parameter& parameter : parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    return checked(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                values.data(), nullptr, nullptr, 0));
}

Result<Rows> Database::run_script(const std::string& sql) {
    return checked(PQexec(connection_.get(), sql.c_str()));
}

Result<void> Database::copy(const std::string& sql, std::string_view data) {
    Result<Rows> ended = run_script(sql);  // PGRES_COPY_IN is no refusal
    bool sent = static_cast<bool>(ended);
    constexpr std::size_t kPiece = 1U << 20U;  // libpq counts in int
    for (std::size_t at = 0; sent && at < data.size(); at += kPiece) {
        const std::string_view piece = data.substr(at, kPiece);
        sent = PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size())) == 1;
    }
    if (!ended) {
        return pass(ended);
    }
    if (!sent || PQputCopyEnd(connection_.get(), nullptr) != 1) {
        return fail(Errc::kIo, "database: " + trimmed(PQerrorMessage(connection_.get())));
    }
    ended = checked(PQgetResult(connection_.get()));
    const std::string state = sqlstate_;
    while (PGresult* const rest = PQgetResult(connection_.get())) {
        PQclear(rest);
    }
    sqlstate_ = state;
    return ended ? Result<void>{} : pass(ended);
}

void Database::on_notice(std::function<void(std::string_view)> notice) {
    notice_ = std::make_unique<std::function<void(std::string_view)>>(std::move(notice));
    PQsetNoticeProcessor(connection_.get(), hand_on, notice_.get());
}

}  // namespace gengfu::governance
