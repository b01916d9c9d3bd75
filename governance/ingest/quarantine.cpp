#include "governance/ingest/quarantine.hpp"

#include <algorithm>
#include <utility>

#include "daemon/publish/batch_encoder.hpp"
#include "governance/ingest/sql_text.hpp"

namespace gengfu::ingest {
namespace {

/// So much of messages goes with one statement, at least one message: in hex it is twice as much.
constexpr std::size_t kBytesAtOnce = 4U << 20U;
constexpr std::size_t kAtOnce = 1'000;
constexpr std::size_t kLongestTopic = 300;
constexpr std::size_t kLongestReason = 2'000;

/// As PostgreSQL takes a text: valid, without NUL, not endless.
std::string storable(std::string_view text, std::size_t most) {
    std::string out = publish::valid_utf8(std::string(text.substr(0, most)));
    std::replace(out.begin(), out.end(), '\0', '?');
    return out;
}

}  // namespace

void Quarantined::add(const Quarantined& more) {
    if (messages == 0) {
        first_gateway = more.first_gateway;
        first_reason = more.first_reason;
    }
    messages += more.messages;
    only_counted += more.only_counted;
}

void Quarantine::add(const RecordIn& in, std::string reason) {
    entries_.push_back(
        {in.message, in.key.gateway, std::move(reason), Identity{in.key.epoch, in.sequence, in.key.stream}});
}

void Quarantine::add(const Message& message, std::string gateway, std::string reason) {
    entries_.push_back({&message, std::move(gateway), std::move(reason), std::nullopt});
}

Result<std::size_t> Quarantine::write_part(Database& database, std::size_t from, std::size_t to) {
    ArrayText gateways;
    ArrayText epochs;
    ArrayText streams;
    ArrayText sequences;
    ArrayText topics;
    ArrayText reasons;
    ArrayText payloads;
    for (std::size_t i = from; i < to; ++i) {
        const Entry& entry = entries_[i];
        gateways.add(entry.gateway);
        if (entry.identity) {
            epochs.add(signed_of(entry.identity->epoch));
            streams.add(std::int64_t{entry.identity->stream});
            sequences.add(signed_of(entry.identity->sequence));
        } else {
            epochs.add_null();
            streams.add_null();
            sequences.add_null();
        }
        topics.add(storable(entry.message->topic, kLongestTopic));
        reasons.add(storable(entry.reason, kLongestReason));
        payloads.add(hex(entry.message->payload));
    }
    Params params;
    params.add(gateways.text()).add(epochs.text()).add(streams.text()).add(sequences.text());
    params.add(topics.text()).add(reasons.text()).add(payloads.text());
    Result<Rows> kept = database.run(
        "SELECT governance.put_quarantine($1::text[], $2::int8[], $3::int2[], $4::int8[], $5::text[], "
        "$6::text[], "
        "$7::bytea[])",
        params);
    if (!kept) {
        return pass(kept);
    }
    return static_cast<std::size_t>(number(*kept, 0, 0));
}

Result<Quarantined> Quarantine::write(Database& database) {
    Quarantined done;
    if (entries_.empty()) {
        return done;
    }
    done.messages = entries_.size();
    done.first_gateway = entries_.front().gateway;
    done.first_reason = entries_.front().reason;
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.gateway < b.gateway; });
    for (std::size_t from = 0; from < entries_.size();) {
        std::size_t to = from;
        std::size_t bytes = 0;
        do {
            bytes += entries_[to++].message->payload.size();
        } while (to < entries_.size() && to - from < kAtOnce &&
                 bytes + entries_[to].message->payload.size() <= kBytesAtOnce);
        Result<std::size_t> only_counted = write_part(database, from, to);
        if (!only_counted) {
            return pass(only_counted);
        }
        done.only_counted += *only_counted;
        from = to;
    }
    entries_.clear();
    return done;
}

}  // namespace gengfu::ingest
