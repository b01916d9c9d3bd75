#include <fmt/format.h>

#include <memory>

#include "governance/commands.hpp"
#include "governance/migrate/migrate.hpp"

namespace gengfu::governance {
namespace {

int complain(const Error& error) {
    fmt::print(stderr, "gengfu-ingest migrate: {}\n", error.what);
    return kFailed;
}

int tell(const Result<std::vector<std::string>>& done, const char* what) {
    if (!done) {
        return complain(done.error());
    }
    for (const std::string& name : *done) {
        fmt::print("{}: {}\n", name, what);
    }
    if (done->empty()) {
        fmt::print("nothing to do\n");
    }
    return kDone;
}

int status(Database& database) {
    auto applied = applied_migrations(database);
    if (!applied) {
        return complain(applied.error());
    }
    for (const Applied& there : *applied) {
        fmt::print("{:<24} applied {}\n", there.name, there.applied_at);
    }
    if (auto fits = check_applied(*applied, migrations()); !fits) {
        return complain(fits.error());
    }
    for (const Migration& ours : migrations().subspan(applied->size())) {
        fmt::print("{:<24} not applied\n", ours.name);
    }
    if (applied->size() == migrations().size()) {
        fmt::print("the schema is this program's\n");
        return kDone;
    }
    fmt::print("the schema is {}: run gengfu-ingest migrate\n",
               applied->empty() ? "not there yet" : "older than this program");
    return kFailed;
}

/// Connects and does `what` with the connection.
template <class What>
void with_database(Shared& shared, const What& what) {
    auto database = Database::open(shared.database);
    shared.status = database ? what(*database) : complain(database.error());
}

}  // namespace

void add_migrate(CLI::App& app, Shared& shared) {
    CLI::App* const migrate =
        app.add_subcommand("migrate", "makes the database's schema that of this program");
    migrate->require_subcommand(0, 1);
    const auto to = std::make_shared<int>(-1);
    const auto sure = std::make_shared<bool>(false);

    CLI::App* const up = migrate->add_subcommand("up", "applies what is missing (the default)");
    up->add_option("--to", *to, "stop at this migration")
        ->check(CLI::Range(1, static_cast<int>(migrations().size())));

    CLI::App* const down =
        migrate->add_subcommand("down", "takes migrations back, and with their tables the data in them");
    down->add_option("--to", *to, "the last migration that stays; 0: none")
        ->required()
        ->check(CLI::Range(0, static_cast<int>(migrations().size())));
    down->add_flag("--yes", *sure, "yes, the data in the tables that go is to be lost")->required();

    CLI::App* const list = migrate->add_subcommand("status", "says what is applied; exit status 1: not all");

    migrate->callback([&shared, to, sure, down, list] {
        with_database(shared, [&](Database& database) {
            if (list->parsed()) {
                return status(database);
            }
            if (down->parsed()) {
                return tell(migrate_down(database, migrations(), *to), "taken back");
            }
            return tell(migrate_up(database, migrations(), *to < 0 ? std::nullopt : std::optional<int>(*to)),
                        "applied");
        });
    });
}

}  // namespace gengfu::governance
