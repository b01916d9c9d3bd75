#include "governance/ingest/parking.hpp"

#include <algorithm>
#include <cstdint>

#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {
namespace {

/// So much of batches goes with one statement, at least one batch: in hex it is twice as much.
constexpr std::size_t kBytesAtOnce = 4U << 20U;

}  // namespace

void Parked::add(const Parked& more) {
    if (turned_away == 0) {
        first_gateway = more.first_gateway;
        first_hash = more.first_hash;
    }
    kept += more.kept;
    turned_away += more.turned_away;
}

Result<void> Parking::write_part(Database& database, std::size_t from, std::size_t to, Parked& done) const {
    ArrayText gateways;
    ArrayText epochs;
    ArrayText sequences;
    ArrayText starts;
    ArrayText hashes;
    ArrayText payloads;
    for (std::size_t i = from; i < to; ++i) {
        const RecordIn& in = *entries_[i].in;
        gateways.add(in.key.gateway);
        epochs.add(signed_of(in.key.epoch));
        sequences.add(signed_of(in.sequence));
        starts.add(signed_of(in.start));
        hashes.add(entries_[i].hash);
        payloads.add(hex(in.message->payload));
    }
    Params params;
    params.add(gateways.text()).add(epochs.text()).add(sequences.text());
    params.add(starts.text()).add(hashes.text()).add(payloads.text());
    Result<Rows> rows = database.run(
        "SELECT governance.park($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::bytea[])",
        params);
    if (!rows) {
        return pass(rows);
    }
    const auto turned_away = static_cast<std::size_t>(number(*rows, 0, 0));
    done.add({to - from - turned_away, turned_away, entries_[from].in->key.gateway, entries_[from].hash});
    return {};
}

Result<Parked> Parking::write(Database& database) {
    Parked done;
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.in->key.gateway < b.in->key.gateway; });
    for (std::size_t from = 0; from < entries_.size();) {
        std::size_t to = from;
        std::size_t bytes = 0;
        do {
            bytes += entries_[to++].in->message->payload.size();
        } while (to < entries_.size() && entries_[to].in->key.gateway == entries_[from].in->key.gateway &&
                 bytes + entries_[to].in->message->payload.size() <= kBytesAtOnce);
        if (Result<void> part = write_part(database, from, to, done); !part) {
            return pass(part);
        }
        from = to;
    }
    entries_.clear();
    return done;
}

}  // namespace gengfu::ingest
