#include "governance/ingest/events.hpp"

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {

Result<void> put_event(Transaction& transaction, const RecordIn& in) {
    const v1::Record& record = *in.record;
    Params params;
    params.add(in.key.gateway).add(signed_of(in.key.epoch));
    switch (record.content_case()) {
        case v1::Record::kTransition:
            ++transaction.written.transitions;
            params.add(signed_of(in.start)).add(signed_of(in.sequence)).add(in.is_volatile ? "t" : "f");
            params.add(json_of(record.written())).add(json_of(record.transition()));
            return transaction.call("SELECT governance.put_transition($1, $2, $3, $4, $5, $6, $7)", params);
        case v1::Record::kCatalogue:
            return put_catalogue(transaction, in.key.gateway, in.start, in.sequence, record.catalogue());
        case v1::Record::kAudit:
            params.add(signed_of(in.sequence)).add(json_of(record.written())).add(json_of(record.audit()));
            return transaction.call("SELECT governance.put_audit($1, $2, $3, $4, $5)", params);
        case v1::Record::kAbandoned:
            params.add(signed_of(in.sequence))
                .add(json_of(record.written()))
                .add(json_of(record.abandoned()));
            return transaction.call("SELECT governance.put_abandoned($1, $2, $3, $4, $5)", params);
        case v1::Record::kClockFix: {
            const v1::ClockFix& fix = record.clock_fix();
            v1::Time boot;
            boot.set_boot_id_high(fix.boot_id_high());
            boot.set_boot_id_low(fix.boot_id_low());
            Params fixed;
            fixed.add(in.key.gateway)
                .add(uuid_text(boot))
                .add(signed_of(fix.version()))
                .add(fix.wall_of_zero_us());
            fixed.add(signed_of(fix.uncertainty_us()))
                .add(signed_of(in.key.epoch))
                .add(signed_of(in.sequence));
            return transaction.call("SELECT governance.put_clock_fix($1, $2, $3, $4, $5, $6, $7)", fixed);
        }
        default:
            transaction.quarantine.add(in, "a kind of record that this release does not know");
            return {};
    }
}

Result<void> put_catalogue(Transaction& transaction, const std::string& gateway, std::uint64_t start,
                           std::uint64_t sequence, const v1::CatalogueChange& part) {
    Params params;
    params.add(gateway).add(signed_of(start)).add(signed_of(sequence)).add(json_of(part));
    Result<Rows> rows =
        transaction.database.run("SELECT governance.put_catalogue_part($1, $2, $3, $4)", params);
    if (!rows) {
        return pass(rows);
    }
    transaction.written.catalogue_completed =
        transaction.written.catalogue_completed || rows->text(0, 0) == "t";
    return {};
}

}  // namespace gengfu::ingest
