#include "daemon/alarms/actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/alarms/describe.hpp"
#include "daemon/alarms/hold.hpp"
#include "daemon/alarms/read_back.hpp"
#include "daemon/config/find_device.hpp"
#include "daemon/config/self_actions.hpp"
#include "daemon/config/values.hpp"
#include "daemon/core/decimal.hpp"

namespace gengfu::alarms {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
/// A unit that does not answer is tried again after 1, 2, 4, ... s, and then for ever so often: what is on
/// must come off, also when a line is mended hours later.
constexpr std::int64_t kLongestPauseUs = 30 * kSecondUs;
constexpr unsigned kLongestShift = 5;

std::int64_t pause_us(unsigned tries) {
    return std::min(kSecondUs << std::min(tries - 1, kLongestShift), kLongestPauseUs);
}

bool asks(const Alarm& alarm) {
    return alarm.active && !alarm.removed && !alarm.shelved && !alarm.out_of_service;
}

/// Why an alarm does not ask any more.
ActionEnd end_of(const Alarm& alarm) {
    return alarm.removed ? ActionEnd::kRemoved : alarm.active ? ActionEnd::kHeld : ActionEnd::kCleared;
}

std::int64_t microseconds_of(Monotonic when) {
    return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

Stamp carried(const Stamp& since, const Stamp& until, const Stamp& last, const Stamp& now) {
    return *carried_over(Hold{.since = since, .expires = until}, last, now).expires;
}

}  // namespace

void note_ends(std::vector<KeptOutput>& kept, const Alarm& later) {
    if (asks(later)) {
        return;
    }
    for (KeptOutput& output : kept) {
        for (KeptClaim& claim : output.claims) {
            claim.ended = claim.ended || claim.alarm == later.id;
        }
    }
}

Actions::Actions(const config::Site& site) : site_(&site) {
    for (const config::Rule& rule : site.rules) {
        if (!rule.action) {
            continue;
        }
        actions_[key_of(site, rule)] = &*rule.action;
        if (rule.point) {
            judged_by_.emplace(*rule.point, &*rule.action);
        }
        Output& output = outputs_[{rule.action->device, rule.action->reg}];
        output.on = rule.action->on;
        output.off = rule.action->off;
        if (const auto back = read_back(site, *rule.action)) {
            read_back_.insert_or_assign(back->point,
                                        std::pair(Id{rule.action->device, rule.action->reg}, back->on));
        }
    }
}

const config::Action* Actions::action_of(const Key& key) const {
    const auto found = actions_.find(key);
    return found == actions_.end() ? nullptr : found->second;
}

bool Actions::claim(const Alarm& alarm, const config::Action& action, const Stamp& at) {
    Output& output = outputs_[{action.device, action.reg}];
    const auto [known, fresh] = output.claims.try_emplace(alarm.key);
    const bool same = !fresh && known->second.alarm == alarm.id;
    // One that chatters stays active while its condition comes and goes: the next danger is a new one.
    if (same && (!known->second.spent || alarm.raises == known->second.raises)) {
        known->second.raises = alarm.raises;
        return false;
    }
    known->second = {alarm.id, at, later(at, action.lasts), false, alarm.raises};
    output.unheard_until_us = 0;
    return true;
}

std::vector<std::string> Actions::restore(const std::vector<KeptOutput>& kept,
                                          const std::vector<const Alarm*>& standing, const Stamp& last,
                                          const Stamp& now) {
    std::map<Key, const Alarm*> asking;
    for (const Alarm* alarm : standing) {
        if (asks(*alarm)) {
            asking[alarm->key] = alarm;
        }
    }
    std::vector<std::string> unknown;
    for (const KeptOutput& each : kept) {
        const std::optional<DeviceId> device = config::find_device(*site_, each.device);
        if (!device) {
            unknown.push_back(each.device + " " + config::to_text(each.reg));
            continue;
        }
        const auto [position, gone] = outputs_.try_emplace(Id{*device, each.reg});
        Output& output = position->second;
        output.touched = each.touched;
        output.told = each.touched;
        output.off = gone ? each.off : output.off;
        output.because = each.because;
        output.alarm = each.alarm;
        const auto last_one = std::find_if(standing.begin(), standing.end(), [&](const Alarm* alarm) {
            return each.alarm && alarm->id == *each.alarm && !asks(*alarm);
        });
        output.end = last_one == standing.end() ? ActionEnd::kUnasked : end_of(**last_one);
        for (const KeptClaim& one : each.claims) {
            const config::Action* const action = action_of(one.key);
            const auto alarm = asking.find(one.key);
            const bool same = action != nullptr && action->device == *device && action->reg == each.reg;
            if (!same || alarm == asking.end() || alarm->second->id != one.alarm) {
                continue;
            }
            // By the time of now: somebody may have given the action another since. Over a boot it is kept.
            const Stamp since = one.ended ? now : one.since;
            const bool counts_on = one.ended || one.since.boot == one.until.boot;
            const Stamp until = carried(since, counts_on ? later(since, action->lasts) : one.until,
                                        one.ended ? now : last, now);
            output.claims[one.key] = {one.alarm, since, until, one.spent && !one.ended,
                                      alarm->second->raises};
        }
    }
    // An alarm that was raised after the last book, or whose action is new.
    for (const auto& [key, alarm] : asking) {
        const config::Action* const action = action_of(key);
        if (action == nullptr) {
            continue;
        }
        Output& output = outputs_[{action->device, action->reg}];
        const Stamp until = carried(alarm->raised, later(alarm->raised, action->lasts), last, now);
        const bool fresh =
            output.claims.try_emplace(key, Claim{alarm->id, alarm->raised, until, false, alarm->raises})
                .second;
        if (fresh &&
            until.monotonic_us > now.monotonic_us) {  // written on, perhaps, and killed before the book
            output.touched = true;
            output.told = true;
        }
    }
    const std::int64_t at_the_latest =
        later(now, std::chrono::duration_cast<Duration>(kFirstReading)).monotonic_us;
    for (auto& [id, output] : outputs_) {
        if (output.touched || !output.claims.empty()) {
            output.unheard_until_us = at_the_latest;
        }
    }
    return unknown;
}

bool Actions::observe(const Alarm& alarm, const Stamp& at) {
    const config::Action* const action = action_of(alarm.key);
    if (action != nullptr && asks(alarm)) {
        // What a cause explains from the start is no danger of its own; it is when the cause is gone.
        return !alarm.suppressed && claim(alarm, *action, at);
    }
    bool any = false;
    for (auto& [id, output] : outputs_) {
        const auto found = output.claims.find(alarm.key);
        if (found == output.claims.end() || found->second.alarm != alarm.id) {
            continue;
        }
        output.because = alarm.key;
        output.alarm = alarm.id;
        output.end = end_of(alarm);
        output.claims.erase(found);
        any = true;
    }
    return any;
}

bool Actions::asked_for(Output& output, const Stamp& at) const {
    bool asked = false;
    for (auto& [key, claim] : output.claims) {
        const bool over = claim.until.boot != at.boot || at.monotonic_us >= claim.until.monotonic_us;
        if (!claim.spent && over) {
            claim.spent = true;
            output.because = key;
            output.alarm = claim.alarm;
            output.end = ActionEnd::kTimeOver;
        }
        asked = asked || !claim.spent;
    }
    if (asked && released_) {
        output.end = ActionEnd::kStopping;
    }
    return asked && !released_;
}

std::vector<ActionWrite> Actions::due(const Stamp& at) {
    std::vector<ActionWrite> writes;
    for (auto& [id, output] : outputs_) {
        const bool on = asked_for(output, at);
        if (output.in_flight) {
            continue;
        }
        if (on ? output.surely_on : !output.touched) {
            output.tries = output.unmended = 0;
            continue;
        }
        if (on && at.monotonic_us < output.unheard_until_us) {
            continue;
        }
        if (output.trying != on) {
            output.trying = on;
            output.unmended = std::max(output.unmended, output.tries);
            output.tries = 0;
            output.not_before_us = at.monotonic_us;
        }
        if (at.monotonic_us < output.not_before_us) {
            continue;
        }
        output.in_flight = on;
        output.was_touched = output.touched;
        output.surely_on = false;
        output.touched = true;
        writes.push_back({id.first, id.second, on ? output.on : output.off, on});
    }
    return writes;
}

std::optional<ActionNews> Actions::wrote(const ActionWrite& write, const Result<void>& how, const Stamp& at) {
    const auto found = outputs_.find({write.device, write.reg});
    if (found == outputs_.end() || found->second.in_flight != write.on) {
        return std::nullopt;
    }
    Output& output = found->second;
    output.in_flight.reset();
    if (!how && how.error().code == Errc::kInterrupted) {  // it was not asked
        output.touched = output.was_touched;
        return std::nullopt;
    }
    ActionNews news{.write = write, .end = output.end};
    if (write.on) {
        for (const auto& [key, claim] : output.claims) {
            if (!claim.spent && (!news.until || news.until->monotonic_us < claim.until.monotonic_us)) {
                news.until = claim.until;
                output.because = key;
                output.alarm = claim.alarm;
            }
        }
    }
    news.because = output.because;
    news.alarm = output.alarm;
    if (!how) {
        ++output.tries;
        output.not_before_us = at.monotonic_us + pause_us(output.tries);
        news.failed = true;
        news.error = how.error();
        return output.tries == config::kActionTriesTold ? std::optional(std::move(news)) : std::nullopt;
    }
    output.tries = output.unmended = 0;
    output.trying.reset();
    output.surely_on = write.on;
    output.touched = write.on;
    output.confirmed_us = at.monotonic_us;
    output.drops = write.on ? output.drops : 0;
    output.drop_told = write.on && output.drop_told;
    if (output.told.value_or(false) == write.on) {
        return std::nullopt;  // written anew; or it never was on
    }
    output.told = write.on;
    return news;
}

void Actions::back(DeviceId device) {
    for (auto& [id, output] : outputs_) {
        if (id.first == device) {
            output.surely_on = false;
            output.not_before_us = 0;
        }
    }
}

bool Actions::heard(const Sample& sample) {
    bool any = false;
    if (sample.quality == Quality::kGood) {
        const auto [first, last] = judged_by_.equal_range(sample.point);
        for (auto each = first; each != last; ++each) {
            Output& output = outputs_[{each->second->device, each->second->reg}];
            any = std::exchange(output.unheard_until_us, 0) != 0 || any;
        }
    }
    return any;
}

Actions::Seen Actions::seen(const Sample& sample, const Stamp& at) {
    const auto known = read_back_.find(sample.point);
    if (known == read_back_.end() || sample.quality == Quality::kBad) {
        return {};
    }
    const auto& [id, on] = known->second;
    Output& output = outputs_[id];
    // What was read before the unit confirmed says nothing.
    if (!output.surely_on || output.in_flight || microseconds_of(sample.taken) <= output.confirmed_us) {
        return {};
    }
    if (is_at(sample.value, on)) {
        output.drops = 0;
        return {};
    }
    ++output.drops;
    output.surely_on = false;
    output.trying = true;
    output.not_before_us = output.drops == 1 ? at.monotonic_us : at.monotonic_us + pause_us(output.drops - 1);
    ActionNews news{.write = {id.first, id.second, output.on, true}, .lost = true};
    news.because = output.because;
    news.alarm = output.alarm;
    news.error = {Errc::kRefused, fmt::format("it took the write, and then reads {:g}", sample.value)};
    if (output.drops == config::kActionTriesTold) {
        news.failed = true;
        return {true, std::move(news)};
    }
    return {true, std::exchange(output.drop_told, true) ? std::nullopt : std::optional(std::move(news))};
}

std::optional<Stamp> Actions::wanted_until(DeviceId device, config::Register reg, const Stamp& at) const {
    const auto found = outputs_.find({device, reg});
    std::optional<Stamp> until;
    if (found == outputs_.end() || released_) {
        return until;
    }
    for (const auto& [key, claim] : found->second.claims) {
        const bool over =
            claim.spent || claim.until.boot != at.boot || at.monotonic_us >= claim.until.monotonic_us;
        if (!over && (!until || until->monotonic_us < claim.until.monotonic_us)) {
            until = claim.until;
        }
    }
    return until;
}

bool Actions::at_rest() const {
    return std::none_of(outputs_.begin(), outputs_.end(),
                        [](const auto& each) { return each.second.touched || each.second.in_flight; });
}

unsigned Actions::failures(DeviceId device, config::Register reg) const {
    const auto found = outputs_.find({device, reg});
    return found == outputs_.end()
               ? 0
               : std::max({found->second.tries, found->second.unmended, found->second.drops});
}

bool Actions::repeats(DeviceId device, config::Register reg) const {
    const auto found = outputs_.find({device, reg});
    return found != outputs_.end() && (found->second.tries > 0 || found->second.drops > 0);
}

std::vector<KeptOutput> Actions::kept() const {
    std::vector<KeptOutput> out;
    for (const auto& [id, output] : outputs_) {
        if (!output.touched && output.claims.empty()) {
            continue;
        }
        KeptOutput one{site_->device(id.first).name,
                       id.second,
                       output.off,
                       output.touched,
                       output.because,
                       output.alarm,
                       {}};
        for (const auto& [key, claim] : output.claims) {
            one.claims.push_back({key, claim.alarm, claim.since, claim.until, claim.spent});
        }
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace gengfu::alarms
