#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/core/plain_text.hpp"
#include "daemon/publish/publisher_impl.hpp"
#include "gengfu/v1/feed.pb.h"

// What the platform orders. What concerns alarms and devices goes on to the daemon; what concerns the feed
// itself is done here.
namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

// Records read at once for a consumer that lost data.
constexpr std::size_t kHistoryRead = 32;
// After a reading that failed.
constexpr Duration kHistoryPause = std::chrono::seconds(5);
// Commands recorded as events of their own: more in a minute are counted, and the next one says so.
constexpr std::uint32_t kAuditsAMinute = 60;

std::string words(const CommandReply& reply) {
    const std::string outcome = v1::Outcome_Name(static_cast<v1::Outcome>(reply.outcome));
    return outcome.substr(std::string("OUTCOME_").size()) +
           (reply.message.empty() ? "" : ": " + reply.message);
}

/// The message of a reply is English: what it comes to is said in Chinese.
std::string words_zh(const CommandReply& reply) {
    switch (static_cast<v1::Outcome>(reply.outcome)) {
        case v1::OUTCOME_DONE:
            return "已执行";
        case v1::OUTCOME_ALREADY:
            return "先前已执行";
        case v1::OUTCOME_STALE:
            return "所见告警已过时,未执行";
        case v1::OUTCOME_NOT_FOUND:
            return "未找到对象";
        case v1::OUTCOME_EXPIRED:
            return "指令已过期";
        case v1::OUTCOME_REFUSED:
            return "已拒绝";
        case v1::OUTCOME_NOT_BUILT:
            return "本版本不支持";
        default:
            return "结果未知";
    }
}

}  // namespace

void Publisher::Impl::on_command(const std::string& verb, const Incoming& message) {
    if (message.payload.empty()) {
        return;  // how MQTT removes a retained message: somebody mends a mistake
    }
    const auto since_boot =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_->now().time_since_epoch());
    const alarms::Stamp now{clock_->boot(), since_boot.count(), clock_->wall()};
    commands_.handle(verb, message.payload, message.retained, now,
                     [this, before = next_event](const Answered& answered) { answer(answered, before); });
}

void Publisher::Impl::answer(const Answered& answered, std::uint64_t events_before) {
    if (stage_ == Stage::kStopped) {
        return;
    }
    const CommandReply& reply = answered.reply;
    auto say = [this, payload = encoder_.reply(reply)] {
        delivery_->send({.topic = topics_.reply, .payload = payload});
    };
    // The transition of an alarm is its own record of who did what.
    const bool recorded = answered.how == Answered::How::kCarriedOut && !reply.alarm_id.empty() &&
                          reply.outcome == v1::OUTCOME_DONE && next_event != events_before;
    if (answered.how != Answered::How::kRepeated && !recorded && may_audit()) {
        const bool refused = answered.how == Answered::How::kRefused;
        const std::string missed =
            unaudited_ == 0 ? "" : " (+" + std::to_string(std::exchange(unaudited_, 0)) + ")";
        const std::string name = reply.verb + " " + reply.command_id;
        audit(refused ? "command-refused" : "command-" + reply.verb,
              {alarms::ActorKind::kPlatform, "platform", to_plain(answered.on_behalf_of),
               to_plain(answered.reason)},
              {"平台指令 " + name + ":" + words_zh(reply) + missed,
               "command " + name + ": " + words(reply) + missed},
              {});
    }
    if (next_event == events_before) {
        say();
    } else {
        when_settled(next_event - 1, std::move(say));  // said when a crash can no longer undo it
    }
}

bool Publisher::Impl::may_audit() {
    const Monotonic now = clock_->now();
    if (now - audits_since_ >= std::chrono::minutes(1)) {
        audits_since_ = now;
        audits_ = 0;
    }
    if (audits_ >= kAuditsAMinute) {
        ++unaudited_;
        return false;
    }
    ++audits_;
    return true;
}

void Publisher::Impl::carry_out(const PlatformCommand& command, Commands::Done done) {
    switch (command.verb) {
        case Verb::kRebirth:
            done(rebirth(command.catalogue_hash));
            return;
        case Verb::kResend:
            resend(command, std::move(done));
            return;
        default:
            questions_.carry_out(command, std::move(done));
    }
}

// What goes is what a connect says. Of a retained topic only the newest payload waits, so that many who ask
// at once cost no more than one.
CommandResult Publisher::Impl::rebirth(const std::string& hash) {
    if (!hash.empty() && hash != catalogue_hash) {
        return old_catalogue(hash);
    }
    if (hash.empty()) {
        say_state();
        say_birth();
    }
    say_catalogue();
    if (hash.empty()) {
        say_alarms(Listing(topics_));
    }
    return {v1::OUTCOME_DONE, std::to_string(catalogue_parts.size()) + " catalogue parts", 0};
}

// On the catalogue's topics, but not retained: what is retained there is the catalogue of now.
CommandResult Publisher::Impl::old_catalogue(const std::string& hash) {
    const std::vector<std::string> parts =
        questions_.catalogue ? questions_.catalogue(hash) : std::vector<std::string>();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        v1::CatalogueChange part;
        if (part.ParseFromString(parts[i])) {
            delivery_->send({.lane = Lane::kEvent,
                             .topic = topics_.catalogue(i),
                             .payload = encoder_.catalogue_part(part)});
        }
    }
    if (parts.empty()) {
        return {v1::OUTCOME_NOT_FOUND, "no record that is still here names this catalogue, and it is gone",
                0};
    }
    return {v1::OUTCOME_DONE, std::to_string(parts.size()) + " catalogue parts", 0};
}

void Publisher::Impl::resend(const PlatformCommand& command, Commands::Done done) {
    store_->held([weak = weak_from_this(), core = core_, command,
                  done = std::move(done)](Result<std::vector<store::StreamRanges>> held) mutable {
        boost::asio::post(
            core, [weak, command = std::move(command), done = std::move(done), held = std::move(held)] {
                if (const auto self = weak.lock(); self && self->stage_ != Stage::kStopped) {
                    done(self->begin_resend(command, held));
                }
            });
    });
}

CommandResult Publisher::Impl::begin_resend(const PlatformCommand& command,
                                            const Result<std::vector<store::StreamRanges>>& held) {
    if (!held) {
        return {v1::OUTCOME_REFUSED, held.error().what, 0};
    }
    CommandResult result{v1::OUTCOME_DONE, "", 0};
    const std::vector<store::StreamRanges> chosen =
        Resend::choose(*held, command.ranges, command.except, result.missing);
    if (!resend_.want(command.consumer, chosen)) {
        return {v1::OUTCOME_REFUSED, "records are being sent again to too many consumers", 0};
    }
    result.message = "at most " + std::to_string(count(chosen)) + " records are sent again";
    if (!result.missing.empty()) {
        result.message += ", " + std::to_string(count(result.missing)) + " are no longer here";
    }
    // After the reply.
    boost::asio::post(core_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->read_history();
        }
    });
    return result;
}

void Publisher::Impl::read_history() {
    if (!granted_ || stage_ != Stage::kRunning || !delivery_->has_room() || history_timer_.armed()) {
        return;
    }
    const std::optional<Resend::Question> question = resend_.ask();
    if (!question) {
        return;
    }
    store_->history(
        question->epoch, question->stream, question->range, kHistoryRead,
        [weak = weak_from_this(), core = core_, number = question->number](Result<store::Pending> found) {
            boost::asio::post(core, [weak, number, found = std::move(found)] {
                if (const auto self = weak.lock(); self && self->stage_ != Stage::kStopped) {
                    self->found_history(number, found);
                }
            });
        });
}

void Publisher::Impl::found_history(std::uint64_t number, const Result<store::Pending>& found) {
    if (!found) {
        resend_.failed(number);
        history_timer_.after(kHistoryPause, [this] { read_history(); });
        return;
    }
    std::optional<std::uint64_t> last;
    if (!found->records.empty()) {
        last = found->records.back().identity.sequence;
    }
    if (!granted_ || !resend_.answered(number, last, found->more)) {
        return;
    }
    for (const store::Record& record : found->records) {
        resend_.sent(record.identity);
    }
    for (const store::Record& record : found->records) {
        delivery_->history(record);
    }
    read_history();
}

}  // namespace gengfu::publish
