#include "governance/ingest/writer.hpp"

#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

#include "daemon/publish/batch_encoder.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::ingest {
namespace {

std::int64_t signed_of(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits);
}

/// As the functions of the schema read it: the contract's own field names, enums as numbers.
std::string json_of(const google::protobuf::Message& message) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_enums_as_ints = true;
    std::string out;
    // Text that is no UTF-8 does not get through the parser, so this does not fail.
    return google::protobuf::util::MessageToJsonString(message, &out, options).ok() ? out : "{}";
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "\\x";
    out.reserve(2 + bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out;
}

std::string unhex(std::string_view text) {
    std::string out;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
        out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    }
    return out;
}

std::string uuid_text(const v1::Time& time) {
    return hex(boot_bytes(time)).substr(2);
}

/// Rows of gateways are locked in the order of their names, by every lane of every instance: so nobody waits
/// in a circle. The order within a gateway stays.
std::vector<std::size_t> by_gateway(const std::vector<RecordIn>& records) {
    std::vector<std::size_t> order(records.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return records[a].key.gateway < records[b].key.gateway;
    });
    return order;
}

template <class In>
std::vector<In> by_gateway_name(std::vector<In> all) {
    std::stable_sort(all.begin(), all.end(),
                     [](const In& a, const In& b) { return a.topic.gateway < b.topic.gateway; });
    return all;
}

/// The topics' beginning, of a message whose topic has been read before.
std::string base_of(const std::string& topic) {
    return topic.substr(0, topic.rfind('/'));
}

std::string level(std::string_view word) {
    return word == "-" ? std::string() : std::string(word);
}

}  // namespace

Result<void> Writer::call(const std::string& sql, const Params& params) {
    Result<Rows> done = database_->run(sql, params);
    return done ? Result<void>{} : pass(done);
}

Result<void> Writer::one(const Step& store, const Refuse& refuse) {
    if (care_ == Care::kTogether) {
        return store();
    }
    if (Result<void> begun = call("SAVEPOINT one", {}); !begun) {
        return begun;
    }
    Result<void> stored = store();
    if (stored) {
        return call("RELEASE SAVEPOINT one", {});
    }
    if (stored.error().code != Errc::kCorrupt) {
        return stored;
    }
    if (Result<void> back = call("ROLLBACK TO SAVEPOINT one", {}); !back) {
        return back;
    }
    return refuse(stored.error().what);
}

Result<Written> Writer::write(Database& database, const Intake& intake) {
    Result<Written> done = transaction(database, intake, Care::kTogether);
    if (!done && done.error().code == Errc::kCorrupt) {
        done = transaction(database, intake, Care::kOneByOne);
    }
    return done;
}

Result<Written> Writer::transaction(Database& database, const Intake& intake, Care care) {
    database_ = &database;
    care_ = care;
    written_ = {};
    rows_.clear();
    received_us_ = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
    Result<void> done = database.begin();
    if (done) {
        done = steps(intake);
    }
    if (done) {
        done = database.commit();
    }
    if (!done) {
        database.roll_back();
        catalogues_.clear();  // what was read within may not be there
        return pass(done);
    }
    return std::move(written_);
}

Result<void> Writer::steps(const Intake& intake) {
    Result<std::vector<bool>> fresh = claim(intake.records);
    if (!fresh) {
        return pass(fresh);
    }
    for (const std::size_t i : by_gateway(intake.records)) {
        if (!(*fresh)[i]) {
            ++written_.duplicates;
            continue;
        }
        ++written_.fresh;
        const RecordIn& in = intake.records[i];
        Result<void> done =
            one([&] { return put_record(in); }, [&](const std::string& why) { return quarantine(in, why); });
        if (!done) {
            return done;
        }
    }
    if (Result<void> done = copy_rows(); !done) {
        return done;
    }
    for (const Refused& refused : intake.refused) {
        if (Result<void> done = quarantine(*refused.message, refused.gateway, refused.reason); !done) {
            return done;
        }
    }
    return put_presence(intake);
}

Result<std::vector<bool>> Writer::claim(const std::vector<RecordIn>& records) {
    std::vector<bool> fresh(records.size());
    const std::vector<std::size_t> order = by_gateway(records);
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = order.size();
        if (claims_ == Claims::kByGateway) {
            end = first + 1;
            while (end < order.size() &&
                   records[order[end]].key.gateway == records[order[first]].key.gateway) {
                ++end;
            }
        }
        const std::vector<std::size_t> part(order.begin() + static_cast<std::ptrdiff_t>(first),
                                            order.begin() + static_cast<std::ptrdiff_t>(end));
        if (Result<void> done = claim_part(records, part, fresh); !done) {
            return pass(done);
        }
        first = end;
    }
    return fresh;
}

Result<void> Writer::claim_part(const std::vector<RecordIn>& records, const std::vector<std::size_t>& part,
                                std::vector<bool>& fresh) {
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
    Result<Rows> rows = database_->run(
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

Result<void> Writer::put_record(const RecordIn& in) {
    return in.record->content_case() == v1::Record::kBatch ? put_batch(in) : put_event(in);
}

Result<void> Writer::put_event(const RecordIn& in) {
    const v1::Record& record = *in.record;
    Params params;
    params.add(in.key.gateway).add(signed_of(in.key.epoch));
    switch (record.content_case()) {
        case v1::Record::kTransition:
            ++written_.transitions;
            params.add(signed_of(in.start)).add(signed_of(in.sequence)).add(in.is_volatile ? "t" : "f");
            params.add(json_of(record.written())).add(json_of(record.transition()));
            return call("SELECT governance.put_transition($1, $2, $3, $4, $5, $6, $7)", params);
        case v1::Record::kCatalogue:
            return put_catalogue(in.key.gateway, in.start, in.sequence, record.catalogue());
        case v1::Record::kAudit:
            params.add(signed_of(in.sequence)).add(json_of(record.written())).add(json_of(record.audit()));
            return call("SELECT governance.put_audit($1, $2, $3, $4, $5)", params);
        case v1::Record::kAbandoned:
            params.add(signed_of(in.sequence))
                .add(json_of(record.written()))
                .add(json_of(record.abandoned()));
            return call("SELECT governance.put_abandoned($1, $2, $3, $4, $5)", params);
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
            return call("SELECT governance.put_clock_fix($1, $2, $3, $4, $5, $6, $7)", fixed);
        }
        default:
            return quarantine(in, "a kind of record that this release does not know");
    }
}

Result<void> Writer::put_catalogue(const std::string& gateway, std::uint64_t start, std::uint64_t sequence,
                                   const v1::CatalogueChange& part) {
    Params params;
    params.add(gateway).add(signed_of(start)).add(signed_of(sequence)).add(json_of(part));
    Result<Rows> rows = database_->run("SELECT governance.put_catalogue_part($1, $2, $3, $4)", params);
    if (!rows) {
        return pass(rows);
    }
    written_.catalogue_completed = written_.catalogue_completed || rows->text(0, 0) == "t";
    return {};
}

Result<CataloguePtr> Writer::catalogue_of(const std::string& gateway, const std::string& hash) {
    const CatalogueCache::Key key{gateway, hash};
    if (CataloguePtr known = catalogues_.find(key)) {
        return known;
    }
    Params params;
    params.add(gateway).add(hash);
    Result<Rows> rows = database_->run(
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

Result<void> Writer::put_batch(const RecordIn& in) {
    const std::string& hash = in.record->batch().catalogue_hash();
    constexpr std::size_t kLongestHash = 64;
    if (hash.empty() || hash.size() > kLongestHash || hash.find('\0') != std::string::npos) {
        return quarantine(in, "batch: no hash of a catalogue");
    }
    Result<CataloguePtr> catalogue = catalogue_of(in.key.gateway, hash);
    if (!catalogue) {
        return pass(catalogue);
    }
    if (!*catalogue) {
        return park(in, hash);
    }
    const SampleOwner owner{&in.key.gateway, in.key.epoch, in.sequence, received_us_};
    return put_samples(owner, *in.record, **catalogue,
                       [&](const std::string& reason) { return quarantine(in, reason); });
}

Result<void> Writer::put_samples(const SampleOwner& owner, const v1::Record& record,
                                 const Catalogue& catalogue, const Refuse& refuse) {
    Result<void> decoded = decode_batch(record.batch(), catalogue, arrays_);
    if (decoded) {
        decoded = rows_.add(owner, record.batch().start(), arrays_);
    }
    if (!decoded) {
        return refuse(decoded.error().what);
    }
    return care_ == Care::kOneByOne ? copy_rows() : Result<void>{};
}

Result<void> Writer::copy_rows() {
    rows_.finish();
    const std::size_t samples = rows_.size();
    Result<void> done;
    if (!rows_.recent.is_empty()) {
        done = database_->copy(SampleRows::kRecent, rows_.recent.bytes());
    }
    if (done && !rows_.clockless.is_empty()) {
        done = database_->copy(SampleRows::kClockless, rows_.clockless.bytes());
    }
    if (done && !rows_.text.is_empty()) {
        done = database_->copy(SampleRows::kText, rows_.text.bytes());
    }
    rows_.clear();
    written_.samples += done ? samples : 0;
    return done;
}

Result<void> Writer::park(const RecordIn& in, const std::string& hash) {
    Params params;
    params.add(in.key.gateway)
        .add(signed_of(in.key.epoch))
        .add(signed_of(in.sequence))
        .add(signed_of(in.start));
    params.add(hash).add(hex(in.message->payload));
    ++written_.parked;
    bool asked = false;
    for (const Missing& missing : written_.missing) {
        asked = asked || (missing.gateway == in.key.gateway && missing.hash == hash);
    }
    if (!asked) {
        written_.missing.push_back({in.key.gateway, base_of(in.message->topic), hash});
    }
    return call(
        "INSERT INTO governance.parked (gateway, epoch, sequence, start, hash, payload) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        params);
}

Result<void> Writer::quarantine(const RecordIn& in, const std::string& reason) {
    ++written_.quarantined;
    Params params;
    params.add(in.key.gateway).add(signed_of(in.key.epoch)).add(std::int64_t{in.key.stream});
    params.add(signed_of(in.sequence)).add(publish::valid_utf8(in.message->topic)).add(reason);
    params.add(hex(in.message->payload));
    return call(
        "INSERT INTO governance.quarantine (gateway, epoch, stream, sequence, topic, reason, payload) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params);
}

Result<void> Writer::quarantine(const Message& message, const std::string& gateway,
                                const std::string& reason) {
    ++written_.quarantined;
    Params params;
    params.add(gateway).add(publish::valid_utf8(message.topic)).add(reason).add(hex(message.payload));
    // It has no identity: the same again (a broker may deliver twice) is kept once.
    return call(
        "INSERT INTO governance.quarantine (gateway, topic, reason, payload) SELECT $1, $2, $3, $4::bytea "
        "WHERE NOT EXISTS (SELECT FROM governance.quarantine q WHERE q.gateway = $1 AND q.sequence IS NULL "
        "AND q.topic = $2 AND q.payload = $4::bytea)",
        params);
}

Result<void> Writer::put_presence(const Intake& intake) {
    for (const auto& part : by_gateway_name(intake.catalogues)) {
        const std::string gateway(part.topic.gateway);
        Result<CataloguePtr> known = catalogue_of(gateway, part.content->hash());
        if (!known) {
            return pass(known);
        }
        if (*known) {
            continue;  // at each connect the broker sends the catalogues of the whole city
        }
        Result<void> done =
            one([&] { return put_catalogue(gateway, 0, 0, *part.content); },
                [&](const std::string& why) { return quarantine(*part.message, gateway, why); });
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
        return one(
            [&]() -> Result<void> {
                Result<Rows> rows = database_->run(sql, params);
                if (!rows) {
                    return pass(rows);
                }
                written_.superseded += static_cast<std::size_t>(number(*rows, 0, 0));
                return {};
            },
            [&](const std::string& why) { return quarantine(*in.message, gateway, why); });
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

Result<Written> Writer::unpark(Database& database, std::size_t most) {
    database_ = &database;
    care_ = Care::kOneByOne;
    written_ = {};
    rows_.clear();
    Result<Rows> waiting = database.run("SELECT DISTINCT gateway, hash FROM governance.parked LIMIT 1000");
    if (!waiting) {
        return pass(waiting);
    }
    for (std::size_t row = 0; row < waiting->size() && written_.unparked < most; ++row) {
        const std::string gateway(waiting->text(row, 0));
        const std::string hash(waiting->text(row, 1));
        Result<CataloguePtr> catalogue = catalogue_of(gateway, hash);
        if (!catalogue) {
            return pass(catalogue);
        }
        if (!*catalogue) {
            continue;
        }
        Result<void> done = database.begin();
        if (done) {
            done = unpark_one(gateway, hash, **catalogue, most);
        }
        if (done) {
            done = database.commit();
        }
        if (!done) {
            database.roll_back();
            return pass(done);
        }
    }
    return std::move(written_);
}

Result<void> Writer::unpark_one(const std::string& gateway, const std::string& hash,
                                const Catalogue& catalogue, std::size_t most) {
    Params params;
    params.add(gateway).add(hash).add(static_cast<std::int64_t>(most));
    Result<Rows> rows = database_->run(
        "DELETE FROM governance.parked WHERE ctid IN (SELECT ctid FROM governance.parked WHERE gateway = $1 "
        "AND "
        "hash = $2 LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING epoch, sequence, start, payload",
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
        const SampleOwner owner{&in.key.gateway, in.key.epoch, in.sequence, received_us_};
        const Refuse refuse = [&](const std::string& why) { return quarantine(in, why); };
        Result<void> done = one([&] { return put_samples(owner, *in.record, catalogue, refuse); }, refuse);
        if (!done) {
            return done;
        }
        ++written_.unparked;
    }
    return {};
}

}  // namespace gengfu::ingest
