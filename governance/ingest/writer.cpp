#include "governance/ingest/writer.hpp"

#include <string>
#include <utility>

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/events.hpp"
#include "governance/ingest/presence.hpp"

namespace gengfu::ingest {

using Care = Transaction::Care;

Result<Written> Writer::write(Database& database, const Intake& intake) {
    Result<Written> done = write(database, intake, Care::kTogether);
    if (!done && done.error().code == Errc::kCorrupt) {
        done = write(database, intake, Care::kOneByOne);
    }
    return done;
}

Result<Written> Writer::write(Database& database, const Intake& intake, Care care) {
    Transaction transaction(database, care);
    batches_.begin();
    Result<void> done = database.begin();
    if (done) {
        done = steps(transaction, intake);
    }
    if (done) {
        done = database.commit();
    }
    if (!done) {
        database.roll_back();
        catalogues_.clear();  // what was read within may not be there
        return pass(done);
    }
    return std::move(transaction.written);
}

Result<void> Writer::steps(Transaction& transaction, const Intake& intake) {
    Result<std::vector<bool>> fresh = claim(transaction.database, intake.records, claims_);
    if (!fresh) {
        return pass(fresh);
    }
    for (const std::size_t i : by_gateway(intake.records)) {
        if (!(*fresh)[i]) {
            ++transaction.written.duplicates;
            continue;
        }
        ++transaction.written.fresh;
        const RecordIn& in = intake.records[i];
        Result<void> done =
            transaction.one([&] { return put(transaction, in); },
                            [&](const std::string& why) { transaction.quarantine.add(in, why); });
        if (!done) {
            return done;
        }
    }
    if (Result<void> done = batches_.copy_rows(transaction); !done) {
        return done;
    }
    if (Result<void> done = put_presence(transaction, batches_, intake); !done) {
        return done;
    }
    for (const Refused& refused : intake.refused) {
        transaction.quarantine.add(*refused.message, refused.gateway, refused.reason);
    }
    return transaction.finish();
}

Result<void> Writer::put(Transaction& transaction, const RecordIn& in) {
    return in.record->content_case() == v1::Record::kBatch ? batches_.put(transaction, in)
                                                           : put_event(transaction, in);
}

Result<Written> Writer::unpark(Database& database, std::size_t most) {
    Written all;
    Result<Rows> waiting = database.run("SELECT DISTINCT gateway, hash FROM governance.parked LIMIT 1000");
    if (!waiting) {
        return pass(waiting);
    }
    for (std::size_t row = 0; row < waiting->size() && all.unparked < most; ++row) {
        const std::string gateway(waiting->text(row, 0));
        const std::string hash(waiting->text(row, 1));
        Result<CataloguePtr> catalogue = batches_.catalogue_of(database, gateway, hash);
        if (!catalogue) {
            return pass(catalogue);
        }
        if (!*catalogue) {
            continue;
        }
        Transaction transaction(database, Care::kOneByOne);
        batches_.begin();
        Result<void> done = database.begin();
        if (done) {
            done = batches_.unpark(transaction, gateway, hash, **catalogue, most);
        }
        if (done) {
            done = database.commit();
        }
        if (!done) {
            database.roll_back();
            return pass(done);
        }
        all.unparked += transaction.written.unparked;
        all.samples += transaction.written.samples;
        all.quarantined.add(transaction.written.quarantined);
    }
    return all;
}

}  // namespace gengfu::ingest
