#include "drivers/replay/replay_bus.hpp"

#include <algorithm>
#include <utility>

#include "daemon/core/read_file.hpp"
#include "drivers/modbus/mbap_framer.hpp"
#include "drivers/modbus/rtu_framer.hpp"

namespace gengfu::drivers::replay {

using modbus::Fit;
using modbus::MbapFramer;
using modbus::Message;
using modbus::RtuFramer;

namespace {

/// Copies the front of `bytes` into `room`. \return how many
std::size_t pour(std::span<const std::uint8_t>& bytes, std::span<std::uint8_t> room) {
    const std::size_t count = std::min(bytes.size(), room.size());
    std::ranges::copy(bytes.first(count), room.begin());
    bytes = bytes.subspan(count);
    return count;
}

}  // namespace

Result<void> ReplayBus::open(Monotonic /*deadline*/) {
    if (interrupted_) {
        return fail(Errc::kInterrupted, "bus " + bus_.name + ": interrupted");
    }
    if (open_) {
        return {};
    }
    const Result<std::string> text = read_file(bus_.transcript, kMaxTranscriptBytes + 1);
    if (!text) {
        return fail(Errc::kIo, "bus " + bus_.name + ": cannot read the transcript " + text.error().what);
    }
    if (text->size() > kMaxTranscriptBytes) {
        return fail(Errc::kIo,
                    "bus " + bus_.name + ": the transcript " + bus_.transcript + " has more than 16 MiB");
    }
    Result<Transcript> transcript = parse_transcript(*text, bus_.transcript);
    if (!transcript) {
        return pass(transcript);
    }
    protocol_ = transcript->protocol;
    answers_.clear();
    for (Exchange& exchange : transcript->exchanges) {
        if (exchange.cut_off) {
            continue;  // no silence: the recording ended first
        }
        answers_[std::move(exchange.request)].records.push_back(
            {exchange.transaction, std::move(exchange.received)});
    }
    open_ = true;
    return {};
}

Result<Answer> ReplayBus::transact(const Request& request) {
    if (interrupted_) {
        return fail(Errc::kInterrupted, who(request) + ": interrupted");
    }
    if (!open_) {
        return fail(Errc::kIo, "bus " + bus_.name + " is not open");
    }
    const Result<Message> message = modbus::encode(request);
    if (!message) {
        return fail(message.error().code, who(request) + ": " + message.error().what);
    }
    ++traffic_.requests;
    if (request.unit == modbus::kBroadcast && modbus::is_write(request.function)) {
        const Monotonic now = clock_.now();
        return Answer{.values = {}, .sent = now, .received = now};
    }
    const std::span<const std::uint8_t> bytes = message->view();
    const auto found = answers_.find(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    if (found == answers_.end() && modbus::is_write(request.function)) {
        // A recording that began after the set-up of its devices has none of it.
        ++traffic_.answers;
        const Monotonic now = clock_.now();
        return Answer{.values = {}, .sent = now, .received = now};
    }
    if (found == answers_.end()) {
        return nothing_whole(request, Came::kNothing);
    }
    Answers& answers = found->second;
    const Record& record = answers.records[answers.next];
    answers.next = std::min(answers.next + 1, answers.records.size() - 1);
    return protocol_ == Protocol::kTcp ? judge_tcp(request, record) : judge_rtu(request, *message, record);
}

std::string ReplayBus::who(const Request& request) const {
    return "bus " + bus_.name + " unit " + std::to_string(request.unit);
}

Result<Answer> ReplayBus::judge_rtu(const Request& request, const Message& message, const Record& record) {
    RtuFramer framer;
    framer.expect(request, message.view(), RtuFramer::Echo::kUnknown);
    std::span<const std::uint8_t> bytes(record.received);
    while (!bytes.empty()) {
        if (const auto match = framer.filled(pour(bytes, framer.room()))) {
            return accept(request, match->fit, match->message);
        }
    }
    if (const auto match = framer.settle()) {
        return accept(request, match->fit, match->message);
    }
    const std::span<const std::uint8_t> other = framer.misfit();
    const std::string misfits = other.empty() ? std::string() : modbus::misfit(request, other);
    const modbus::Leftovers leftovers = framer.finish();
    if (!misfits.empty()) {
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) + ": " + misfits);
    }
    traffic_.foreign_frames += leftovers.units.size();
    traffic_.noise_bytes += leftovers.noise_bytes;
    return nothing_whole(request, leftovers.noise_bytes > 0 ? Came::kSomething : Came::kNothing);
}

Result<Answer> ReplayBus::judge_tcp(const Request& request, const Record& record) {
    MbapFramer framer;
    std::span<const std::uint8_t> bytes(record.received);
    while (!bytes.empty()) {
        framer.filled(pour(bytes, framer.room()));
        for (;;) {
            const Result<std::optional<MbapFramer::Frame>> frame = framer.next();
            if (!frame) {
                return nothing_whole(request, Came::kSomething);
            }
            if (!*frame) {
                break;
            }
            if ((*frame)->transaction == record.transaction && (*frame)->message.front() == request.unit) {
                return accept(request, modbus::fit(request, (*frame)->message), (*frame)->message);
            }
            ++traffic_.foreign_frames;
        }
    }
    return nothing_whole(request, framer.is_empty() ? Came::kNothing : Came::kSomething);
}

Result<Answer> ReplayBus::accept(const Request& request, Fit fit, std::span<const std::uint8_t> message) {
    switch (fit) {
        case Fit::kAnswer: {
            ++traffic_.answers;
            const Monotonic now = clock_.now();
            return Answer{.values = modbus::values(request, message), .sent = now, .received = now};
        }
        case Fit::kException:
            ++traffic_.exceptions;
            return tl::make_unexpected(modbus::exception_error(message.back(), who(request)));
        case Fit::kOther:
            break;
    }
    ++traffic_.bad_frames;
    return fail(Errc::kBadFrame, who(request) + ": " + modbus::misfit(request, message));
}

Result<Answer> ReplayBus::nothing_whole(const Request& request, Came came) {
    if (came == Came::kSomething) {
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) + ": no whole answer, wrong check sum or length");
    }
    ++traffic_.timeouts;
    return fail(Errc::kTimeout, who(request) + ": no answer in the transcript");
}

}  // namespace gengfu::drivers::replay
