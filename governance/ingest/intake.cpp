#include "governance/ingest/intake.hpp"

#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::ingest {
namespace {

/// A gateway's batch has at most 500 samples, a part of a catalogue 4 KiB, an alarm with its evidence less
/// than 64 KiB; brokers that ship with Gengfu take at most 1 MiB.
constexpr std::size_t kMaxPayload = 4U << 20U;

bool parse(const std::string& payload, v1::Envelope& out) {
    if (payload.empty() || payload.front() != '{') {
        return out.ParseFromString(payload);
    }
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;  // of a later release
    return google::protobuf::util::JsonStringToMessage(payload, &out, options).ok();
}

/// Why the identity of a record cannot be the ledger's key; empty: it can.
std::string why_no_identity(const v1::Identity& identity, const Topic& topic) {
    if (identity.gateway() != topic.gateway) {
        return "the record's identity names gateway \"" + identity.gateway().substr(0, 64) +
               "\", its topic another one";
    }
    if (identity.epoch() == 0) {
        return "an identity without epoch";
    }
    const auto wanted = topic.kind == Kind::kEvent ? v1::STREAM_EVENT : v1::STREAM_TELEMETRY;
    if (identity.stream() != wanted) {
        return "a record of stream " + std::to_string(identity.stream()) + " on a topic of stream " +
               std::to_string(wanted);
    }
    if (identity.sequence() == 0 || identity.sequence() > kMaxSequence || identity.start() > kMaxSequence) {
        return "a sequence or start number of 0 or beyond 2^63";
    }
    return "";
}

void take_record(const Message& message, const Topic& topic, const v1::Envelope& envelope, Intake& intake) {
    if (!envelope.has_record()) {
        intake.refused.push_back({&message, std::string(topic.gateway), "no record in the envelope"});
        return;
    }
    const v1::Record& record = envelope.record();
    std::string why = why_no_identity(record.identity(), topic);
    if (!why.empty()) {
        intake.refused.push_back({&message, std::string(topic.gateway), std::move(why)});
        return;
    }
    const v1::Identity& identity = record.identity();
    intake.records.push_back(
        {.key = {identity.gateway(), identity.epoch(), static_cast<std::uint8_t>(identity.stream())},
         .start = identity.start(),
         .sequence = identity.sequence(),
         .record = &record,
         .message = &message,
         .is_volatile = envelope.is_volatile()});
    if (record.has_batch()) {
        intake.samples +=
            static_cast<std::size_t>(record.batch().alias_delta_size() + record.batch().texts_size());
    }
}

/// Birth, state: only their own gateway may say them.
template <class T>
bool names_its_gateway(const T& content, const Topic& topic) {
    return content.gateway() == topic.gateway && content.epoch() != 0 && content.start() <= kMaxSequence;
}

void take_other(const Message& message, const Topic& topic, const v1::Envelope& envelope, Intake& intake) {
    bool good = false;
    switch (topic.kind) {
        case Kind::kBirth:
            good = envelope.has_birth() && names_its_gateway(envelope.birth(), topic) &&
                   envelope.birth().as_of_sequence() <= kMaxSequence;
            if (good) {
                intake.births.push_back({&envelope.birth(), &message, topic});
            }
            break;
        case Kind::kState:
            good = envelope.has_state() && names_its_gateway(envelope.state(), topic);
            if (good) {
                intake.states.push_back({&envelope.state(), &message, topic});
            }
            break;
        case Kind::kCatalogue:
            good = envelope.has_catalogue();
            if (good) {
                intake.catalogues.push_back({&envelope.catalogue(), &message, topic});
            }
            break;
        default:
            good = envelope.has_reply();
            if (good) {
                intake.replies.push_back({&envelope.reply(), &message, topic});
            }
            break;
    }
    if (!good) {
        intake.refused.push_back(
            {&message, std::string(topic.gateway), "not what the topic carries, or another gateway's"});
    }
}

}  // namespace

void take_in(const Message& message, std::string_view root, google::protobuf::Arena& arena, Intake& intake) {
    const std::optional<Topic> topic = parse_topic(root, message.topic);
    if (!topic || topic->kind == Kind::kOther) {
        intake.refused.push_back(
            {&message, topic ? std::string(topic->gateway) : "", "no topic of the feed"});
        return;
    }
    if (message.payload.empty()) {
        return;  // a retained message is taken back: its gateway was decommissioned
    }
    auto& envelope = *google::protobuf::Arena::CreateMessage<v1::Envelope>(&arena);
    if (message.payload.size() > kMaxPayload || !parse(message.payload, envelope)) {
        intake.refused.push_back({&message, std::string(topic->gateway), "cannot be read as an envelope"});
        return;
    }
    if (topic->kind == Kind::kEvent || topic->kind == Kind::kTelemetry || topic->kind == Kind::kHistory) {
        take_record(message, *topic, envelope, intake);
    } else {
        take_other(message, *topic, envelope, intake);
    }
}

}  // namespace gengfu::ingest
