#include "governance/ingest/sample_rows.hpp"

#include <algorithm>
#include <map>

#include "gengfu/v1/common.pb.h"

namespace gengfu::ingest {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kHalf =
    kHour / 2;  // offsets count from the middle of the hour: so they fit four bytes
constexpr std::int64_t kFirstWall = 1'577'836'800'000'000;  // 2020-01-01
constexpr std::int64_t kLastWall = 4'102'444'800'000'000;   // 2100-01-01
constexpr int kBlockBits = 15;
constexpr std::int32_t kInBlock = (1 << kBlockBits) - 1;

/// No gateway with a clock says anything else; what does is dated by a later clock fix.
bool is_wall(std::int64_t wall_us) {
    return wall_us >= kFirstWall && wall_us < kLastWall - 24 * kHour;
}

std::int16_t in_block(std::int32_t number) {
    return static_cast<std::int16_t>(number & kInBlock);
}

std::int64_t signed_of(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits);
}

}  // namespace

std::string boot_bytes(const v1::Time& time) {
    std::string out(16, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        out[7 - i] = static_cast<char>(time.boot_id_high() >> (8 * i) & 0xFFU);
        out[15 - i] = static_cast<char>(time.boot_id_low() >> (8 * i) & 0xFFU);
    }
    return out;
}

void SampleRows::clear() {
    recent.clear();
    clockless.clear();
    text.clear();
    size_ = 0;
}

void SampleRows::finish() {
    recent.finish();
    clockless.finish();
    text.finish();
}

Result<void> SampleRows::add(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples) {
    constexpr std::int64_t kLongestBoot = 1LL << 60U;  // 36,000 years; sums below it cannot overflow
    if (start.monotonic_us() < 0 || start.monotonic_us() > kLongestBoot) {
        return fail(Errc::kCorrupt, "batch: its monotonic time is none");
    }
    if (!samples.number.empty()) {
        is_wall(start.wall_us()) ? add_recent(owner, start.wall_us(), samples)
                                 : add_clockless(owner, start, samples);
    }
    add_texts(owner, start, samples);
    size_ += samples.size();
    return {};
}

void SampleRows::row_recent(const SampleOwner& owner, const Group& group) {
    recent.row(9);
    recent.timestamp(group.hour * kHour);
    recent.int8(signed_of(owner.epoch));
    recent.int8(signed_of(owner.sequence));
    recent.text(*owner.gateway);
    recent.int4(group.block);
    recent.int2(group.quality);
    recent.int4_array(offsets_);
    recent.int2_array(points_);
    recent.float8_array(values_);
}

void SampleRows::add_recent(const SampleOwner& owner, std::int64_t start_us, const SampleArrays& samples) {
    const std::size_t size = samples.number.size();
    const auto group_of = [&](std::size_t i) {
        return Group{(start_us + samples.offset_us[i]) / kHour, samples.number[i] >> kBlockBits,
                     samples.quality[i]};
    };
    const auto put = [&](std::size_t to, std::size_t i, std::int64_t middle) {
        offsets_[to] = static_cast<std::int32_t>(start_us + samples.offset_us[i] - middle);
        points_[to] = in_block(samples.number[i]);
    };
    // Nearly every message is one row.
    const Group first = group_of(0);
    const std::int64_t middle = first.hour * kHour + kHalf;
    offsets_.resize(size);
    points_.resize(size);
    bool one = true;
    for (std::size_t i = 0; one && i < size; ++i) {
        one = group_of(i) == first;
        if (one) {
            put(i, i, middle);
        }
    }
    if (one) {
        values_ = samples.value;
        row_recent(owner, first);
        return;
    }
    std::map<Group, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < size; ++i) {
        groups[group_of(i)].push_back(i);
    }
    for (const auto& [group, members] : groups) {
        offsets_.resize(members.size());
        points_.resize(members.size());
        values_.resize(members.size());
        for (std::size_t to = 0; to < members.size(); ++to) {
            put(to, members[to], group.hour * kHour + kHalf);
            values_[to] = samples.value[members[to]];
        }
        row_recent(owner, group);
    }
}

void SampleRows::add_clockless(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples) {
    std::map<Group, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < samples.number.size(); ++i) {
        groups[{0, samples.number[i] >> kBlockBits, samples.quality[i]}].push_back(i);
    }
    for (const auto& [group, members] : groups) {
        long_offsets_.clear();
        points_.clear();
        values_.clear();
        for (const std::size_t i : members) {
            long_offsets_.push_back(samples.offset_us[i]);
            points_.push_back(in_block(samples.number[i]));
            values_.push_back(samples.value[i]);
        }
        clockless.row(11);
        clockless.int8(signed_of(owner.epoch));
        clockless.int8(signed_of(owner.sequence));
        clockless.raw(boot_bytes(start));
        clockless.int8(start.monotonic_us());
        clockless.timestamp(owner.received_us);
        clockless.text(*owner.gateway);
        clockless.int4(group.block);
        clockless.int2(group.quality);
        clockless.int8_array(long_offsets_);
        clockless.int2_array(points_);
        clockless.float8_array(values_);
    }
}

void SampleRows::add_texts(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples) {
    for (const SampleArrays::Text& one : samples.texts) {
        text.row(9);
        text.int8(signed_of(owner.epoch));
        text.int8(signed_of(owner.sequence));
        is_wall(start.wall_us()) ? text.timestamp(start.wall_us() + one.offset_us) : text.null();
        text.raw(boot_bytes(start));
        text.int8(start.monotonic_us() + one.offset_us);
        text.text(*owner.gateway);
        text.int4(one.number);
        text.int2(one.quality);
        text.text(one.value);
    }
}

}  // namespace gengfu::ingest
