#include "governance/ingest/presence.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/events.hpp"
#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {
namespace {

template <class In>
std::vector<In> by_gateway_name(std::vector<In> all) {
    std::stable_sort(all.begin(), all.end(),
                     [](const In& a, const In& b) { return a.topic.gateway < b.topic.gateway; });
    return all;
}

std::string level(std::string_view word) {
    return word == "-" ? std::string() : std::string(word);
}

}  // namespace

Result<void> put_presence(Transaction& transaction, Batches& batches, const Intake& intake) {
    for (const auto& part : by_gateway_name(intake.catalogues)) {
        const std::string gateway(part.topic.gateway);
        Result<CataloguePtr> known =
            batches.catalogue_of(transaction.database, gateway, part.content->hash());
        if (!known) {
            return pass(known);
        }
        if (*known) {
            continue;  // at each connect the broker sends the catalogues of the whole city
        }
        Result<void> done = transaction.one(
            [&] { return put_catalogue(transaction, gateway, 0, 0, *part.content); },
            [&](const std::string& why) { transaction.quarantine.add(*part.message, gateway, why); });
        if (!done) {
            return done;
        }
    }
    const auto put = [&](const auto& in, const std::string& sql) {
        const std::string gateway(in.topic.gateway);
        Params params;
        params.add(gateway)
            .add(level(in.topic.division))
            .add(level(in.topic.community))
            .add(json_of(*in.content))
            .add(in.message->retained ? "t" : "f");
        return transaction.one(
            [&]() -> Result<void> {
                Result<Rows> rows = transaction.database.run(sql, params);
                if (!rows) {
                    return pass(rows);
                }
                transaction.written.superseded += static_cast<std::size_t>(number(*rows, 0, 0));
                return {};
            },
            [&](const std::string& why) { transaction.quarantine.add(*in.message, gateway, why); });
    };
    for (const auto& birth : by_gateway_name(intake.births)) {
        if (Result<void> done = put(birth, "SELECT governance.put_birth($1, $2, $3, $4, $5)"); !done) {
            return done;
        }
    }
    for (const auto& state : by_gateway_name(intake.states)) {
        if (Result<void> done = put(state, "SELECT governance.put_state($1, $2, $3, $4, $5)"); !done) {
            return done;
        }
    }
    return {};
}

}  // namespace gengfu::ingest
