#include "drivers/replay/replay_bus.hpp"

#include <algorithm>
#include <utility>

#include "daemon/core/read_file.hpp"
#include "drivers/modbus/frame.hpp"
#include "drivers/replay/judge.hpp"

namespace gengfu::drivers::replay {

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
    exchanges_ = std::move(transcript->exchanges);
    answers_.clear();
    other_cuts_.clear();
    for (std::size_t i = 0; i < exchanges_.size(); ++i) {
        if (!exchanges_[i].cut_off) {  // else no silence: the recording ended first
            answers_[exchanges_[i].request].places.push_back(i);
        }
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
    const Result<modbus::Message> message = modbus::encode(request);
    if (!message) {
        return fail(message.error().code, who(request) + ": " + message.error().what);
    }
    ++traffic_.requests;
    if (request.unit == modbus::kBroadcast && modbus::is_write(request.function)) {
        const Monotonic now = clock_.now();
        return Answer{.values = {}, .sent = now, .received = now};
    }
    const Bytes bytes(message->view().begin(), message->view().end());
    const auto found = answers_.find(bytes);
    if (found == answers_.end() && modbus::is_write(request.function)) {
        // A recording that began after the set-up of its devices has none of it.
        ++traffic_.answers;
        const Monotonic now = clock_.now();
        return Answer{.values = {}, .sent = now, .received = now};
    }
    if (found == answers_.end()) {
        return of_other_cuts(request, bytes);
    }
    Answers& answers = found->second;
    const Exchange& exchange = exchanges_[answers.places[answers.next]];
    answers.next = std::min(answers.next + 1, answers.places.size() - 1);
    return judge(protocol_, request, exchange, who(request), clock_.now(), traffic_);
}

std::string ReplayBus::who(const Request& request) const {
    return "bus " + bus_.name + " unit " + std::to_string(request.unit);
}

Result<Answer> ReplayBus::of_other_cuts(const Request& request, const Bytes& bytes) {
    OtherCut& cut = other_cuts_.try_emplace(bytes, request).first->second;
    Result<Answer> answer = cut.next(exchanges_, protocol_, who(request), clock_.now());
    if (answer) {
        ++traffic_.answers;
    } else if (answer.error().exception != 0) {
        ++traffic_.answers;
        ++traffic_.exceptions;
    } else if (answer.error().code == Errc::kTimeout) {
        ++traffic_.timeouts;
    } else {
        ++traffic_.bad_frames;
    }
    return answer;
}

}  // namespace gengfu::drivers::replay
