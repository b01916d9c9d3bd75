#include "daemon/publish/commands.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

// Verbs of the contract that this release does not have yet.
constexpr std::array<std::string_view, 8> kNotBuilt{"shelve",   "unshelve", "out-of-service", "return",
                                                    "handling", "drill",    "read",           "rebirth"};
constexpr std::string_view kResend = "resend";

std::optional<v1::Command> parse(const std::string& payload) {
    v1::Command command;
    if (payload.size() > kCommandBytes) {
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

std::optional<Verb> built(const std::string& verb) {
    if (verb == "ack") {
        return Verb::kAcknowledge;
    }
    if (verb == "reset") {
        return Verb::kReset;
    }
    return std::nullopt;
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

Refusal check_verb(const std::string& verb) {
    if (built(verb)) {
        return {};
    }
    if (verb == kResend || std::find(kNotBuilt.begin(), kNotBuilt.end(), verb) != kNotBuilt.end()) {
        return {v1::OUTCOME_NOT_BUILT, "this release does not have the verb \"" + verb + "\" yet"};
    }
    return {v1::OUTCOME_REFUSED, "there is no verb of that name"};
}

Refusal check_alarm(const v1::Command& command) {
    if (command.alarm_id().empty()) {
        return {v1::OUTCOME_REFUSED, "the command names no alarm (alarm_id)"};
    }
    if (command.revision() == 0) {
        return {v1::OUTCOME_REFUSED, "the command does not name the revision that was seen"};
    }
    return {};
}

Refusal check(const std::string& verb, const v1::Command& command, const alarms::Stamp& now) {
    Refusal refusal = check_verb(verb);
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        refusal = check_age(command, now);
    }
    if (refusal.outcome == v1::OUTCOME_UNSPECIFIED) {
        refusal = check_alarm(command);
    }
    return refusal;
}

}  // namespace

Commands::Commands(CarryOut carry_out, std::size_t remembered)
    : carry_out_(std::move(carry_out)), remembered_(remembered) {}

CommandReply Commands::handle(const std::string& verb, const std::string& payload, bool retained,
                              const alarms::Stamp& now) {
    // A level of a topic has no bound below 64 KiB, and a reply does not repeat what nobody of ours wrote.
    CommandReply reply{.verb = verb.substr(0, 32), .outcome = v1::OUTCOME_REFUSED, .at = now};
    const std::optional<v1::Command> command = parse(payload);
    if (!command || command->id().empty() || command->id().size() > kCommandIdBytes) {
        reply.message =
            command ? "the command has no id, or one longer than 128 bytes" : "the command cannot be read";
        return reply;
    }
    reply.command_id = command->id();
    reply.alarm_id = command->alarm_id().substr(0, 64);
    if (retained) {
        // Not remembered: the same command may yet come as it should.
        reply.message = "a command must not be retained";
        return reply;
    }
    if (const auto before = replies_.find(command->id()); before != replies_.end()) {
        return before->second;
    }
    if (Refusal refusal = check(verb, *command, now); refusal.outcome != v1::OUTCOME_UNSPECIFIED) {
        reply.outcome = refusal.outcome;
        reply.message = std::move(refusal.message);
    } else {
        const CommandResult result = carry_out_({.verb = *built(verb),
                                                 .id = command->id(),
                                                 .alarm_id = command->alarm_id(),
                                                 .revision = command->revision(),
                                                 .on_behalf_of = command->on_behalf_of(),
                                                 .reason = command->reason()});
        reply.outcome = result.outcome;
        reply.message = result.message;
        reply.revision = result.revision;
        if (!result.alarm_id.empty()) {
            reply.alarm_id = result.alarm_id;
        }
    }
    remember(reply);
    return reply;
}

void Commands::remember(const CommandReply& reply) {
    if (order_.size() >= remembered_) {
        replies_.erase(order_.front());
        order_.pop_front();
    }
    order_.push_back(reply.command_id);
    replies_.emplace(reply.command_id, reply);
}

}  // namespace gengfu::publish
