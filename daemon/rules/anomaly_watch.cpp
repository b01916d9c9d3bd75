#include "daemon/rules/anomaly_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/rules/detectors/archive.hpp"
#include "daemon/rules/detectors/frame.hpp"
#include "daemon/rules/detectors/sensitivity.hpp"

namespace gengfu::rules {
namespace {

using detectors::DeviceDetector;
using detectors::PointDetector;

constexpr std::uint32_t kKind = 0x57414647U;  ///< "GFAW"
/// Of the layout of Head: raise it when that, or what it means, changes.
constexpr std::uint32_t kVersion = 1;
/// After a longer pause than so many values the world may have gone on (a tide, a night): the first value is
/// learnt and not told. Tried on 600 gaps of 20 minutes to 12 hours in waves and wandering signals: every
/// false alarm after a gap was at the first value, none at a later one.
constexpr int kGapValues = 10;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Duration longest_interval(const config::Site& site, const config::Rule& rule) {
    Duration longest{};
    const auto consider = [&](PointId point) {
        const Duration interval = site.spec(point).interval.value_or(site.device(rule.device).interval);
        longest = std::max(longest, interval);
    };
    if (rule.point) {
        consider(*rule.point);
    }
    std::for_each(rule.points.begin(), rule.points.end(), consider);
    return longest;
}

}  // namespace

template <class Archive>
void AnomalyWatch::Head::visit(Archive& archive) {
    archive(judged);
    archive(in_event);
    archive(aspect);
    archive(place);
    archive(expected);
    archive(low);
    archive(high);
    archive(score);
    archive(last_time);
}

AnomalyWatch::AnomalyWatch(const config::Site& site, const config::Rule& rule)
    : rule_(&rule),
      slack_(longest_interval(site, rule) / 2),
      pace_(std::max(rule.every, longest_interval(site, rule))) {
    if (!rule.point) {
        detector_.emplace<DeviceDetector>();
    }
    limit_ =
        rule.point ? detectors::surprise_limit(rule.sensitivity) : detectors::device_limit(rule.sensitivity);
    constexpr std::int64_t kMost = 1'000'000'000;
    const auto values = rule.warm_up / std::max(pace_, Duration(1));
    warm_up_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(values, 1, kMost));
    found_.point = point_at(0);
    reading_.fill(kNothing);
    shown_.fill(kNothing);
}

std::size_t AnomalyWatch::place_of(PointId point) const {
    const auto found = std::find(rule_->points.begin(), rule_->points.end(), point);
    return static_cast<std::size_t>(found - rule_->points.begin());
}

PointId AnomalyWatch::point_at(std::size_t place) const {
    return rule_->point ? *rule_->point : rule_->points.at(std::min(place, rule_->points.size() - 1));
}

/// Samples come with some jitter: one that is early by half an interval is taken, and the pace is kept on the
/// whole.
bool AnomalyWatch::due(Monotonic taken) {
    if (last_judged_ && taken + slack_ < next_) {
        return false;
    }
    next_ = last_judged_ ? std::max(next_ + rule_->every, taken + rule_->every / 2) : taken + rule_->every;
    return true;
}

bool AnomalyWatch::after_gap(Monotonic taken, SampleTime time) const {
    if (last_judged_) {
        return taken - *last_judged_ > kGapValues * pace_;
    }
    // The first of this run: by the wall clock, when both sides of the restart knew it.
    return last_time_ != kNever && time && *time - std::chrono::seconds(last_time_) > kGapValues * pace_;
}

void AnomalyWatch::note_judged(Monotonic taken, SampleTime time, bool settled) {
    judged_ = std::min<std::uint32_t>(judged_ + 1, 1'000'000'000);
    settled_ = settled && judged_ > warm_up_;
    last_judged_ = taken;
    if (time) {
        last_time_ = time->count();
    }
}

void AnomalyWatch::hear_point(const Sample& sample, SampleTime time) {
    const bool gap = after_gap(sample.taken, time);
    auto& detector = std::get<PointDetector>(detector_);
    const detectors::Finding finding = detector.observe(time, sample.value);
    note_judged(sample.taken, time, !gap);
    if (!settled_) {
        return;
    }
    if (detectors::is_news(finding, in_event_, limit_)) {
        in_event_ = true;
        const detectors::Usual usual = detector.usual();
        found_ = {
            finding.aspect, usual.expected, usual.low, usual.high, detectors::score_of(finding.surprise),
            sample.point};
    } else if (finding.surprise < detectors::kHold * limit_) {
        in_event_ = false;
    }
}

/// Gathers one answer of each point. One that comes a second time ends the reading: the others are slower, or
/// silent.
void AnomalyWatch::hear_device(std::size_t place, const Sample& sample, SampleTime time) {
    const std::uint32_t bit = 1U << place;
    if (gathering_ && (come_ & bit) != 0) {
        judge_reading(sample.taken, time);
    }
    if (!gathering_ && due(sample.taken)) {
        gathering_ = true;
    }
    if (!gathering_) {
        return;
    }
    reading_.at(place) = sample.value;
    come_ |= bit;
    if (come_ + 1 == 1U << rule_->points.size()) {
        judge_reading(sample.taken, time);
    }
}

void AnomalyWatch::judge_reading(Monotonic taken, SampleTime time) {
    const bool gap = after_gap(taken, time);
    auto& detector = std::get<DeviceDetector>(detector_);
    const auto values = std::span(reading_).first(rule_->points.size());
    const detectors::DeviceFinding finding = detector.observe(values);
    std::fill(values.begin(), values.end(), kNothing);
    come_ = 0;
    gathering_ = false;
    note_judged(taken, time, !gap);
    if (!settled_) {
        return;
    }
    if (finding.spreads >= limit_) {
        const bool worse = !in_event_ || finding.score > found_.score;
        in_event_ = true;
        if (worse) {
            const detectors::Usual usual = detector.usual(finding.point, limit_);
            found_ = {detectors::Aspect::kLevel, usual.expected, usual.low, usual.high, finding.score,
                      point_at(finding.point)};
        }
    } else if (finding.spreads < detectors::kHold * limit_) {
        in_event_ = false;
    }
}

void AnomalyWatch::miss(PointId point) {
    if (gathering_ && !rule_->point) {
        come_ |= 1U << place_of(point);
    }
}

Duration AnomalyWatch::count(Monotonic taken, Duration length) {
    const Monotonic from = std::max(taken - length, counted_);
    counted_ = std::max(counted_, taken);
    return std::max(taken - from, Duration::zero());
}

std::optional<Opinion> AnomalyWatch::hear(const Sample& sample, SampleTime time) {
    double value = sample.value;
    if (rule_->point) {
        if (due(sample.taken)) {
            hear_point(sample, time);
        }
    } else {
        const std::size_t place = place_of(sample.point);
        shown_.at(place) = sample.value;
        hear_device(place, sample, time);
        value = shown_.at(place_of(found_.point));
    }
    if (!settled_) {
        return std::nullopt;
    }
    return one_level(in_event_, in_event_, value, kNothing);
}

std::string AnomalyWatch::fingerprint(const config::Site& site, const config::Rule& rule) {
    std::string text = fmt::format("every {}", rule.every.count());
    const auto add = [&](PointId point) {
        const config::PointSpec& spec = site.spec(point);
        text += fmt::format(", {} [{}] x{}+{}", spec.name, spec.unit, spec.scale, spec.offset);
    };
    if (rule.point) {
        add(*rule.point);
    }
    std::for_each(rule.points.begin(), rule.points.end(), add);
    return text;
}

AnomalyWatch::Head AnomalyWatch::head() const {
    return {.judged = judged_,
            .in_event = static_cast<std::uint8_t>(in_event_ ? 1 : 0),
            .aspect = static_cast<std::uint8_t>(found_.aspect),
            .place = static_cast<std::uint16_t>(rule_->point ? 0 : place_of(found_.point)),
            .expected = found_.expected,
            .low = found_.low,
            .high = found_.high,
            .score = found_.score,
            .last_time = last_time_};
}

std::size_t AnomalyWatch::state_size() const {
    detectors::Sizer sizer;
    Head().visit(sizer);
    return detectors::kFrameSize + sizer.size() +
           (rule_->point ? PointDetector::state_size() : DeviceDetector::state_size());
}

void AnomalyWatch::save(std::span<std::uint8_t> bytes) const {
    detectors::Writer writer(bytes.subspan(detectors::kFrameSize));
    Head mine = head();
    mine.visit(writer);
    detectors::Sizer sizer;
    mine.visit(sizer);
    const auto rest = bytes.subspan(detectors::kFrameSize + sizer.size());
    std::visit([rest](const auto& detector) { detector.save(rest); }, detector_);
    detectors::write_frame(bytes, kKind, kVersion);
}

bool AnomalyWatch::restore(std::span<const std::uint8_t> bytes) {
    Head was;
    detectors::Sizer sizer;
    was.visit(sizer);
    // How long the detector's own state is, is known to the detector: it reads those of older versions.
    if (bytes.size() < detectors::kFrameSize + sizer.size() || !detectors::frame_is(bytes, kKind, kVersion)) {
        return false;
    }
    detectors::Reader reader(bytes.subspan(detectors::kFrameSize));
    was.visit(reader);
    if (was.aspect >= detectors::kAspects || (!rule_->point && was.place >= rule_->points.size())) {
        return false;
    }
    const auto rest = bytes.subspan(detectors::kFrameSize + sizer.size());
    if (rule_->point) {
        const auto detector = PointDetector::restore(rest);
        if (!detector) {
            return false;
        }
        detector_ = *detector;
    } else {
        const auto detector = DeviceDetector::restore(rest);
        if (!detector) {
            return false;
        }
        detector_ = *detector;
    }
    judged_ = was.judged;
    in_event_ = was.in_event != 0;
    last_time_ = was.last_time;
    found_ = {static_cast<detectors::Aspect>(was.aspect),
              was.expected,
              was.low,
              was.high,
              was.score,
              point_at(was.place)};
    return true;
}

}  // namespace gengfu::rules
