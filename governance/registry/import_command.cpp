#include <fmt/format.h>

#include <memory>
#include <string>

#include "daemon/core/plain_text.hpp"
#include "daemon/core/read_file.hpp"
#include "governance/commands.hpp"
#include "governance/migrate/migrate.hpp"
#include "governance/registry/component_classes.hpp"
#include "governance/registry/csv.hpp"
#include "governance/registry/geojson.hpp"
#include "governance/registry/store.hpp"

namespace gengfu::governance {
namespace {

using config::Report;

constexpr std::size_t kDifferencesShown = 50;

enum class What : unsigned char { kComponents, kParties, kClasses };

struct Wish {
    What what = What::kComponents;
    std::string file;
    std::string datum;
    bool dry_run = false;
};

int complain(const std::string& what) {
    fmt::print(stderr, "gengfu-ingest: {}\n", what);
    return kFailed;
}

int complain(const Report& report) {
    for (const config::Diagnostic& diagnostic : report.diagnostics()) {
        fmt::print(stderr, "{}\n", config::to_string(diagnostic));
    }
    return complain("nothing was imported");
}

std::vector<Row> read_rows(const Wish& wish, const std::string& text, Report& report) {
    const Columns& columns = wish.what == What::kParties ? party_columns() : component_columns();
    const bool is_geojson = wish.file.ends_with(".geojson") || wish.file.ends_with(".json");
    if (wish.what == What::kComponents && is_geojson) {
        return parse_geojson(text, columns, report);
    }
    return parse_csv(text, columns, report);
}

std::string clean(std::string_view text) {
    return text.empty() ? "nothing" : to_plain(text);
}

Result<void> tell_differences(Database& database) {
    std::size_t total = 0;
    auto found = differences(database, kDifferencesShown, total);
    if (!found) {
        return pass(found);
    }
    if (total > 0) {
        fmt::print("{} difference{} between gateways and registry; the registry's counts:\n", total,
                   total == 1 ? "" : "s");
    }
    for (const Difference& one : *found) {
        fmt::print("  {} {}{}: {}: gateway says {}, registry says {}\n", clean(one.gateway),
                   one.device.empty() ? "" : to_plain(one.device),
                   one.component.empty() ? "" : " (" + to_plain(one.component) + ")", to_plain(one.what),
                   clean(one.gateway_says), clean(one.registry_says));
    }
    if (total > found->size()) {
        fmt::print("  ... all of them: SELECT * FROM governance.registry_difference\n");
    }
    return {};
}

void tell(const Imported& imported, const Wish& wish) {
    fmt::print("{}: {} new, {} changed, {} as they were{}\n", wish.file, imported.added, imported.changed,
               imported.same, wish.dry_run ? " (dry run: nothing was stored)" : "");
}

/// Within a transaction. \return the exit status; anything but kDone is rolled back.
int take_in(Database& database, const Wish& wish, const std::string& text) {
    Report report({wish.file});
    Result<Imported> imported = Imported{};
    if (wish.what == What::kClasses) {
        const std::vector<ComponentClass> classes = read_component_classes(text, report);
        if (report.has_errors()) {
            return complain(report);
        }
        auto stored = store_classes(database, classes);
        if (!stored) {
            return complain(stored.error().what);
        }
        fmt::print("{}: {} new or changed of {}{}\n", wish.file, *stored, classes.size(),
                   wish.dry_run ? " (dry run: nothing was stored)" : "");
        return kDone;
    }
    std::vector<Row> rows = read_rows(wish, text, report);
    auto known = read_known(database);
    if (!known) {
        return complain(known.error().what);
    }
    if (wish.what == What::kComponents) {
        check_components(rows, wish.datum, *known, report);
    } else {
        check_parties(rows, *known, report);
    }
    if (!report.has_errors() && wish.what == What::kComponents) {
        if (auto checked = check_against_registry(database, rows, report); !checked) {
            return complain(wish.file + ": " + checked.error().what);
        }
    }
    if (report.has_errors()) {
        return complain(report);
    }
    imported = wish.what == What::kComponents ? store_components(database, rows, report)
                                              : store_parties(database, rows, report);
    if (!imported) {
        return complain(wish.file + ": " + imported.error().what);
    }
    if (report.has_errors()) {
        return complain(report);
    }
    tell(*imported, wish);
    if (auto told = tell_differences(database); !told) {
        return complain(told.error().what);
    }
    return kDone;
}

int import(const Shared& shared, const Wish& wish) {
    // One byte more than may be: so that a file that is too long is not taken for its beginning.
    auto text = read_file(wish.file, kMaxImportBytes + 1);
    if (!text) {
        return complain(text.error().what);
    }
    if (text->size() > kMaxImportBytes) {
        return complain(fmt::format("{}: more than {} MiB: divide it", wish.file, kMaxImportBytes >> 20U));
    }
    auto database = Database::open(shared.database);
    if (!database) {
        return complain(database.error().what);
    }
    if (auto ready = check_ready(*database); !ready) {
        return complain(ready.error().what);
    }
    if (auto begun = database->run("BEGIN"); !begun) {
        return complain(begun.error().what);
    }
    const int status = take_in(*database, wish, *text);
    if (auto ended = database->run(status == kDone && !wish.dry_run ? "COMMIT" : "ROLLBACK"); !ended) {
        return complain(ended.error().what);
    }
    return status;
}

void add(CLI::App& app, Shared& shared, What what, const char* name, const char* help) {
    const auto wish = std::make_shared<Wish>();
    wish->what = what;
    CLI::App* const sub = app.add_subcommand(name, help);
    sub->add_option("FILE", wish->file, "what to import")->required();
    sub->add_flag("--dry-run", wish->dry_run,
                  "checks everything and says what would change, and changes nothing");
    if (what == What::kComponents) {
        sub->add_option("--datum", wish->datum, "of positions that state none")
            ->check(CLI::IsMember({"wgs84", "cgcs2000", "gcj02"}));
    }
    sub->callback([&shared, wish] { shared.status = import(shared, *wish); });
}

}  // namespace

void add_imports(CLI::App& app, Shared& shared) {
    add(app, shared, What::kComponents, "import-components",
        "city components from FILE.csv or FILE.geojson into the registry");
    add(app, shared, What::kParties, "import-parties",
        "the units that answer for components from FILE.csv into the registry");
    add(app, shared, What::kClasses, "import-classes",
        "classes of components from FILE.toml into the registry");
}

}  // namespace gengfu::governance
