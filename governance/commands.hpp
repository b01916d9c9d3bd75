#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace gengfu::governance {

/// Exit statuses, as the contract's section 4 has them for every program.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// What all subcommands share. Outlives the parsing.
struct Shared {
    std::string database;  ///< libpq connection string or URI; empty: libpq's own PG* variables
    int status = kDone;    ///< what the program exits with
};

/// Each adds its subcommands; the work is done while the command line is parsed.
void add_migrate(CLI::App& app, Shared& shared);
void add_imports(CLI::App& app, Shared& shared);

}  // namespace gengfu::governance
