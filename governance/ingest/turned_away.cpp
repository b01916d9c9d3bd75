#include "governance/ingest/turned_away.hpp"

namespace gengfu::ingest {
namespace {

constexpr const char* kIsOwed =
    "tally.is_owed AND EXISTS (SELECT FROM governance.catalogue WHERE (catalogue.gateway, catalogue.hash) = "
    "(tally.gateway, tally.last_hash) AND complete)";

}  // namespace

Result<std::vector<TurnedAway::Gateway>> look_for_turned_away(Database& database) {
    Result<Rows> rows = database.run(
        "SELECT gateway, kept, turned_away, last_hash, last_turned_away_at > now() - interval '1 hour' FROM "
        "governance.parked_tally WHERE last_turned_away_at > now() - interval '1 day' "
        "ORDER BY turned_away DESC, gateway LIMIT 20");
    if (!rows) {
        return pass(rows);
    }
    std::vector<TurnedAway::Gateway> all;
    for (std::size_t row = 0; row < rows->size(); ++row) {
        all.push_back({std::string(rows->text(row, 0)), static_cast<std::uint64_t>(number(*rows, row, 1)),
                       static_cast<std::uint64_t>(number(*rows, row, 2)), std::string(rows->text(row, 3)),
                       rows->text(row, 4) == "t"});
    }
    return all;
}

Result<Rows> look_for_owed(Database& database) {
    return database.run(
        "SELECT gateway, division, community_code FROM governance.parked_tally AS tally JOIN "
        "governance.gateway USING (gateway) WHERE online AND " +
        std::string(kIsOwed));
}

Result<void> settle_owed(Database& database, const std::set<std::string>& gateways) {
    if (gateways.empty()) {
        return {};
    }
    ArrayText all;
    for (const std::string& gateway : gateways) {
        all.add(gateway);
    }
    Params params;
    params.add(all.text());
    // Locked in the order of the key, as park() does. What was turned away meanwhile for want of another
    // catalogue stays owed.
    Result<Rows> rows = database.run(
        "WITH owed AS (SELECT gateway FROM governance.parked_tally AS tally WHERE gateway = ANY ($1::text[]) "
        "ORDER BY gateway FOR NO KEY UPDATE) UPDATE governance.parked_tally AS tally SET is_owed = false "
        "FROM owed WHERE tally.gateway = owed.gateway AND " +
            std::string(kIsOwed),
        params);
    return rows ? Result<void>{} : pass(rows);
}

}  // namespace gengfu::ingest
