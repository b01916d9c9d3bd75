// What many silences have in common, and what the lines say of themselves.
#include <algorithm>
#include <map>
#include <utility>

#include "daemon/alarms/renamed_lines.hpp"
#include "daemon/alarms/standing_causes.hpp"
#include "daemon/config/self_lines.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"

namespace gengfu {

namespace {

/// The gateway's own points of its lines are judged so many looks apart while nothing changes; a look a
/// second.
constexpr unsigned kLooksPerSample = 5;

}  // namespace

/// A line that is down and has got another name is the same outage.
void Pipeline::follow_renames() {
    for (const alarms::RenamedLine& line : alarms::renamed_lines(table_.standing(), site_)) {
        const std::string was = table_.find(line.alarm)->key.point;
        if (table_.move(line.alarm, line.rule)) {
            const std::string now = table_.find(line.alarm)->key.point;
            log::info("告警 " + was + " 现为 " + now + ":线路改名,故障仍在",
                      "the alarm of " + was + " is that of " + now + " now: it is down under another name");
        }
    }
}

/// Silences and causes that stand from an earlier run are no news.
void Pipeline::begin_causes() {
    alarms::begin_causes(causes_, table_.standing(), site_);
}

std::set<BusId> Pipeline::finds_silence(const std::vector<rules::Verdict>& verdicts) const {
    std::set<BusId> on;
    for (const rules::Verdict& verdict : verdicts) {
        const config::Rule& rule = site_.rules[verdict.rule.value];
        if (verdict.change == rules::Change::kRaised && rule.kind == config::RuleKind::kSilent) {
            on.insert(site_.device(rule.device).bus);
        }
    }
    return on;
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

/// A line whose worker hangs brings nothing: neither values nor failures. What a rule, or the watch of
/// causes, would find to be silent by it is told as that, once, with the sensors behind it.
void Pipeline::look_at_hangs(const std::set<BusId>& missed, alarms::CauseWatch::Patience patience) {
    const Monotonic now = clock_.now();
    std::vector<Sample> samples;
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        const BusId bus{i};
        if (workers_[i]) {
            signs_.rests(bus, workers_[i]->rests_until());
        }
        const bool suspect = workers_[i] && now >= lent_until_[i] && signs_.is_suspect(bus, now);
        causes_.set_hung(bus, suspect);
        if (!suspect) {
            continue;
        }
        const std::size_t silent = causes_.silent_on(bus, now, patience).size();
        const bool whole = silent >= 2 && silent == causes_.devices_on(bus);
        const bool news = (missed.contains(bus) || whole) && !causes_.stands(bus);
        const auto rule = config::own_rule(site_, name_of(config::LinePoint::kStuck, site_.bus(bus)));
        if (!rule || (!news && !table_.is_active(*rule))) {
            continue;
        }
        std::vector<std::string> behind;
        for (const DeviceId device : causes_.silent_on(bus, now, alarms::CauseWatch::Patience::kSuspicion)) {
            behind.push_back(site_.device(device).name);
        }
        table_.set_behind(*rule, behind);
        if (const auto sample = signs_.convict(bus, now)) {
            samples.push_back(*sample);
        }
    }
    if (!samples.empty()) {
        judge_own(samples);
    }
}

WhatCame Pipeline::what_came(const std::vector<DeviceId>& silent) const {
    std::map<BusId, sampling::BusSnapshot> seen;  // a copy of each, not one for each device
    WhatCame came;
    for (const DeviceId device : silent) {
        const BusId bus = site_.device(device).bus;
        if (!workers_[bus.value]) {
            continue;
        }
        const auto [known, is_new] = seen.try_emplace(bus);
        if (is_new) {
            known->second = workers_[bus.value]->snapshot();
        }
        if (const sampling::UnitTraffic* unit = unit_of(site_, device, known->second)) {
            came.add(*unit);
        }
    }
    return came;
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
    std::vector<rules::Verdict> anew;
    for (const alarms::CauseWatch::Finding& finding : causes_.look(now, patience)) {
        if (finding.silent == 0 && !finding.changed && line_looks_ % kLooksPerSample != 0) {
            continue;
        }
        std::vector<std::string> behind;
        for (const DeviceId device : finding.behind) {
            behind.push_back(site_.device(device).name);
        }
        const std::optional<RuleId> rule = config::own_rule(site_, finding.point);
        if (rule) {
            table_.set_behind(*rule, behind);
            table_.set_detail(*rule, words_of(what_came(finding.behind), finding.of));
        }
        samples.push_back(own_sample(finding.point, static_cast<double>(finding.silent), now));
        if (finding.anew && rule && table_.is_active(*rule)) {  // for the judge that is no change
            anew.push_back(own_verdict(*rule, samples.back(), now));
        }
    }
    judge_own(samples);
    raise_anew(anew);
}

/// For what stands already and is news all the same.
void Pipeline::raise_anew(const std::vector<rules::Verdict>& verdicts) {
    for (const rules::Verdict& verdict : verdicts) {
        if (const auto raised = table_.raise_anew(verdict, stamp(), publisher_->next_event_sequence())) {
            transition(*raised);
        }
    }
    if (!verdicts.empty()) {
        settle_alarms();
    }
}

rules::Verdict Pipeline::own_verdict(RuleId rule, const Sample& sample, Monotonic now) const {
    return {.rule = rule,
            .severity = site_.rules[rule.value].levels.front().severity,
            .sample = sample,
            .limit = 1,
            .at = now,
            .value = sample.value,
            .anomaly = {}};
}

void Pipeline::look_at_lines() {
    ++line_looks_;
    look_at_hangs({}, alarms::CauseWatch::Patience::kSteady);
    look_at_causes(alarms::CauseWatch::Patience::kSteady);
    if (line_looks_ % kLooksPerSample != 0) {
        return;
    }
    std::vector<Sample> samples;
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]) {
            const sampling::BusSnapshot seen = workers_[i]->snapshot();
            const Duration late = look_at_promise(BusId{i}, seen);
            const std::vector<Sample> own =
                signs_.look(BusId{i}, seen.load, late, look_at_addresses(BusId{i}, seen), clock_.now());
            samples.insert(samples.end(), own.begin(), own.end());
        }
    }
    judge_own(samples);
    look_at_actions();
}

/// \return devices at whose address another answers
std::size_t Pipeline::look_at_addresses(BusId bus, const sampling::BusSnapshot& seen) {
    std::size_t shared = 0;
    bool is_news = false;
    std::string names;
    std::vector<std::string> behind;
    std::size_t position = 0;
    for (std::uint32_t i = 0; i < site_.devices.size(); ++i) {
        const config::Device& device = site_.devices[i];
        if (device.bus != bus || position >= seen.units.size()) {
            continue;
        }
        const bool two = seen.units[position++].two_answer;
        if (two) {
            ++shared;
            behind.push_back(device.name);
            names += (names.empty() ? "" : ", ") + device.name + " (" + std::to_string(device.unit) + ")";
        }
        if (two != shared_addresses_.contains(DeviceId{i})) {
            tell_address(device, two);
            is_news = is_news || two;
            two ? static_cast<void>(shared_addresses_.insert(DeviceId{i}))
                : static_cast<void>(shared_addresses_.erase(DeviceId{i}));
        }
    }
    const auto rule = config::own_rule(site_, name_of(config::LinePoint::kAddress, site_.bus(bus)));
    if (rule && shared > 0) {
        table_.set_detail(*rule, {":" + names, ": " + names});
        table_.set_behind(*rule, std::move(behind));
        // One address more is no change of a rule that stands, and somebody must go there, too.
        const auto point = config::own_point(site_, name_of(config::LinePoint::kAddress, site_.bus(bus)));
        if (is_news && point && table_.is_active(*rule)) {
            const Monotonic now = clock_.now();
            raise_anew({own_verdict(*rule, own_sample(*point, static_cast<double>(shared), now), now)});
        }
    }
    return shared;
}

void Pipeline::tell_address(const config::Device& device, bool two) const {
    const std::string where = "bus " + site_.bus(device.bus).name + " unit " + std::to_string(device.unit);
    const std::string zh = "总线 " + site_.bus(device.bus).name + " 地址 " + std::to_string(device.unit);
    if (two) {
        log::warning(zh + " 有两台设备应答," + device.name +
                         " 的读数不可信:运行 gengfu scan 查找,再用 gengfu address "
                         "改地址;也可能另有主站,或别的设备以此地址应答",
                     where + ": two answer at this address, so that nothing read from " + device.name +
                         " is believed: see `gengfu scan`, then `gengfu address`; it may also be another "
                         "master on the line, or another unit that answers under this number");
    } else {
        log::info(zh + " 只有一台设备应答:" + device.name + " 恢复可信",
                  where + ": only one answers at this address: " + device.name + " is believed again");
    }
}

/// \return how late a change may be seen, where that is beyond what is promised
Duration Pipeline::look_at_promise(BusId bus, const sampling::BusSnapshot& seen) {
    const bool stood = promises_.last(bus).has_value();
    const std::optional<sampling::BrokenPromise>& broken = promises_.look(bus, seen);
    if (!broken) {
        return {};
    }
    const config::Text words = sampling::words_of(site_, *broken);
    if (const auto rule = config::own_rule(site_, name_of(config::LinePoint::kLate, site_.bus(bus)))) {
        table_.set_detail(*rule, {":" + words.zh, ": " + words.en});
    }
    if (!stood) {
        log::warning("总线 " + site_.bus(bus).name + " 慢于承诺:" + words.zh,
                     "bus " + site_.bus(bus).name + " is slower than promised: " + words.en);
    }
    return std::min<Duration>(broken->worst, std::chrono::hours(1));
}

}  // namespace gengfu
