#include "governance/ingest/claims.hpp"

#include <algorithm>
#include <numeric>

#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {
namespace {

/// One call of governance.claim(). \param part  indexes of records  \param fresh  their answers are put there
Result<void> claim_part(Database& database, const std::vector<RecordIn>& records,
                        const std::vector<std::size_t>& part, std::vector<bool>& fresh) {
    ArrayText gateways;
    ArrayText epochs;
    ArrayText starts;
    ArrayText streams;
    ArrayText sequences;
    for (const std::size_t i : part) {
        const RecordIn& in = records[i];
        gateways.add(in.key.gateway);
        epochs.add(signed_of(in.key.epoch));
        starts.add(signed_of(in.start));
        streams.add(std::int64_t{in.key.stream});
        sequences.add(signed_of(in.sequence));
    }
    Params params;
    params.add(gateways.text())
        .add(epochs.text())
        .add(starts.text())
        .add(streams.text())
        .add(sequences.text());
    Result<Rows> rows = database.run(
        "SELECT governance.claim($1::text[], $2::int8[], $3::int8[], $4::int2[], $5::int8[])", params);
    if (!rows) {
        return pass(rows);
    }
    std::size_t answered = 0;
    for (const char c : rows->text(0, 0)) {  // {t,f,t}
        if ((c == 't' || c == 'f') && answered < part.size()) {
            fresh[part[answered++]] = c == 't';
        }
    }
    if (answered != part.size()) {
        return fail(Errc::kInvalid, "database: governance.claim() does not answer for each record");
    }
    return {};
}

}  // namespace

std::vector<std::size_t> by_gateway(const std::vector<RecordIn>& records) {
    std::vector<std::size_t> order(records.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return records[a].key.gateway < records[b].key.gateway;
    });
    return order;
}

Result<std::vector<bool>> claim(Database& database, const std::vector<RecordIn>& records, Claims how) {
    std::vector<bool> fresh(records.size());
    const std::vector<std::size_t> order = by_gateway(records);
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = order.size();
        if (how == Claims::kByGateway) {
            end = first + 1;
            while (end < order.size() &&
                   records[order[end]].key.gateway == records[order[first]].key.gateway) {
                ++end;
            }
        }
        const std::vector<std::size_t> part(order.begin() + static_cast<std::ptrdiff_t>(first),
                                            order.begin() + static_cast<std::ptrdiff_t>(end));
        if (Result<void> done = claim_part(database, records, part, fresh); !done) {
            return pass(done);
        }
        first = end;
    }
    return fresh;
}

}  // namespace gengfu::ingest
