#include "drivers/replay/other_cut.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "drivers/modbus/frame.hpp"
#include "drivers/replay/judge.hpp"
#include "drivers/replay/recorded_frames.hpp"

namespace gengfu::drivers::replay {

namespace {

constexpr std::uint8_t kNoSuchRegister = 2;  // Modbus Application Protocol V1.1b3, 7

/// The file may hold other things than reads, and such as no device takes.
std::optional<Request> read_in(const Bytes& bytes) {
    constexpr std::size_t kRead = 6;  // unit, function, address, count
    if (bytes.size() != kRead) {
        return std::nullopt;
    }
    Request read{.unit = bytes[0],
                 .function = bytes[1],
                 .address = static_cast<std::uint16_t>(word_at(bytes, 2)),
                 .count = static_cast<std::uint16_t>(word_at(bytes, 4)),
                 .values = {}};
    return modbus::encode(read) ? std::optional(std::move(read)) : std::nullopt;
}

}  // namespace

OtherCut::OtherCut(const Request& read) : read_(read), registers_(read.count) {}

Result<Answer> OtherCut::next(std::span<const Exchange> exchanges, Protocol protocol, const std::string& who,
                              Monotonic now) {
    go_on(exchanges, protocol, who, now);
    Answer answer{.values = {}, .sent = now, .received = now};
    std::size_t read = 0, not_read = 0;
    const Register* failed = nullptr;
    bool failed_alike = true;
    for (const Register& one : registers_) {
        answer.values.push_back(one.value);
        read += one.fared == Fared::kRead ? 1 : 0;
        not_read += one.fared == Fared::kNotRead ? 1 : 0;
        if (one.fared == Fared::kFailed) {
            failed = failed == nullptr ? &one : failed;
            failed_alike = failed_alike && failed->failure == one.failure;
        }
    }
    if (read == registers_.size()) {
        return answer;
    }
    if (not_read == registers_.size()) {
        return fail(Errc::kTimeout, who + ": no answer in the transcript");
    }
    if (read == 0 && failed_alike) {
        return tl::make_unexpected(failures_[failed->failure]);
    }
    Error parts = modbus::exception_error(kNoSuchRegister, who);
    parts.what += " in one piece: the transcript has only parts of it";
    return tl::make_unexpected(std::move(parts));
}

void OtherCut::go_on(std::span<const Exchange> exchanges, Protocol protocol, const std::string& who,
                     Monotonic now) {
    const std::uint32_t begin = read_.address, end = begin + read_.count;
    for (; position_ < exchanges.size(); ++position_) {
        const Exchange& exchange = exchanges[position_];
        if (exchange.cut_off || exchange.request[0] != read_.unit || exchange.request[1] != read_.function) {
            continue;
        }
        const std::optional<Request> other = read_in(exchange.request);
        if (!other) {
            continue;
        }
        const std::uint32_t from = std::max<std::uint32_t>(begin, other->address);
        const std::uint32_t to = std::min<std::uint32_t>(end, std::uint32_t{other->address} + other->count);
        if (from >= to) {
            continue;
        }
        const std::span<Register> part = std::span(registers_).subspan(from - begin, to - from);
        if (std::ranges::any_of(part, &Register::is_fresh)) {
            break;  // this belongs to the next answer
        }
        Traffic not_counted;
        keep(part, from - other->address, judge(protocol, *other, exchange, who, now, not_counted));
    }
    for (Register& one : registers_) {
        one.is_fresh = false;
    }
}

void OtherCut::keep(std::span<Register> part, std::size_t offset, const Result<Answer>& answer) {
    // That a request as a whole was refused says nothing of when its registers are read: its parts follow.
    const bool is_read = answer || answer.error().exception != kNoSuchRegister;
    for (std::size_t i = 0; i < part.size(); ++i) {
        part[i] = {.fared = answer ? Fared::kRead : Fared::kFailed,
                   .is_fresh = is_read,
                   .value = answer ? answer->values[offset + i] : std::uint16_t{0},
                   .failure = answer ? 0 : index_of(answer.error())};
    }
}

std::size_t OtherCut::index_of(const Error& error) {
    const auto known = std::ranges::find_if(failures_, [&](const Error& one) {
        return one.code == error.code && one.exception == error.exception;
    });
    if (known == failures_.end()) {
        failures_.push_back(error);
        return failures_.size() - 1;
    }
    return static_cast<std::size_t>(known - failures_.begin());
}

}  // namespace gengfu::drivers::replay
