#include "governance/ingest/transaction.hpp"

namespace gengfu::ingest {

Result<void> Transaction::call(const std::string& sql, const Params& params) {
    Result<Rows> done = database.run(sql, params);
    return done ? Result<void>{} : pass(done);
}

Result<void> Transaction::one(const Step& store, const Refuse& refuse) {
    if (care == Care::kTogether) {
        return store();
    }
    if (Result<void> begun = call("SAVEPOINT one"); !begun) {
        return begun;
    }
    Result<void> stored = store();
    if (stored) {
        return call("RELEASE SAVEPOINT one");
    }
    if (stored.error().code != Errc::kCorrupt) {
        return stored;
    }
    if (Result<void> back = call("ROLLBACK TO SAVEPOINT one"); !back) {
        return back;
    }
    refuse(stored.error().what);
    return {};
}

Result<void> Transaction::finish() {
    Result<Parked> parked = parking.write(database);
    if (!parked) {
        return pass(parked);
    }
    written.parked.add(*parked);
    written.fresh -= parked->turned_away;
    Result<Quarantined> done = quarantine.write(database);
    if (!done) {
        return pass(done);
    }
    written.quarantined.add(*done);
    return {};
}

}  // namespace gengfu::ingest
