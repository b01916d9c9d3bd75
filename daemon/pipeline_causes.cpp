// What many silences have in common, and what the lines say of themselves.
#include <algorithm>
#include <utility>

#include "daemon/config/self_lines.hpp"
#include "daemon/pipeline.hpp"

namespace gengfu {

namespace {

/// The gateway's own points of its lines are judged so many looks apart while nothing changes; a look a
/// second.
constexpr unsigned kLooksPerSample = 5;
/// A worker brings something for each request of its plan. Nothing for this, and for five of the shortest
/// intervals on its line, means that it hangs.
constexpr Duration kStuckAfter = std::chrono::seconds(60);
constexpr int kStuckIntervals = 5;

Sample own_sample(PointId point, double value, Monotonic now) {
    Sample sample;
    sample.point = point;
    sample.quality = Quality::kGood;
    sample.value = value;
    sample.taken = now;
    return sample;
}

std::optional<Duration> shortest_interval(const config::Site& site, BusId bus) {
    std::optional<Duration> shortest;
    for (const config::Device& device : site.devices) {
        if (device.bus == bus) {
            shortest = std::min(shortest.value_or(device.interval), device.interval);
        }
    }
    return shortest;
}

}  // namespace

/// Silences that stand from an earlier run are no news.
void Pipeline::begin_causes() {
    for (const alarms::Alarm* alarm : table_.standing()) {
        if (!alarm->active || alarm->evidence.kind != config::RuleKind::kSilent) {
            continue;
        }
        for (std::uint32_t i = 0; i < site_.devices.size(); ++i) {
            if (site_.devices[i].name == alarm->key.device) {
                causes_.known_silent(DeviceId{i});
            }
        }
    }
}

bool Pipeline::finds_silence(const std::vector<rules::Verdict>& verdicts) const {
    return std::any_of(verdicts.begin(), verdicts.end(), [this](const rules::Verdict& verdict) {
        return verdict.change == rules::Change::kRaised &&
               site_.rules[verdict.rule.value].kind == config::RuleKind::kSilent;
    });
}

void Pipeline::judge_own(const std::vector<Sample>& samples) {
    std::vector<rules::Verdict> verdicts;  // not the member: apply() may be under way over that
    for (const Sample& sample : samples) {
        surroundings_.observe(sample);
        judge_.observe(sample, verdicts);
    }
    apply(verdicts);
    publisher_->samples(samples);
}

void Pipeline::look_at_causes(alarms::CauseWatch::Patience patience) {
    const Monotonic now = clock_.now();
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]) {
            causes_.set_line(BusId{i}, workers_[i]->snapshot().kind == sampling::LineTrouble::kNone);
            causes_.set_lent(BusId{i}, now < lent_until_[i]);
        }
    }
    std::vector<Sample> samples;
    for (alarms::CauseWatch::Finding& finding : causes_.look(now, patience)) {
        if (finding.silent == 0 && line_looks_ % kLooksPerSample != 0) {
            continue;
        }
        std::vector<std::string> behind;
        for (const DeviceId device : finding.behind) {
            behind.push_back(site_.device(device).name);
        }
        for (std::uint32_t i = 0; i < site_.rules.size(); ++i) {
            if (site_.rules[i].point == finding.point) {
                table_.set_behind(RuleId{i}, behind);
            }
        }
        samples.push_back(own_sample(finding.point, static_cast<double>(finding.silent), now));
    }
    judge_own(samples);
}

void Pipeline::look_at_lines() {
    ++line_looks_;
    look_at_causes(alarms::CauseWatch::Patience::kSteady);
    if (line_looks_ % kLooksPerSample != 0) {
        return;
    }
    const Monotonic now = clock_.now();
    std::vector<Sample> samples;
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        const std::optional<Duration> interval = shortest_interval(site_, BusId{i});
        const auto load = config::own_point(site_, name_of(config::LinePoint::kLoad, site_.buses[i]));
        const auto stuck = config::own_point(site_, name_of(config::LinePoint::kStuck, site_.buses[i]));
        if (!workers_[i] || !interval || !load || !stuck) {
            continue;
        }
        samples.push_back(own_sample(*load, workers_[i]->snapshot().load * 100, now));
        const Duration nothing = now - last_batch_[i];
        const bool hangs = nothing >= std::max(kStuckAfter, *interval * kStuckIntervals);
        samples.push_back(
            own_sample(*stuck, hangs ? std::chrono::duration<double>(nothing).count() : 0, now));
    }
    judge_own(samples);
    look_at_actions();
}

}  // namespace gengfu
