#include "daemon/publish/commands.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/alarms/command.hpp"
#include "daemon/publish/command_codec.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

/// What a command of the verb must name.
enum class Names : std::uint8_t { kNothing, kAlarm, kDevice, kConsumer };

struct VerbRow {
    std::string_view name;
    std::optional<Verb> verb;  ///< nothing: of the contract, but not built yet
    Names names = Names::kNothing;
};

constexpr std::array<VerbRow, 12> kVerbs{{{"ack", Verb::kAcknowledge, Names::kAlarm},
                                          {"reset", Verb::kReset, Names::kAlarm},
                                          {"read", Verb::kRead, Names::kDevice},
                                          {"rebirth", Verb::kRebirth, Names::kNothing},
                                          {"resend", Verb::kResend, Names::kConsumer},
                                          {"shelve", Verb::kShelve, Names::kAlarm},
                                          {"unshelve", Verb::kUnshelve, Names::kAlarm},
                                          {"out-of-service", Verb::kOutOfService, Names::kDevice},
                                          {"return", Verb::kReturn, Names::kDevice},
                                          {"handling", Verb::kHandling, Names::kAlarm},
                                          {"calibrate", Verb::kCalibrate, Names::kDevice},
                                          {"drill", std::nullopt, Names::kDevice}}};

std::optional<v1::Command> parse(const std::string& payload) {
    v1::Command command;
    if (payload.size() > kCommandReadBytes) {
        return std::nullopt;
    }
    if (!payload.empty() && payload.front() == '{') {
        google::protobuf::util::JsonParseOptions options;
        options.ignore_unknown_fields = true;
        if (!google::protobuf::util::JsonStringToMessage(payload, &command, options).ok()) {
            return std::nullopt;
        }
        return command;
    }
    if (!command.ParseFromString(payload)) {
        return std::nullopt;
    }
    return command;
}

std::string too_long(const std::string& payload) {
    return "the command is too long: " + std::to_string(payload.size()) + " bytes, at most " +
           std::to_string(kCommandBytes) + " are taken; ask in several commands";
}

struct Refusal {
    v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;  // OUTCOME_UNSPECIFIED: none
    std::string message;
};

Refusal check_age(const v1::Command& command, const alarms::Stamp& now) {
    if (!command.has_expires() || command.expires().wall_us() == 0) {
        return {v1::OUTCOME_REFUSED, "the command has no expiry time (expires.wall_us)"};
    }
    if (now.wall && now.wall->time_since_epoch().count() > command.expires().wall_us()) {
        const Wall expiry{std::chrono::microseconds(command.expires().wall_us())};
        return {v1::OUTCOME_EXPIRED,
                "the command expired at " + to_iso8601(expiry) + ", it is " + to_iso8601(*now.wall)};
    }
    return {};
}

const VerbRow* row_of(const std::string& verb) {
    const auto found =
        std::find_if(kVerbs.begin(), kVerbs.end(), [&](const VerbRow& row) { return row.name == verb; });
    return found == kVerbs.end() ? nullptr : &*found;
}

Refusal check_verb(const VerbRow* row) {
    if (row == nullptr) {
        return {v1::OUTCOME_REFUSED, "there is no verb of that name"};
    }
    if (!row->verb) {
        return {v1::OUTCOME_NOT_BUILT,
                "this release does not have the verb \"" + std::string(row->name) + "\" yet"};
    }
    return {};
}

Refusal check_names(Names names, const v1::Command& command) {
    if (names == Names::kAlarm && command.alarm_id().empty()) {
        return {v1::OUTCOME_REFUSED, "the command names no alarm (alarm_id)"};
    }
    if (names == Names::kAlarm && command.revision() == 0) {
        return {v1::OUTCOME_REFUSED, "the command does not name the revision that was seen"};
    }
    if (names == Names::kDevice && command.device().empty()) {
        return {v1::OUTCOME_REFUSED, "the command names no device (device)"};
    }
    if (names == Names::kConsumer && (command.consumer().empty() || command.consumer().size() > 64)) {
        return {v1::OUTCOME_REFUSED, "the command does not name the consumer that lost data (consumer)"};
    }
    return {};
}

/// What keeps alarms quiet, or changes what they are judged by, must say how long and why; an acknowledgement
/// speaks for itself.
Refusal check_words(Verb verb, const v1::Command& command) {
    if ((verb == Verb::kShelve || verb == Verb::kOutOfService) && command.seconds() == 0) {
        return {v1::OUTCOME_REFUSED, "the command does not say for how long (seconds)"};
    }
    const bool wants_reason = verb == Verb::kShelve || verb == Verb::kUnshelve || verb == Verb::kHandling ||
                              verb == Verb::kOutOfService || verb == Verb::kReturn ||
                              verb == Verb::kCalibrate;
    if (wants_reason && alarms::plain_reason(command.reason()).empty()) {
        return {v1::OUTCOME_REFUSED, "the command does not say why (reason)"};
    }
    return {};
}

Refusal check(const VerbRow* row, const v1::Command& command, const alarms::Stamp& now) {
    Refusal refusal = check_verb(row);
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        refusal = check_age(command, now);
    }
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        refusal = check_names(row->names, command);
    }
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        refusal = check_words(*row->verb, command);
    }
    return refusal;
}

/// \return nothing: more ranges than are taken, or a range of no stream
std::optional<std::vector<store::StreamRanges>> ranges_of(
    const google::protobuf::RepeatedPtrField<v1::ConfirmedRanges>& in) {
    std::vector<store::StreamRanges> out;
    std::size_t count = 0;
    for (const v1::ConfirmedRanges& of : in) {
        const bool known = of.stream() == v1::STREAM_EVENT || of.stream() == v1::STREAM_TELEMETRY;
        count += 1 + static_cast<std::size_t>(of.ranges_size());
        if (!known || of.epoch() == 0 || count > kCommandRanges) {
            return std::nullopt;
        }
        store::StreamRanges one{Epoch{of.epoch()}, static_cast<Stream>(of.stream())};
        for (const v1::ConfirmedRange& range : of.ranges()) {
            if (range.first() == 0 || range.first() > range.last()) {
                return std::nullopt;
            }
            one.ranges.push_back({range.first(), range.last()});
        }
        out.push_back(std::move(one));
    }
    return out;
}

std::optional<PlatformCommand> command_of(Verb verb, const v1::Command& command) {
    auto ranges = ranges_of(command.ranges());
    auto except = ranges_of(command.except_ranges());
    if (!ranges || !except) {
        return std::nullopt;
    }
    return PlatformCommand{.verb = verb,
                           .id = command.id(),
                           .alarm_id = command.alarm_id(),
                           .revision = command.revision(),
                           .on_behalf_of = command.on_behalf_of(),
                           .reason = command.reason(),
                           .device = command.device(),
                           .lasts = std::chrono::seconds(command.seconds()),
                           .catalogue_hash = command.catalogue_hash(),
                           .consumer = command.consumer(),
                           .ranges = std::move(*ranges),
                           .except = std::move(*except)};
}

void take_over(CommandResult result, CommandReply& reply) {
    reply.outcome = result.outcome;
    reply.message = std::move(result.message);
    reply.revision = result.revision;
    reply.readings = std::move(result.readings);
    reply.missing = std::move(result.missing);
    if (!result.alarm_id.empty()) {
        reply.alarm_id = std::move(result.alarm_id);
    }
}

}  // namespace

Commands::Commands(CarryOut carry_out, std::size_t remembered)
    : carry_out_(std::move(carry_out)), remembered_(remembered), self_(std::make_shared<Commands*>(this)) {}

Commands::~Commands() {
    *self_ = nullptr;
}

void Commands::handle(const std::string& verb, const std::string& payload, bool retained,
                      const alarms::Stamp& now, Answer answer) {
    // A level of a topic has no bound below 64 KiB, and a reply does not repeat what nobody of ours wrote.
    Answered answered{.reply = {.verb = verb.substr(0, 32), .outcome = v1::OUTCOME_REFUSED, .at = now}};
    CommandReply& reply = answered.reply;
    const std::optional<v1::Command> command = parse(payload);
    if (!command || command->id().empty() || command->id().size() > kCommandIdBytes) {
        reply.message = command ? "the command has no id, or one longer than 128 bytes"
                        : payload.size() > kCommandBytes ? too_long(payload)
                                                         : "the command cannot be read";
        answer(answered);
        return;
    }
    reply.command_id = command->id();
    reply.alarm_id = command->alarm_id().substr(0, 64);
    answered.on_behalf_of = command->on_behalf_of();
    answered.reason = command->reason();
    if (payload.size() > kCommandBytes) {
        reply.message = too_long(payload);
        answered.how = Answered::How::kRefused;
        answer(answered);
        return;
    }
    if (retained) {
        // Not remembered: the same command may yet come as it should.
        reply.message = "a command must not be retained";
        answered.how = Answered::How::kRefused;
        answer(answered);
        return;
    }
    if (const auto before = known_.find(command->id()); before != known_.end()) {
        reply = before->second.reply;
        answer(answered);
        return;
    }
    if (under_way_.contains(command->id())) {
        return;  // its answer is on the way
    }
    const VerbRow* row = row_of(verb);
    const std::int64_t expires_us = command->expires().wall_us();
    Refusal refusal = check(row, *command, now);
    std::optional<PlatformCommand> wanted;
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        wanted = command_of(*row->verb, *command);
        if (!wanted) {
            refusal = {v1::OUTCOME_REFUSED,
                       "ranges need an epoch, a stream and first <= last from 1, and there may be 20000"};
        } else if (under_way_.size() >= kMostUnderWay) {
            refusal = {v1::OUTCOME_REFUSED, "too many commands are being carried out"};
        }
    }
    if (refusal.outcome != v1::OUTCOME_UNSPECIFIED) {
        reply.outcome = refusal.outcome;
        reply.message = std::move(refusal.message);
        answered.how = Answered::How::kRefused;
        finish(std::move(answered), expires_us, answer);
        return;
    }
    under_way_.insert(command->id());
    answered.how = Answered::How::kCarriedOut;
    carry_out_(*wanted, [self = self_, answered = std::move(answered), expires_us,
                         answer = std::move(answer)](CommandResult result) mutable {
        if (*self == nullptr || (*self)->under_way_.erase(answered.reply.command_id) == 0) {
            return;
        }
        take_over(std::move(result), answered.reply);
        (*self)->finish(std::move(answered), expires_us, answer);
    });
}

void Commands::finish(Answered answered, std::int64_t expires_us, const Answer& answer) {
    remember(answered.reply, expires_us);
    answer(answered);
}

void Commands::remember(const CommandReply& reply, std::int64_t expires_us) {
    if (order_.size() >= remembered_) {
        known_.erase(order_.front());
        order_.pop_front();
    }
    order_.push_back(reply.command_id);
    Known known{reply, expires_us};
    known.reply.readings.clear();  // of a moment that is over, and the largest part of a reply
    known_.insert_or_assign(reply.command_id, std::move(known));
}

std::vector<AnsweredCommand> Commands::memory(std::optional<Wall> now) const {
    std::vector<AnsweredCommand> out;
    for (auto id = order_.rbegin(); id != order_.rend() && out.size() < kMostLasting; ++id) {
        const Known& known = known_.at(*id);
        if (!now || known.expires_us >= now->time_since_epoch().count()) {
            out.push_back({encode_reply(known.reply), known.expires_us});
        }
    }
    std::reverse(out.begin(), out.end());
    return out;
}

void Commands::restore(const std::vector<AnsweredCommand>& answered) {
    for (const AnsweredCommand& one : answered) {
        if (const std::optional<CommandReply> reply = decode_reply(one.reply)) {
            remember(*reply, one.expires_us);
        }
    }
}

}  // namespace gengfu::publish
