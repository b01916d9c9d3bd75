#include "daemon/publish/command_codec.hpp"

#include "daemon/publish/batch_encoder.hpp"
#include "daemon/publish/wire.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

void to_wire(const CommandReply& reply, v1::Reply& out) {
    out.set_command_id(reply.command_id);
    out.set_verb(valid_utf8(reply.verb));
    out.set_outcome(static_cast<v1::Outcome>(reply.outcome));
    out.set_message(valid_utf8(reply.message));
    out.set_alarm_id(valid_utf8(reply.alarm_id));
    out.set_revision(reply.revision);
    *out.mutable_at() = wire::to_wire(reply.at);
    for (const Reading& reading : reply.readings) {
        v1::Reading& one = *out.add_readings();
        one.set_point(reading.point);
        one.set_unit(valid_utf8(reading.unit));
        one.set_value(reading.value);
        one.set_text(valid_utf8(reading.text));
        one.set_quality(static_cast<v1::Quality>(reading.quality));
        one.set_reason(static_cast<v1::Reason>(reading.reason));
        *one.mutable_taken() = wire::to_wire(reading.taken);
    }
    for (const store::StreamRanges& missing : reply.missing) {
        v1::ConfirmedRanges& of = *out.add_missing();
        of.set_epoch(missing.epoch.value);
        of.set_stream(static_cast<v1::Stream>(missing.stream));
        for (const store::SequenceRange& range : missing.ranges) {
            v1::ConfirmedRange& one = *of.add_ranges();
            one.set_first(range.first);
            one.set_last(range.last);
        }
    }
}

std::string encode_reply(const CommandReply& reply) {
    v1::Reply out;
    to_wire(reply, out);
    out.clear_readings();
    out.clear_missing();
    return out.SerializeAsString();
}

std::optional<CommandReply> decode_reply(const std::string& bytes) {
    v1::Reply in;
    if (!in.ParseFromString(bytes) || in.command_id().empty()) {
        return std::nullopt;
    }
    return CommandReply{.command_id = in.command_id(),
                        .verb = in.verb(),
                        .outcome = in.outcome(),
                        .message = in.message(),
                        .alarm_id = in.alarm_id(),
                        .revision = in.revision(),
                        .at = wire::from_wire(in.at())};
}

}  // namespace gengfu::publish
