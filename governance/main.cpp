// gengfu-ingest: the feed of all gateways into the governance database, and the care of that database.
// See docs/governance.md and `gengfu-ingest --help`.
#include <CLI/CLI.hpp>

#include "governance/commands.hpp"
#include "governance/run_command.hpp"

int main(int argc, char** argv) {
    CLI::App app("Feeds the governance database and takes care of it", "gengfu-ingest");
    app.set_version_flag("--version", "gengfu-ingest " GENGFU_VERSION);
    app.require_subcommand(1);
    gengfu::governance::Shared shared;
    app.add_option("--database", shared.database,
                   "PostgreSQL connection string or URI (default: libpq's own PG* variables)")
        ->envname("GENGFU_DATABASE");
    gengfu::governance::add_run(app, shared);
    gengfu::governance::add_migrate(app, shared);
    gengfu::governance::add_imports(app, shared);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? gengfu::governance::kDone : gengfu::governance::kWrongUsage;
    }
    return shared.status;
}
