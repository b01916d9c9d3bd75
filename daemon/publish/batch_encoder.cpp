// Compiled with -ffp-contract=off (CMakeLists.txt): the check whether a step gives a value exactly must
// reckon as the readers do, without fused multiply-add.
#include "daemon/publish/batch_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace {

enum class ValueKind : std::uint32_t { kStep = 0, kSingle = 1, kExact = 2, kNone = 3 };

constexpr std::uint32_t kAllGood = static_cast<std::uint32_t>(Quality::kGood) * 256;

std::uint32_t quality_reason(const Sample& sample) {
    return static_cast<std::uint32_t>(sample.quality) * 256 + static_cast<std::uint32_t>(sample.reason);
}

std::int64_t microseconds(Monotonic time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

// The step that gives `value` exactly, if there is one.
std::optional<std::int64_t> step_of(double value, const PointCoding& coding) {
    constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
    if (coding.resolution == 0) {
        return std::nullopt;
    }
    const double quotient = (value - coding.offset) / coding.resolution;
    if (!(std::abs(quotient) < kExactIntegers)) {
        return std::nullopt;
    }
    const auto step = static_cast<std::int64_t>(quotient + (quotient < 0 ? -0.5 : 0.5));
    const double product = static_cast<double>(step) * coding.resolution;
    return product + coding.offset == value ? std::optional(step) : std::nullopt;
}

// Length of the UTF-8 sequence at `at`, 0 when there is none (RFC 3629, section 4).
std::size_t utf8_length(const std::string& text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto within = [](unsigned value, unsigned low, unsigned high) {
        return value >= low && value <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (within(first, 0xC2, 0xDF)) {
        return within(byte(1), 0x80, 0xBF) ? 2 : 0;
    }
    if (within(first, 0xE0, 0xEF)) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return within(byte(1), low, high) && within(byte(2), 0x80, 0xBF) ? 3 : 0;
    }
    if (within(first, 0xF0, 0xF4)) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return within(byte(1), low, high) && within(byte(2), 0x80, 0xBF) && within(byte(3), 0x80, 0xBF) ? 4
                                                                                                        : 0;
    }
    return 0;
}

}  // namespace

std::string valid_utf8(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++at;
            continue;
        }
        out.append(text, at, length);
        at += length;
    }
    return out;
}

BatchEncoder::BatchEncoder(std::vector<PointCoding> points)
    : points_(std::move(points)), last_step_(points_.size()), step_mark_(points_.size()) {}

void BatchEncoder::add(const Sample& sample) {
    const std::uint32_t point = sample.point.value;
    if (points_[point].text) {
        texts_.push_back({sample.taken, point, quality_reason(sample), valid_utf8(sample.text)});
        text_bytes_ += texts_.back().value.size();
        return;
    }
    in_order_ = in_order_ && (rows_.empty() || rows_.back().taken <= sample.taken);
    rows_.push_back({sample.taken, sample.value, point, quality_reason(sample)});
}

Monotonic BatchEncoder::start() const {
    Monotonic first = Monotonic::max();
    for (const Row& row : rows_) {
        first = std::min(first, row.taken);
    }
    for (const TextRow& row : texts_) {
        first = std::min(first, row.taken);
    }
    return first;
}

void BatchEncoder::fill(gengfu::v1::Batch& out) {
    if (!in_order_) {
        std::stable_sort(rows_.begin(), rows_.end(),
                         [](const Row& a, const Row& b) { return a.taken < b.taken; });
    }
    fill_texts(out);
    fill_places(out);
    fill_values(out);
    fill_qualities(out);
    rows_.clear();
    texts_.clear();
    text_bytes_ = 0;
    in_order_ = true;
}

void BatchEncoder::fill_places(gengfu::v1::Batch& out) const {
    if (rows_.empty()) {
        return;
    }
    const int count = static_cast<int>(rows_.size());
    out.mutable_alias_delta()->Reserve(count);
    out.mutable_delta_us()->Reserve(count);
    std::int64_t alias = 0;
    std::int64_t time = microseconds(start());
    for (const Row& row : rows_) {
        const std::int64_t next_alias = points_[row.point].alias;
        const std::int64_t next_time = microseconds(row.taken);
        out.add_alias_delta(static_cast<std::int32_t>(next_alias - alias));
        out.add_delta_us(next_time - time);
        alias = next_alias;
        time = next_time;
    }
}

void BatchEncoder::fill_values(gengfu::v1::Batch& out) {
    ++mark_;
    ValueKind kind = ValueKind::kStep;
    std::uint32_t run = 0;
    const auto end_run = [&] {
        if (run != 0) {
            out.add_value_runs(run * 4 + static_cast<std::uint32_t>(kind));
        }
    };
    for (const Row& row : rows_) {
        ValueKind next = ValueKind::kExact;
        if (std::isnan(row.value)) {
            next = ValueKind::kNone;
        } else if (const auto step = step_of(row.value, points_[row.point])) {
            next = ValueKind::kStep;
            const std::int64_t before = step_mark_[row.point] == mark_ ? last_step_[row.point] : 0;
            out.add_step_delta(*step - before);
            last_step_[row.point] = *step;
            step_mark_[row.point] = mark_;
        } else if (const auto single = static_cast<float>(row.value);
                   static_cast<double>(single) == row.value) {
            next = ValueKind::kSingle;
            out.add_single(single);
        } else {
            out.add_exact(row.value);
        }
        if (next != kind) {
            end_run();
            kind = next;
            run = 0;
        }
        ++run;
    }
    if (out.value_runs_size() != 0 || kind != ValueKind::kStep) {
        end_run();
    }
}

void BatchEncoder::fill_qualities(gengfu::v1::Batch& out) const {
    std::uint32_t quality = kAllGood;
    std::uint32_t run = 0;
    const auto end_run = [&] {
        if (run != 0) {
            out.add_quality_runs(run);
            out.add_quality_runs(quality);
        }
    };
    for (const Row& row : rows_) {
        if (row.quality_reason != quality) {
            end_run();
            quality = row.quality_reason;
            run = 0;
        }
        ++run;
    }
    if (out.quality_runs_size() != 0 || quality != kAllGood) {
        end_run();
    }
}

void BatchEncoder::fill_texts(gengfu::v1::Batch& out) const {
    if (texts_.empty()) {
        return;
    }
    const std::int64_t from = microseconds(start());
    for (const TextRow& row : texts_) {
        gengfu::v1::TextSample& text = *out.add_texts();
        text.set_alias(points_[row.point].alias);
        text.set_offset_us(microseconds(row.taken) - from);
        text.set_value(row.value);
        text.set_quality_reason(row.quality_reason);
    }
}

}  // namespace gengfu::publish
