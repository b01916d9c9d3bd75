#include "governance/registry/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>

#include "daemon/config/limits.hpp"

namespace gengfu::governance {
namespace {

constexpr std::size_t kRowsAtOnce = 2'000;  // a statement of about a megabyte

// `row ? 'x'`: the file has the column; where it has not, what is stored stays. Whoever came first is told by
// xmax, which an insertion leaves 0.
constexpr const char* kStoreComponents = R"(
WITH told AS (
    SELECT row, row ->> 'code' AS code,
           nullif(row ->> 'longitude', '')::float8 AS east, nullif(row ->> 'latitude', '')::float8 AS north,
           nullif(row ->> 'datum', '') AS datum
    FROM jsonb_array_elements($1) AS row
), placed AS (
    SELECT *, governance.wgs84_of(east, north, datum) AS at FROM told
), stored AS (
    INSERT INTO governance.component AS known (code, name, longitude, latitude, told_longitude, told_latitude, told_datum,
        grid, community_code, street, community, estate, area, door, building, floor, landmark, access,
        authority, owner, maintainer)
    SELECT placed.code, coalesce(row ->> 'name', old.name, ''),
        CASE WHEN row ? 'longitude' THEN at[1] ELSE old.longitude END,
        CASE WHEN row ? 'longitude' THEN at[2] ELSE old.latitude END,
        CASE WHEN row ? 'longitude' THEN east ELSE old.told_longitude END,
        CASE WHEN row ? 'longitude' THEN north ELSE old.told_latitude END,
        CASE WHEN row ? 'longitude' THEN CASE WHEN east IS NOT NULL THEN datum END ELSE old.told_datum END,
        coalesce(row ->> 'grid', old.grid, ''), coalesce(row ->> 'community_code', old.community_code, ''),
        coalesce(row ->> 'street', old.street, ''), coalesce(row ->> 'community', old.community, ''),
        coalesce(row ->> 'estate', old.estate, ''), coalesce(row ->> 'area', old.area, ''),
        coalesce(row ->> 'door', old.door, ''), coalesce(row ->> 'building', old.building, ''),
        coalesce(row ->> 'floor', old.floor, ''), coalesce(row ->> 'landmark', old.landmark, ''),
        coalesce(row ->> 'access', old.access, ''),
        nullif(coalesce(row ->> 'authority', old.authority), ''), nullif(coalesce(row ->> 'owner', old.owner), ''),
        nullif(coalesce(row ->> 'maintainer', old.maintainer), '')
    FROM placed LEFT JOIN governance.component AS old ON old.code = placed.code
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, longitude = excluded.longitude, latitude = excluded.latitude,
        told_longitude = excluded.told_longitude, told_latitude = excluded.told_latitude, told_datum = excluded.told_datum,
        grid = excluded.grid, community_code = excluded.community_code, street = excluded.street,
        community = excluded.community, estate = excluded.estate, area = excluded.area, door = excluded.door,
        building = excluded.building, floor = excluded.floor, landmark = excluded.landmark, access = excluded.access,
        authority = excluded.authority, owner = excluded.owner, maintainer = excluded.maintainer, changed_at = now()
    WHERE (known.name, known.longitude, known.latitude, known.told_longitude, known.told_latitude, known.told_datum,
           known.grid, known.community_code, known.street, known.community, known.estate, known.area, known.door,
           known.building, known.floor, known.landmark, known.access, known.authority, known.owner, known.maintainer)
        IS DISTINCT FROM
          (excluded.name, excluded.longitude, excluded.latitude, excluded.told_longitude, excluded.told_latitude,
           excluded.told_datum, excluded.grid, excluded.community_code, excluded.street, excluded.community,
           excluded.estate, excluded.area, excluded.door, excluded.building, excluded.floor, excluded.landmark,
           excluded.access, excluded.authority, excluded.owner, excluded.maintainer)
    RETURNING xmax = 0 AS is_new)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored)";

constexpr const char* kStoreParties = R"(
WITH stored AS (
    INSERT INTO governance.party AS known (id, code, name, phone_ref)
    SELECT row ->> 'id', nullif(coalesce(row ->> 'code', old.code), ''), coalesce(row ->> 'name', old.name),
           coalesce(row ->> 'phone_ref', old.phone_ref, '')
    FROM jsonb_array_elements($1) AS row LEFT JOIN governance.party AS old ON old.id = row ->> 'id'
    ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, phone_ref = excluded.phone_ref, changed_at = now()
    WHERE (known.code, known.name, known.phone_ref) IS DISTINCT FROM (excluded.code, excluded.name, excluded.phone_ref)
    RETURNING xmax = 0 AS is_new)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored)";

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string as_json(std::span<const Row> rows) {
    nlohmann::json list = nlohmann::json::array();
    for (const Row& row : rows) {
        nlohmann::json& one = list.emplace_back(nlohmann::json::object());
        for (const auto& [name, cell] : row.cells) {
            one[name] = cell.text;
        }
    }
    return list.dump();
}

/// Of rows that the database refused together: which is at fault. Within a transaction that will be rolled
/// back.
Result<void> find_fault(Database& database, std::span<const Row> rows, const char* sql,
                        const std::string& refusal, config::Report& report) {
    for (const Row& row : rows) {
        auto stored = database.run(sql, {as_json({&row, 1})});
        if (stored) {
            continue;
        }
        if (stored.error().code != Errc::kInvalid) {
            return pass(stored);
        }
        report.error(row.at, fmt::format("the database does not take this row: {}", stored.error().what));
        return {};
    }
    report.error(rows.front().at,
                 fmt::format("the database does not take this row together with the {} after it: {}",
                             rows.size() - 1, refusal));
    return {};
}

Result<Imported> store(Database& database, const std::vector<Row>& rows, const char* sql,
                       config::Report& report) {
    Imported imported;
    if (auto later = database.run("SET CONSTRAINTS ALL DEFERRED"); !later) {
        return pass(later);
    }
    for (std::size_t from = 0; from < rows.size(); from += kRowsAtOnce) {
        const auto some = std::span(rows).subspan(from, std::min(kRowsAtOnce, rows.size() - from));
        if (auto kept = database.run("SAVEPOINT chunk"); !kept) {
            return pass(kept);
        }
        auto counts = database.run(sql, {as_json(some)});
        if (!counts && counts.error().code == Errc::kInvalid) {
            auto back = database.run("ROLLBACK TO SAVEPOINT chunk");
            if (!back) {
                return pass(back);
            }
            if (auto found = find_fault(database, some, sql, counts.error().what, report); !found) {
                return pass(found);
            }
            return imported;
        }
        if (!counts) {
            return pass(counts);
        }
        if (auto released = database.run("RELEASE SAVEPOINT chunk"); !released) {
            return pass(released);
        }
        imported.added += number(counts->text(0, 0));
        imported.changed += number(counts->text(0, 1));
    }
    // What waited until now, while an error can still be told as this import's.
    if (auto now = database.run("SET CONSTRAINTS ALL IMMEDIATE"); !now) {
        return pass(now);
    }
    imported.same = rows.size() - imported.added - imported.changed;
    return imported;
}

void contradiction(const Row& row, const Rows& found, std::size_t at, config::Report& report) {
    const Cell* const grid = row.find("grid");
    const Cell* const community = row.find("community_code");
    const Cell& cell = grid != nullptr ? *grid : *community;
    report.error(
        cell.at,
        fmt::format("grid {} does not begin with community_code {}; the registry has that {} of this "
                    "component, and the file leaves it as it is: give both columns",
                    found.text(at, 1), found.text(at, 2), grid != nullptr ? "community_code" : "grid"));
}

}  // namespace

Result<KnownRegistry> read_known(Database& database) {
    if (auto locked =
            database.run("LOCK TABLE governance.party, governance.component IN SHARE ROW EXCLUSIVE MODE");
        !locked) {
        return pass(locked);
    }
    KnownRegistry known;
    auto classes = database.run("SELECT code FROM governance.component_class");
    if (!classes) {
        return pass(classes);
    }
    for (std::size_t i = 0; i < classes->size(); ++i) {
        known.classes.emplace(classes->text(i, 0));
    }
    auto parties = database.run("SELECT id, coalesce(code, '') FROM governance.party");
    if (!parties) {
        return pass(parties);
    }
    for (std::size_t i = 0; i < parties->size(); ++i) {
        known.parties.emplace(parties->text(i, 0));
        if (!parties->text(i, 1).empty()) {
            known.codes.emplace(parties->text(i, 1), parties->text(i, 0));
        }
    }
    return known;
}

Result<void> check_against_registry(Database& database, const std::vector<Row>& rows,
                                    config::Report& report) {
    constexpr const char* kContradictions = R"(
SELECT i, merged.grid, merged.community_code
FROM jsonb_array_elements($1) WITH ORDINALITY AS told (row, i)
JOIN governance.component AS old ON old.code = row ->> 'code'
CROSS JOIN LATERAL (SELECT coalesce(row ->> 'grid', old.grid) AS grid,
                           coalesce(row ->> 'community_code', old.community_code) AS community_code) AS merged
WHERE (row ? 'grid') <> (row ? 'community_code') AND merged.grid <> '' AND NOT starts_with(merged.grid, merged.community_code)
ORDER BY i)";
    for (std::size_t from = 0; from < rows.size() && report.error_count() < config::kMaxDiagnostics;
         from += kRowsAtOnce) {
        const auto some = std::span(rows).subspan(from, std::min(kRowsAtOnce, rows.size() - from));
        auto found = database.run(kContradictions, {as_json(some)});
        if (!found) {
            return pass(found);
        }
        for (std::size_t at = 0; at < found->size(); ++at) {
            contradiction(some[number(found->text(at, 0)) - 1], *found, at, report);
        }
    }
    return {};
}

Result<Imported> store_components(Database& database, const std::vector<Row>& rows, config::Report& report) {
    auto imported = store(database, rows, kStoreComponents, report);
    if (imported && !report.has_errors()) {
        if (auto moved = database.run("SELECT governance.place_alarms()"); !moved) {
            return pass(moved);
        }
    }
    return imported;
}

Result<Imported> store_parties(Database& database, const std::vector<Row>& rows, config::Report& report) {
    return store(database, rows, kStoreParties, report);
}

Result<std::vector<Difference>> differences(Database& database, std::size_t most, std::size_t& total) {
    auto rows = database.run(
        "SELECT gateway, device, component, what, gateway_says, registry_says, count(*) OVER () "
        "FROM governance.registry_difference ORDER BY gateway, device, what LIMIT $1",
        {std::to_string(most)});
    if (!rows) {
        return pass(rows);
    }
    std::vector<Difference> found;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        found.push_back({std::string(rows->text(i, 0)), std::string(rows->text(i, 1)),
                         std::string(rows->text(i, 2)), std::string(rows->text(i, 3)),
                         std::string(rows->text(i, 4)), std::string(rows->text(i, 5))});
    }
    total = rows->size() == 0 ? 0 : number(rows->text(0, 6));
    return found;
}

}  // namespace gengfu::governance
