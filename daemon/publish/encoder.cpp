#include "daemon/publish/encoder.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <utility>

#include "daemon/publish/command_codec.hpp"
#include "daemon/publish/wire.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

constexpr std::uint32_t kSchemaVersion = 1;

std::string json(const google::protobuf::Message& message) {
    std::string out;
    // Fails for text that is no UTF-8 only, and there is none: what comes from outside is checked where it
    // comes in.
    const auto status = google::protobuf::util::MessageToJsonString(message, &out);
    return status.ok() ? out : std::string("{}");
}

std::string bytes(const google::protobuf::Message& message, config::Encoding encoding) {
    return encoding == config::Encoding::kJson ? json(message) : message.SerializeAsString();
}

// Envelope of feed.proto by hand: is_volatile = 1, resent = 2, record = 3 (length delimited).
std::string splice_protobuf(const std::string& record, Volatile is_volatile, Resent resent) {
    static_assert(v1::Envelope::kIsVolatileFieldNumber == 1 && v1::Envelope::kResentFieldNumber == 2 &&
                  v1::Envelope::kRecordFieldNumber == 3);
    std::string out;
    out.reserve(record.size() + 12);
    if (is_volatile == Volatile::kYes) {
        out += "\x08\x01";
    }
    if (resent == Resent::kYes) {
        out += "\x10\x01";
    }
    out += '\x1A';
    std::size_t length = record.size();
    for (; length >= 0x80; length >>= 7U) {
        out += static_cast<char>(static_cast<unsigned char>(length & 0x7FU) | 0x80U);
    }
    out += static_cast<char>(length);
    out += record;
    return out;
}

std::string splice_json(const std::string& record, Volatile is_volatile, Resent resent) {
    std::string out = "{";
    if (is_volatile == Volatile::kYes) {
        out += "\"isVolatile\":true,";
    }
    if (resent == Resent::kYes) {
        out += "\"resent\":true,";
    }
    out += "\"record\":";
    out += record;
    out += '}';
    return out;
}

v1::Alarm written_by(const Run& run, const alarms::Alarm& alarm) {
    v1::Alarm out = wire::to_wire(alarm);
    out.set_gateway(run.gateway);
    out.set_start(run.start);
    out.set_epoch(run.epoch.value);
    return out;
}

}  // namespace

std::string envelope(const store::Record& record, Volatile is_volatile, Resent resent) {
    return record.encoding == store::Encoding::kJson ? splice_json(record.bytes, is_volatile, resent)
                                                     : splice_protobuf(record.bytes, is_volatile, resent);
}

struct Encoder::Scratch {
    v1::Record record;
};

Encoder::Encoder(const Run& run, config::Encoding encoding, const Clock& clock)
    : run_(run), encoding_(encoding), clock_(&clock), scratch_(std::make_shared<Scratch>()) {}

store::Record Encoder::finish(Stream stream, std::uint64_t sequence) {
    v1::Record& record = scratch_->record;
    v1::Identity& identity = *record.mutable_identity();
    identity.set_gateway(run_.gateway);
    identity.set_epoch(run_.epoch.value);
    identity.set_start(run_.start);
    identity.set_stream(static_cast<v1::Stream>(stream));
    identity.set_sequence(sequence);
    *record.mutable_written() = wire::to_wire(clock_->boot(), clock_->now(), clock_->wall());
    return {.identity = {run_.epoch, stream, sequence},
            .encoding = static_cast<store::Encoding>(encoding_),
            .bytes = bytes(record, encoding_)};
}

store::Record Encoder::transition(std::uint64_t sequence, const alarms::Transition& transition) {
    scratch_->record.Clear();
    v1::Transition& out = *scratch_->record.mutable_transition();
    out.set_kind(static_cast<v1::TransitionKind>(transition.kind));
    *out.mutable_alarm() = written_by(run_, transition.alarm);
    wire::to_wire(transition.around, *out.mutable_alarm()->mutable_evidence());
    *out.mutable_actor() = wire::to_wire(transition.actor);
    out.set_over(transition.alarm.over());
    out.set_notify(transition.notify);
    return finish(Stream::kEvent, sequence);
}

store::Record Encoder::audit(std::uint64_t sequence, const alarms::Audit& audit) {
    scratch_->record.Clear();
    v1::Audit& out = *scratch_->record.mutable_audit();
    out.set_what(audit.what);
    *out.mutable_actor() = wire::to_wire(audit.actor);
    out.mutable_text()->set_zh(valid_utf8(audit.text.zh));
    out.mutable_text()->set_en(valid_utf8(audit.text.en));
    out.set_device(valid_utf8(audit.device));
    if (audit.alarm) {
        out.set_alarm_id(to_string(*audit.alarm));
    }
    if (audit.until) {
        *out.mutable_until() = wire::to_wire(*audit.until);
    }
    return finish(Stream::kEvent, sequence);
}

store::Record Encoder::catalogue(std::uint64_t sequence, const v1::CatalogueChange& part) {
    scratch_->record.Clear();
    *scratch_->record.mutable_catalogue() = part;
    return finish(Stream::kEvent, sequence);
}

store::Record Encoder::clock_fix(std::uint64_t sequence, const ClockFix& fix) {
    scratch_->record.Clear();
    const v1::Time here = wire::to_wire(clock_->boot(), {}, std::nullopt);
    v1::ClockFix& out = *scratch_->record.mutable_clock_fix();
    out.set_boot_id_high(here.boot_id_high());
    out.set_boot_id_low(here.boot_id_low());
    out.set_version(fix.version);
    out.set_wall_of_zero_us(fix.wall_of_zero_us);
    out.set_uncertainty_us(fix.uncertainty_us);
    return finish(Stream::kEvent, sequence);
}

store::Record Encoder::abandoned(std::uint64_t sequence, const store::Loss& loss) {
    scratch_->record.Clear();
    v1::Abandoned& out = *scratch_->record.mutable_abandoned();
    out.set_epoch(loss.epoch.value);
    out.set_stream(static_cast<v1::Stream>(loss.stream));
    out.set_first(loss.range.first);
    out.set_last(loss.range.last);
    out.set_reason(loss.reason);
    return finish(Stream::kEvent, sequence);
}

store::Record Encoder::batch(std::uint64_t sequence, const std::string& catalogue_hash,
                             BatchEncoder& samples) {
    scratch_->record.Clear();
    v1::Batch& out = *scratch_->record.mutable_batch();
    out.set_catalogue_hash(catalogue_hash);
    // The wall time of the first sample follows from how long ago it was.
    std::optional<Wall> wall = clock_->wall();
    if (wall) {
        *wall -= std::chrono::duration_cast<std::chrono::microseconds>(clock_->now() - samples.start());
    }
    *out.mutable_start() = wire::to_wire(clock_->boot(), samples.start(), wall);
    samples.fill(out);
    return finish(Stream::kTelemetry, sequence);
}

std::string Encoder::alarm(const alarms::Alarm& alarm) const {
    return bytes(written_by(run_, alarm), encoding_);
}

std::string Encoder::birth(const std::vector<const alarms::Alarm*>& standing, std::uint64_t as_of,
                           const std::string& catalogue_hash, std::size_t catalogue_parts) const {
    v1::Envelope out;
    v1::Birth& birth = *out.mutable_birth();
    birth.set_gateway(run_.gateway);
    birth.set_epoch(run_.epoch.value);
    birth.set_start(run_.start);
    birth.set_software(run_.software);
    birth.set_configuration_hash(run_.configuration_hash);
    birth.set_catalogue_hash(catalogue_hash);
    birth.set_catalogue_parts(static_cast<std::uint32_t>(catalogue_parts));
    for (const alarms::Alarm* alarm : standing) {
        birth.add_standing_alarms(gengfu::to_string(alarm->id));
    }
    birth.set_as_of_sequence(as_of);
    *birth.mutable_at() = wire::to_wire(clock_->boot(), clock_->now(), clock_->wall());
    birth.set_schema_version(kSchemaVersion);
    return bytes(out, encoding_);
}

std::string Encoder::online(const std::string& filled, const store::Usage& usage) const {
    v1::Envelope out;
    v1::State& state = *out.mutable_state();
    // What App serialised a moment ago is readable; were it not, the heartbeat goes out without its details.
    if (!state.ParseFromString(filled)) {
        state.Clear();
    }
    state.set_gateway(run_.gateway);
    state.set_epoch(run_.epoch.value);
    state.set_start(run_.start);
    state.set_software(run_.software);
    state.set_online(true);
    state.set_clock_known(clock_->wall().has_value());
    state.set_records_abandoned(usage.records_abandoned);
    state.set_events_pending(usage.events_pending);
    state.set_telemetry_pending(usage.telemetry_pending);
    *state.mutable_at() = wire::to_wire(clock_->boot(), clock_->now(), clock_->wall());
    return bytes(out, encoding_);
}

std::string Encoder::offline() const {
    v1::Envelope out;
    v1::State& state = *out.mutable_state();
    state.set_gateway(run_.gateway);
    state.set_epoch(run_.epoch.value);
    state.set_start(run_.start);
    state.set_software(run_.software);
    state.set_clock_known(clock_->wall().has_value());
    *state.mutable_at() = wire::to_wire(clock_->boot(), clock_->now(), clock_->wall());
    return bytes(out, encoding_);
}

std::string Encoder::catalogue_part(const v1::CatalogueChange& part) const {
    v1::Envelope out;
    *out.mutable_catalogue() = part;
    return bytes(out, encoding_);
}

std::string Encoder::reply(const CommandReply& reply) const {
    v1::Envelope out;
    to_wire(reply, *out.mutable_reply());
    return bytes(out, encoding_);
}

std::optional<alarms::Alarm> read_alarm(const std::string& payload) {
    v1::Alarm message;
    const bool read = !payload.empty() && payload.front() == '{'
                          ? google::protobuf::util::JsonStringToMessage(payload, &message).ok()
                          : message.ParseFromString(payload);
    if (!read) {
        return std::nullopt;
    }
    Result<alarms::Alarm> alarm = wire::from_wire(message);
    return alarm ? std::optional(std::move(*alarm)) : std::nullopt;
}

std::optional<BirthSeen> read_birth(const std::string& payload) {
    v1::Envelope envelope;
    const bool read = !payload.empty() && payload.front() == '{'
                          ? google::protobuf::util::JsonStringToMessage(payload, &envelope).ok()
                          : envelope.ParseFromString(payload);
    if (!read || !envelope.has_birth() || envelope.birth().epoch() == 0) {
        return std::nullopt;
    }
    return BirthSeen{Epoch{envelope.birth().epoch()}, envelope.birth().start()};
}

std::optional<StateSeen> read_state(const std::string& payload) {
    v1::Envelope envelope;
    const bool read = !payload.empty() && payload.front() == '{'
                          ? google::protobuf::util::JsonStringToMessage(payload, &envelope).ok()
                          : envelope.ParseFromString(payload);
    if (!read || !envelope.has_state()) {
        return std::nullopt;
    }
    return StateSeen{envelope.state().online(), Epoch{envelope.state().epoch()}};
}

}  // namespace gengfu::publish
