#include "governance/ingest/batches.hpp"

#include <google/protobuf/arena.h>

#include <chrono>
#include <unordered_map>
#include <utility>

#include "daemon/publish/batch_encoder.hpp"
#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {
namespace {

/// The topics' beginning, of a message whose topic has been read before.
std::string base_of(const std::string& topic) {
    return topic.substr(0, topic.rfind('/'));
}

}  // namespace

void Batches::begin() {
    rows_.clear();
    received_us_ = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
}

Result<CataloguePtr> Batches::catalogue_of(Database& database, const std::string& gateway,
                                           const std::string& hash) {
    const CatalogueCache::Key key{gateway, hash};
    if (CataloguePtr known = catalogues_.find(key)) {
        return known;
    }
    Params params;
    params.add(gateway).add(hash);
    Result<Rows> rows = database.run(
        R"(SELECT alias, number, type, resolution, "offset" FROM governance.catalogue_points($1, $2))",
        params);
    if (!rows) {
        return pass(rows);
    }
    std::unordered_map<std::uint32_t, PointCoding> points;
    for (std::size_t row = 0; row < rows->size(); ++row) {
        points.emplace(static_cast<std::uint32_t>(number(*rows, row, 0)),
                       PointCoding{static_cast<std::int32_t>(number(*rows, row, 1)), real(*rows, row, 3),
                                   real(*rows, row, 4), number(*rows, row, 2) == v1::POINT_TYPE_TEXT});
    }
    if (points.empty()) {
        return CataloguePtr();
    }
    auto catalogue = std::make_shared<const Catalogue>(std::move(points));
    catalogues_.keep(key, catalogue);
    return CataloguePtr(std::move(catalogue));
}

Result<void> Batches::put(Transaction& transaction, const RecordIn& in) {
    const std::string& hash = in.record->batch().catalogue_hash();
    constexpr std::size_t kLongestHash = 64;
    if (hash.empty() || hash.size() > kLongestHash || hash.find('\0') != std::string::npos ||
        publish::valid_utf8(hash) != hash) {
        transaction.quarantine.add(in, "batch: no hash of a catalogue");
        return {};
    }
    if (in.key.stream != v1::STREAM_TELEMETRY) {  // what is parked has no other stream
        transaction.quarantine.add(in, "batch: samples are no events");
        return {};
    }
    Result<CataloguePtr> catalogue = catalogue_of(transaction.database, in.key.gateway, hash);
    if (!catalogue) {
        return pass(catalogue);
    }
    if (*catalogue) {
        return put_samples(transaction, in, **catalogue);
    }
    park(transaction, in, hash);
    return {};
}

Result<void> Batches::put_samples(Transaction& transaction, const RecordIn& in, const Catalogue& catalogue) {
    const v1::Batch& batch = in.record->batch();
    const SampleOwner owner{&in.key.gateway, in.key.epoch, in.sequence, received_us_};
    Result<void> decoded = decode_batch(batch, catalogue, arrays_);
    if (decoded) {
        decoded = rows_.add(owner, batch.start(), arrays_);
    }
    if (!decoded) {
        transaction.quarantine.add(in, decoded.error().what);
        return {};
    }
    return transaction.care == Transaction::Care::kOneByOne ? copy_rows(transaction) : Result<void>{};
}

Result<void> Batches::copy_rows(Transaction& transaction) {
    rows_.finish();
    const std::size_t samples = rows_.size();
    Result<void> done;
    if (!rows_.recent.is_empty()) {
        done = transaction.database.copy(SampleRows::kRecent, rows_.recent.bytes());
    }
    if (done && !rows_.clockless.is_empty()) {
        done = transaction.database.copy(SampleRows::kClockless, rows_.clockless.bytes());
    }
    if (done && !rows_.text.is_empty()) {
        done = transaction.database.copy(SampleRows::kText, rows_.text.bytes());
    }
    rows_.clear();
    transaction.written.samples += done ? samples : 0;
    return done;
}

void Batches::park(Transaction& transaction, const RecordIn& in, const std::string& hash) {
    bool asked = false;
    for (const Missing& missing : transaction.written.missing) {
        asked = asked || (missing.gateway == in.key.gateway && missing.hash == hash);
    }
    if (!asked) {
        transaction.written.missing.push_back({in.key.gateway, base_of(in.message->topic), hash});
    }
    transaction.parking.add(in, hash);
}

Result<void> Batches::unpark(Transaction& transaction, const std::string& gateway, const std::string& hash,
                             const Catalogue& catalogue, std::size_t most) {
    Params params;
    params.add(gateway).add(hash).add(static_cast<std::int64_t>(most));
    Result<Rows> rows = transaction.database.run(
        "DELETE FROM governance.parked WHERE ctid IN (SELECT ctid FROM governance.parked WHERE gateway = $1 "
        "AND hash = $2 LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING epoch, sequence, start, payload",
        params);
    if (!rows) {
        return pass(rows);
    }
    for (std::size_t row = 0; row < rows->size(); ++row) {
        google::protobuf::Arena arena;
        // The payload alone was kept: it says all but the topic.
        const Message message{"-/-/-/" + gateway + "/tele", unhex(rows->text(row, 3)), false, {}};
        Intake intake;
        take_in(message, "-", arena, intake);
        if (intake.records.empty()) {
            continue;
        }
        const RecordIn& in = intake.records.front();
        Result<void> done =
            transaction.one([&] { return put_samples(transaction, in, catalogue); },
                            [&](const std::string& why) { transaction.quarantine.add(in, why); });
        if (!done) {
            return done;
        }
        if (Result<void> finished = transaction.finish(); !finished) {
            return finished;  // at once: the message ends here
        }
        ++transaction.written.unparked;
    }
    return {};
}

}  // namespace gengfu::ingest
