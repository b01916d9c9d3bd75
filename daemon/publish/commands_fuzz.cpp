// Commands and confirmations as anybody who may write the topics could send them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "daemon/publish/commands.hpp"
#include "daemon/publish/confirmation.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/resend.hpp"
#include "gengfu/v1/feed.pb.h"

using namespace gengfu;
using namespace gengfu::publish;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// The first byte chooses verb and retained, the rest is the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool quiet = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    if (!quiet || size == 0) {
        return 0;
    }
    const char* const verbs[] = {"ack",      "reset",  "shelve",   "no-such-verb",   "read",
                                 "rebirth",  "resend", "unshelve", "out-of-service", "return",
                                 "handling", "drill",  "calibrate"};
    constexpr std::size_t kVerbs = std::size(verbs);
    const std::string payload(data + 1, data + size);
    const alarms::Stamp now{{}, 1, Wall(std::chrono::microseconds(1'800'000'000'000'000))};
    int carried_out = 0;
    Commands commands([&](const PlatformCommand& command, const Commands::Done& done) {
        ++carried_out;
        const bool of_alarm = command.verb == Verb::kAcknowledge || command.verb == Verb::kReset ||
                              command.verb == Verb::kShelve || command.verb == Verb::kUnshelve ||
                              command.verb == Verb::kHandling;
        const bool of_device = command.verb == Verb::kOutOfService || command.verb == Verb::kReturn ||
                               command.verb == Verb::kCalibrate;
        require(command.lasts >= Duration::zero() && (!of_device || !command.device.empty()));
        require(!command.id.empty() && (!of_alarm || (!command.alarm_id.empty() && command.revision != 0)));
        std::vector<store::StreamRanges> missing;
        static_cast<void>(Resend::choose({{Epoch{1}, Stream::kEvent, {{5, 900}}}}, command.ranges,
                                         command.except, missing));
        done({v1::OUTCOME_DONE, command.reason, command.revision, "", {}, std::move(missing)});
    });
    const bool retained = (data[0] & 128U) != 0;
    const auto ask = [&] {
        CommandReply out;
        commands.handle(verbs[(data[0] & 127U) % kVerbs], payload, retained, now,
                        [&](const Answered& answered) { out = answered.reply; });
        return out;
    };
    const CommandReply first = ask();
    const CommandReply second = ask();
    require(first.outcome != v1::OUTCOME_UNSPECIFIED && first.outcome == second.outcome);
    require(carried_out <= 1 && (!retained || carried_out == 0));
    for (const Confirmation& confirmation : read_confirmations(payload)) {
        require(confirmation.consumer != "broker" && confirmation.epoch.value != 0);
        for (const store::SequenceRange& range : confirmation.ranges) {
            require(range.first != 0 && range.first <= range.last);
        }
    }
    static_cast<void>(read_state(payload));
    static_cast<void>(decode_alarm(payload));
    static_cast<void>(decode_left_behind(payload));
    static_cast<void>(decode_book(payload));
    return 0;
}
