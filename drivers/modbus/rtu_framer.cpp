#include "drivers/modbus/rtu_framer.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace gengfu::drivers::modbus {

namespace {

constexpr std::size_t kExceptionFrame = 5;
constexpr std::size_t kShortFrame =
    8;  // read requests, requests and answers of 5 and 6, answers of 15 and 16

bool crc_is_good(std::span<const std::uint8_t> frame) {
    const std::uint16_t crc = crc16(frame.first(frame.size() - kCrcBytes));
    return frame[frame.size() - 2] == (crc & 0xFFU) && frame[frame.size() - 1] == crc >> 8U;
}

bool is_read(unsigned function) {
    return function >= 1 && function <= 4;
}

/// Length of the whole frame at the front of `bytes`; 0 when there is none.
std::size_t whole_frame(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < kExceptionFrame) {
        return 0;
    }
    const auto whole = [&](std::size_t length) {
        return length <= bytes.size() && crc_is_good(bytes.first(length));
    };
    const auto function = static_cast<std::uint8_t>(bytes[1] & ~kExceptionFlag);
    if (!is_read(function) && !is_write(function)) {
        return 0;
    }
    if ((bytes[1] & kExceptionFlag) != 0) {
        return whole(kExceptionFrame) ? kExceptionFrame : 0;
    }
    constexpr std::size_t kAnswerOverhead = 5;
    if (is_read(function) && whole(kAnswerOverhead + bytes[2])) {
        return kAnswerOverhead + bytes[2];
    }
    if (whole(kShortFrame)) {
        return kShortFrame;
    }
    constexpr std::size_t kByteCountAt = 6, kWriteOverhead = 9;
    const bool writes_many = is_write(function) && function > 6 && bytes.size() > kByteCountAt;
    return writes_many && whole(kWriteOverhead + bytes[kByteCountAt]) ? kWriteOverhead + bytes[kByteCountAt]
                                                                      : 0;
}

/// What the head of a frame says that its length is; 0: nothing. Of functions with several forms the longest.
std::size_t stated_length(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kAnswerOverhead = 5, kByteCountAt = 6, kWriteOverhead = 9, kMostData = 250;
    if (bytes.size() < 3) {
        return 0;
    }
    if (is_read(bytes[1])) {
        return bytes[2] == 0 || bytes[2] > kMostData ? kShortFrame
                                                     : std::max(kShortFrame, kAnswerOverhead + bytes[2]);
    }
    const bool many = bytes[1] == 15 || bytes[1] == 16;
    if (many && bytes.size() > kByteCountAt && bytes[kByteCountAt] <= kMostData - 4) {
        return std::max(kShortFrame, kWriteOverhead + bytes[kByteCountAt]);
    }
    return is_write(bytes[1]) ? kShortFrame : 0;
}

void append(Leftovers& to, const Leftovers& more) {
    to.units.insert(to.units.end(), more.units.begin(), more.units.end());
    to.noise_bytes += more.noise_bytes;
}

}  // namespace

Leftovers sort_leftovers(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> own) {
    Leftovers sorted;
    while (!bytes.empty()) {
        const std::size_t length = whole_frame(bytes);
        if (length > 0 && std::ranges::equal(bytes.first(length), own)) {
            bytes = bytes.subspan(length);
            continue;
        }
        if (length > 0) {
            sorted.units.push_back(bytes.front());
        } else {
            ++sorted.noise_bytes;
        }
        bytes = bytes.subspan(std::max<std::size_t>(length, 1));
    }
    return sorted;
}

void RtuFramer::expect(const Request& request, std::span<const std::uint8_t> message, Echo echo) {
    expect_nothing();
    request_ = &request;
    // The echo of a read or of 15 and 16 cannot be mistaken for an answer, that of 5 and 6 can.
    echo_looks_like_answer_ = request.function == 5 || request.function == 6;
    const std::uint16_t crc = crc16(message);
    std::ranges::copy(message, echo_.begin());
    echo_[message.size()] = static_cast<std::uint8_t>(crc & 0xFFU);
    echo_[message.size() + 1] = static_cast<std::uint8_t>(crc >> 8U);
    own_size_ = message.size() + kCrcBytes;
    echo_size_ = echo_looks_like_answer_ && echo == Echo::kUnknown ? 0 : own_size_;
}

void RtuFramer::expect_nothing() {
    request_ = nullptr;
    size_ = edge_ = match_begin_ = match_end_ = echo_size_ = 0;
    held_begin_.reset();
    progress_ = {};
    dropped_ = {};
    echoed_ = came_ = false;
}

std::span<std::uint8_t> RtuFramer::room() {
    if (kCapacity - size_ < kRtuFrame) {
        make_room();
    }
    return std::span(buffer_).subspan(size_);
}

/// Noise without end: only the last 256 bytes can still become an answer.
void RtuFramer::make_room() {
    const std::size_t old = size_ - kRtuFrame;
    append(dropped_, sort_leftovers(std::span(buffer_).first(old), own()));
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(old),
              buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
    size_ = kRtuFrame;
    edge_ = edge_ > old ? edge_ - old : 0;
    held_begin_.reset();
    match_begin_ = match_end_ = 0;
    echo_size_ = 0;
}

std::optional<RtuFramer::Match> RtuFramer::filled(std::size_t count) {
    assert(size_ + count <= kCapacity);
    size_ += count;
    came_ = came_ || count > 0;
    if (request_ == nullptr) {
        return std::nullopt;
    }
    drop_echo();
    return search();
}

void RtuFramer::drop_echo() {
    if (echo_size_ == 0) {
        return;
    }
    const std::size_t seen = std::min(size_, echo_size_);
    if (!std::equal(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(seen), echo_.begin())) {
        echo_size_ = 0;
        return;
    }
    if (seen == echo_size_) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(seen),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
        size_ -= seen;
        edge_ = 0;
        progress_ = {};
        echo_size_ = 0;
        echoed_ = true;
    }
}

std::optional<RtuFramer::Match> RtuFramer::search() {
    if (echo_size_ > 0 && echo_looks_like_answer_ && size_ > 0) {
        return std::nullopt;  // may be the echo: not judged until it is whole or differs
    }
    progress_ = {.spoiled = progress_.spoiled};
    held_begin_.reset();
    bool in_another = false;  // what may be a longer frame has begun, and is not whole yet
    bool may_be_it = false;   // and here the answer
    for (std::size_t begin = edge_; begin < size_; ++begin) {
        const std::span<const std::uint8_t> bytes = std::span(buffer_).first(size_).subspan(begin);
        const Look look = look_at(bytes);
        if (look.found == Found::kMatch) {
            // A single byte before it is the glitch of a driver that is switched on.
            if (!in_another && begin - edge_ <= 1) {
                return take(begin, look.match);
            }
            held_begin_ = begin;
            progress_.held = true;
            break;
        }
        // An answer that still lacks bytes may hold what has a good check sum itself: of those to two
        // registers each that ends in 00 looks like a whole request until its last byte is there.
        may_be_it = may_be_it || look.found == Found::kPartial;
        const std::size_t whole = may_be_it ? 0 : whole_frame(bytes);
        if (whole > 0 && !in_another) {
            edge_ = begin - edge_ <= 1 ? begin + whole : edge_;
            begin += whole - 1;
        } else if (const std::size_t length = stated_length(bytes); length > bytes.size()) {
            in_another = in_another || look.found != Found::kPartial;
        }
    }
    return std::nullopt;
}

std::optional<RtuFramer::Match> RtuFramer::take(std::size_t begin, const Match& match) {
    match_begin_ = begin;
    match_end_ = begin + match.message.size() + kCrcBytes;
    return match;
}

std::optional<RtuFramer::Match> RtuFramer::settle() {
    if (request_ == nullptr || !held_begin_) {
        return std::nullopt;
    }
    const std::size_t begin = *std::exchange(held_begin_, std::nullopt);
    progress_.held = false;
    const Look look = look_at(std::span(buffer_).first(size_).subspan(begin));
    const std::size_t end = begin + look.match.message.size() + kCrcBytes;
    if (look.found != Found::kMatch || is_within_another(begin, end)) {
        progress_.spoiled = true;
        return std::nullopt;
    }
    return take(begin, look.match);
}

/// Two things say so: the bytes from somewhere before it to somewhere behind it have a good check sum,
/// whatever their function is; or a head before it states the length at which the line fell silent, and what
/// came is damaged.
bool RtuFramer::is_within_another(std::size_t begin, std::size_t end) const {
    for (std::size_t from = edge_; from < begin; ++from) {
        const std::span<const std::uint8_t> bytes = std::span(buffer_).first(size_).subspan(from);
        const std::size_t shortest = end - from + kCrcBytes;  // with a check sum of its own behind
        if (bytes.size() >= shortest && stated_length(bytes) == bytes.size()) {
            return true;
        }
        for (std::size_t length = shortest; length <= std::min(bytes.size(), kRtuFrame); ++length) {
            if (crc_is_good(bytes.first(length))) {
                return true;
            }
        }
    }
    return false;
}

/// Does an answer begin at the front of `bytes`? Notes in progress_ when it may become one.
RtuFramer::Look RtuFramer::look_at(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kHead = 3;
    const bool has_function = bytes.size() > 1;
    const bool is_exception = has_function && bytes[1] == (request_->function | kExceptionFlag);
    if (bytes[0] != request_->unit || (has_function && !is_exception && bytes[1] != request_->function)) {
        return {};
    }
    const std::size_t length = is_exception ? kExceptionFrame : answer_size(*request_) + kCrcBytes;
    const bool counts_bytes = !is_exception && is_read(request_->function) && bytes.size() >= kHead;
    if (counts_bytes && bytes[2] != length - kExceptionFrame) {
        return {};
    }
    if (bytes.size() < length) {
        // Before the function has come it may still be an exception.
        note_partial((has_function ? length : kExceptionFrame) - bytes.size(), length - bytes.size());
        progress_.begun = progress_.begun || bytes.size() >= kHead;
        return {Found::kPartial, {}};
    }
    if (!crc_is_good(bytes.first(length))) {
        progress_.spoiled = true;
        return {};
    }
    const std::span<const std::uint8_t> message = bytes.first(length - kCrcBytes);
    const Fit how = fit(*request_, message);
    return how == Fit::kOther ? Look{} : Look{Found::kMatch, {how, message}};
}

void RtuFramer::note_partial(std::size_t least, std::size_t most) {
    progress_.least_missing = progress_.least_missing == 0 ? least : std::min(progress_.least_missing, least);
    progress_.most_missing = std::max(progress_.most_missing, most);
}

std::span<const std::uint8_t> RtuFramer::misfit() const {
    constexpr int kTries = 4;  // a flood of the unit's address is not looked through
    const std::span<const std::uint8_t> all = std::span(buffer_).first(size_);
    int tries = 0;
    for (std::size_t begin = 0; request_ != nullptr && begin + kExceptionFrame <= size_ && tries < kTries;
         ++begin) {
        if (all[begin] != request_->unit) {
            continue;
        }
        ++tries;
        // Its byte count is not asked: that may be what is wrong.
        for (std::size_t length = kExceptionFrame; length <= std::min(size_ - begin, kRtuFrame); ++length) {
            const std::span<const std::uint8_t> frame = all.subspan(begin, length);
            if (crc_is_good(frame) && !std::ranges::equal(frame, own())) {
                return frame.first(length - kCrcBytes);
            }
        }
    }
    return {};
}

Leftovers RtuFramer::finish() {
    Leftovers all = std::move(dropped_);
    const std::span<const std::uint8_t> bytes = std::span(buffer_).first(size_);
    append(all, sort_leftovers(bytes.first(match_begin_), own()));
    append(all, sort_leftovers(bytes.subspan(match_end_), own()));
    expect_nothing();
    return all;
}

}  // namespace gengfu::drivers::modbus
