#include "tests/sim/half_duplex_line.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::sim {
namespace {
/// A talker that never falls silent fills this; a Modbus frame has at most 256 bytes.
constexpr std::size_t kMaxFrame = 4096;
}  // namespace

HalfDuplexLine::HalfDuplexLine(LineFormat format, Responder responder, std::uint64_t seed)
    : format_(format), responder_(std::move(responder)), random_(seed) {}

void HalfDuplexLine::count_wire(std::size_t bytes) {
    stats_.busy_bits += bytes * static_cast<std::uint64_t>(format_.bits_per_character);
}

void HalfDuplexLine::receive(TimePoint now, std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) {
        return;
    }
    stats_.bytes_in += bytes.size();
    count_wire(bytes.size());
    if (!frame_start_) {
        frame_start_ = now;
        frame_last_ = now;
        if (quiet_since_ && now < *quiet_since_ + frame_silence(format_)) {
            ++stats_.early_requests;
        }
    }
    frame_last_ = std::max(frame_last_, now) + line_time(format_, static_cast<std::int64_t>(bytes.size()));
    if (talking_) {
        ++stats_.collisions;
        garbled_ = true;
        spoil_rest(*talking_);
    }
    if (frame_.size() + bytes.size() <= kMaxFrame) {
        frame_.insert(frame_.end(), bytes.begin(), bytes.end());
    } else {
        garbled_ = true;
    }
}

void HalfDuplexLine::receive_garbled(TimePoint now, std::span<const std::uint8_t> bytes) {
    receive(now, bytes);
    garbled_ = garbled_ || !bytes.empty();
}

std::optional<TimePoint> HalfDuplexLine::next() const {
    std::optional<TimePoint> soonest;
    const auto consider = [&soonest](TimePoint at) { soonest = soonest ? std::min(*soonest, at) : at; };
    if (frame_start_) {
        consider(frame_last_ + frame_silence(format_));
    }
    if (talking_) {
        consider(byte_due(*talking_));
    }
    if (!waiting_.empty()) {
        consider(waiting_.front().start);
    }
    return soonest;
}

void HalfDuplexLine::advance(TimePoint now, Bytes& out) {
    for (auto due = next(); due && *due <= now; due = next()) {
        if (talking_ && byte_due(*talking_) == *due) {
            send_byte(out);
        } else if (frame_start_ && frame_last_ + frame_silence(format_) == *due) {
            end_frame();
        } else {
            begin_answer();
        }
    }
}

void HalfDuplexLine::end_frame() {
    ++stats_.frames_in;
    const TimePoint end = frame_last_;
    const std::optional<Request> request = garbled_ ? std::nullopt : parse_rtu(frame_);
    frame_.clear();
    garbled_ = false;
    frame_start_.reset();
    quiet_since_ = std::max(quiet_since_.value_or(end), end);
    if (!request) {
        ++stats_.bad_frames;
        return;
    }
    ++stats_.requests_by_unit[request->unit];
    for (Answer& answer : responder_(*request)) {
        const TimePoint start = end + std::max(frame_silence(format_), answer.turnaround);
        const auto place = std::find_if(waiting_.begin(), waiting_.end(),
                                        [start](const Transmission& other) { return other.start > start; });
        waiting_.insert(place, Transmission{.start = start, .bytes = std::move(answer.bytes)});
    }
}

void HalfDuplexLine::begin_answer() {
    Transmission answer = std::move(waiting_.front());
    waiting_.pop_front();
    ++stats_.frames_out;
    if (frame_start_ && frame_last_ > answer.start) {  // into a request that is still being sent
        ++stats_.collisions;
        garbled_ = true;
        spoil_rest(answer);
    }
    if (talking_) {  // two slaves at once: the master sees one burst that means nothing
        ++stats_.collisions;
        spoil_rest(*talking_);
        const std::size_t left = talking_->bytes.size() - talking_->sent;
        if (answer.bytes.size() <= left) {
            return;
        }
        talking_->bytes.resize(talking_->sent + answer.bytes.size());
        spoil_rest(*talking_);
        return;
    }
    talking_ = std::move(answer);
}

void HalfDuplexLine::send_byte(Bytes& out) {
    Transmission& tx = *talking_;
    const TimePoint due = byte_due(tx);
    out.push_back(tx.bytes[tx.sent++]);
    ++stats_.bytes_out;
    count_wire(1);
    quiet_since_ = due;
    if (tx.sent == tx.bytes.size()) {
        talking_.reset();
    }
}

TimePoint HalfDuplexLine::byte_due(const Transmission& tx) const {
    return tx.start + line_time(format_, static_cast<std::int64_t>(tx.sent + 1));
}

void HalfDuplexLine::spoil_rest(Transmission& tx) {
    for (std::size_t i = tx.sent; i < tx.bytes.size(); ++i) {
        tx.bytes[i] = static_cast<std::uint8_t>(tx.bytes[i] ^ (random_() % 255 + 1));
    }
}

void HalfDuplexLine::reset() {
    frame_.clear();
    garbled_ = false;
    frame_start_.reset();
    quiet_since_.reset();
    waiting_.clear();
    talking_.reset();
}

}  // namespace gengfu::sim
