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
Sample own_sample(PointId point, double value, Monotonic now) {
    Sample sample;
    sample.point = point;
    sample.quality = Quality::kGood;
    sample.value = value;
    sample.taken = now;
    return sample;
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
    std::vector<Sample> samples;
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]) {
            const std::vector<Sample> own = signs_.look(BusId{i}, workers_[i]->snapshot().load, clock_.now());
            samples.insert(samples.end(), own.begin(), own.end());
        }
    }
    judge_own(samples);
    look_at_actions();
}

}  // namespace gengfu
