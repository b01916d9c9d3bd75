#include "governance/migrate/migrate.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "governance/registry/component_classes.hpp"

namespace gengfu::governance {
namespace {

constexpr int kOldestServer = 150000;  // multiranges came with 14; nothing older than 15 is tested
constexpr int kPostgisSince = 4;       // the migration that brings use_postgis()

// In the same transaction as everything else. The lock comes first: two programs at once on an empty database
// would both make the schema.
constexpr const char* kBegin = R"(
BEGIN;
SELECT pg_advisory_xact_lock(hashtext('governance'), hashtext('migration'));
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, public;
CREATE SCHEMA IF NOT EXISTS governance;
COMMENT ON SCHEMA governance IS 'Gengfu: sensing data, alarms and city components. gengfu-ingest migrate keeps it.';
CREATE TABLE IF NOT EXISTS governance.migration (
    number int4 PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT current_user
);
COMMENT ON TABLE governance.migration IS 'Steps of the schema that this database has.';
COMMENT ON COLUMN governance.migration.number IS 'Counts them from 1.';
COMMENT ON COLUMN governance.migration.name IS 'Name of its files in governance/schema.';
COMMENT ON COLUMN governance.migration.checksum IS 'SHA-256 of its up file: a program with another one refuses to go on.';
COMMENT ON COLUMN governance.migration.applied_at IS 'When.';
COMMENT ON COLUMN governance.migration.applied_by IS 'By which role.';
)";

Result<void> check_server(Database& database) {
    auto answer = database.run(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
        "current_setting('server_encoding')");
    if (!answer) {
        return pass(answer);
    }
    int version = 0;
    const std::string_view number = answer->text(0, 0);
    std::from_chars(number.data(), number.data() + number.size(), version);
    if (version < kOldestServer) {
        return fail(Errc::kInvalid,
                    fmt::format("the server is PostgreSQL {}: 15 or newer is needed", answer->text(0, 1)));
    }
    if (answer->text(0, 2) != "UTF8") {
        return fail(
            Errc::kInvalid,
            fmt::format("the database's encoding is {}: create it with ENCODING 'UTF8'", answer->text(0, 2)));
    }
    return {};
}

/// Runs `work` between BEGIN and COMMIT; rolls back when it fails.
template <class Work>
Result<std::vector<std::string>> in_transaction(Database& database, const Work& work) {
    if (auto checked = check_server(database); !checked) {
        return pass(checked);
    }
    auto begun = database.run_script(kBegin);
    Result<std::vector<std::string>> done = begun ? work() : Result<std::vector<std::string>>(pass(begun));
    if (!done) {
        (void)database.run("ROLLBACK");  // the failure is the news; a lost connection rolls back by itself
        return done;
    }
    if (auto committed = database.run("COMMIT"); !committed) {
        return pass(committed);
    }
    return done;
}

Result<void> run_one(Database& database, const Migration& migration, std::string_view sql) {
    if (auto ran = database.run_script(std::string(sql)); !ran) {
        return fail(ran.error().code, fmt::format("migration {}: {}", migration.name, ran.error().what));
    }
    return {};
}

Result<void> after_up(Database& database, int newest) {
    if (newest >= 1) {
        if (auto loaded = load_shipped_classes(database); !loaded) {
            return pass(loaded);
        }
    }
    if (newest >= kPostgisSince) {
        if (auto ran = database.run("SELECT governance.use_postgis()"); !ran) {
            return pass(ran);
        }
    }
    return {};
}

Result<std::vector<Applied>> checked_applied(Database& database, std::span<const Migration> known) {
    auto applied = applied_migrations(database);
    if (applied) {
        if (auto fits = check_applied(*applied, known); !fits) {
            return pass(fits);
        }
    }
    return applied;
}

}  // namespace

std::string checksum_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += fmt::format("{:02x}", digest.at(i));
    }
    return hex;
}

Result<void> check_applied(std::span<const Applied> applied, std::span<const Migration> known) {
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const Applied& there = applied[i];
        if (i >= known.size()) {
            return fail(Errc::kInvalid,
                        fmt::format("the database has migration {}, which this program does not know: it is "
                                    "newer; use the gengfu-ingest that made it",
                                    there.name));
        }
        const Migration& ours = known[i];
        if (there.number != ours.number || there.name != ours.name) {
            return fail(Errc::kInvalid,
                        fmt::format("the database has migration {} where this program has {}: it was made by "
                                    "another program",
                                    there.name, ours.name));
        }
        if (there.checksum != checksum_of(ours.up)) {
            return fail(
                Errc::kInvalid,
                fmt::format("migration {} of the database has another content than this program's: use "
                            "the gengfu-ingest that applied it at {}",
                            there.name, there.applied_at));
        }
    }
    return {};
}

Result<std::vector<Applied>> applied_migrations(Database& database) {
    auto there = database.run("SELECT to_regclass('governance.migration') IS NOT NULL");
    if (!there) {
        return pass(there);
    }
    if (there->text(0, 0) != "t") {
        return std::vector<Applied>{};
    }
    auto rows = database.run(
        "SELECT number, name, checksum, date_trunc('second', applied_at) FROM governance.migration ORDER BY "
        "number");
    if (!rows) {
        return pass(rows);
    }
    std::vector<Applied> applied(rows->size());
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const std::string_view number = rows->text(i, 0);
        std::from_chars(number.data(), number.data() + number.size(), applied[i].number);
        applied[i].name = rows->text(i, 1);
        applied[i].checksum = rows->text(i, 2);
        applied[i].applied_at = rows->text(i, 3);
    }
    return applied;
}

Result<void> check_ready(Database& database) {
    const std::span<const Migration> known = migrations();
    auto applied = checked_applied(database, known);
    if (!applied) {
        return pass(applied);
    }
    if (applied->empty()) {
        return fail(Errc::kInvalid, "the database has no governance schema yet: run gengfu-ingest migrate");
    }
    if (applied->size() < known.size()) {
        return fail(Errc::kInvalid,
                    fmt::format("the database's schema is older than this program, it lacks migration {}{}: "
                                "run gengfu-ingest migrate",
                                known[applied->size()].name,
                                applied->size() + 1 < known.size()
                                    ? fmt::format(" and {} more", known.size() - applied->size() - 1)
                                    : ""));
    }
    return {};
}

Result<std::vector<std::string>> migrate_up(Database& database, std::span<const Migration> known,
                                            std::optional<int> to) {
    return in_transaction(database, [&]() -> Result<std::vector<std::string>> {
        auto applied = checked_applied(database, known);
        if (!applied) {
            return pass(applied);
        }
        const std::size_t wanted = std::min(
            known.size(), static_cast<std::size_t>(std::max(0, to.value_or(static_cast<int>(known.size())))));
        std::vector<std::string> done;
        for (std::size_t i = applied->size(); i < wanted; ++i) {
            const Migration& migration = known[i];
            if (auto ran = run_one(database, migration, migration.up); !ran) {
                return pass(ran);
            }
            auto noted = database.run(
                "INSERT INTO governance.migration (number, name, checksum) VALUES ($1, $2, $3)",
                {std::to_string(migration.number), std::string(migration.name), checksum_of(migration.up)});
            if (!noted) {
                return pass(noted);
            }
            done.emplace_back(migration.name);
        }
        if (auto finished = after_up(database, static_cast<int>(std::max(applied->size(), wanted)));
            !finished) {
            return pass(finished);
        }
        return done;
    });
}

Result<std::vector<std::string>> migrate_down(Database& database, std::span<const Migration> known, int to) {
    return in_transaction(database, [&]() -> Result<std::vector<std::string>> {
        auto applied = checked_applied(database, known);
        if (!applied) {
            return pass(applied);
        }
        std::vector<std::string> done;
        for (std::size_t i = applied->size(); i > 0 && known[i - 1].number > to; --i) {
            const Migration& migration = known[i - 1];
            if (auto ran = run_one(database, migration, migration.down); !ran) {
                return pass(ran);
            }
            auto noted = database.run("DELETE FROM governance.migration WHERE number = $1",
                                      {std::to_string(migration.number)});
            if (!noted) {
                return pass(noted);
            }
            done.emplace_back(migration.name);
        }
        return done;
    });
}

}  // namespace gengfu::governance
