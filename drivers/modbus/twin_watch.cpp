#include "drivers/modbus/twin_watch.hpp"

#include <algorithm>

namespace gengfu::drivers::modbus {

void TwinWatch::reopened() {
    no_baud_ = false;
    for (auto& [address, unit] : units_) {
        unit.met = false;
        unit.meetings = 0;
        unit.request_end = {};
        unit.last_answer = {};
        unit.quick = false;
        unit.too_early = 0;
    }
}

void TwinWatch::asked(std::uint8_t unit, Monotonic request_end, Duration longest) {
    Unit& one = units_[unit];
    if (!one.met && one.last_answer != Monotonic{}) {  // it was left alone: see not_before()
        ++one.meetings;
        one.met = last_disturbed_ < one.request_end || one.meetings >= 2 * kMeetings;
    }
    one.previous_end = one.request_end;
    one.request_end = request_end;
    one.longest = longest;
    one.wary = false;
}

bool TwinWatch::may_have_more(std::uint8_t unit, Monotonic when) const {
    const Unit* const one = find(unit);
    return one != nullptr && one->last_answer != Monotonic{} && !one->met && when >= one->request_end &&
           when <= one->request_end + one->longest;
}

void TwinWatch::suspected(std::uint8_t unit, Monotonic now) {
    Unit& one = units_[unit];
    one.signs = one.suspect ? one.signs : 0;
    one.suspect = true;
    one.reach_known = false;
    one.last_sign = now;
    one.clean = 0;
}

void TwinWatch::unasked(std::uint8_t unit, Monotonic now, std::optional<Monotonic> came) {
    Unit& one = units_[unit];
    one.signs = now - one.last_sign > kSuspectFor ? 1 : one.signs + 1;
    one.last_sign = now;
    one.clean = 0;
    one.suspect = true;
    one.told = one.told || one.signs >= kSignsToTell;
    one.too_early = 0;  // there is somebody whose answers they can be
    // Where the unit was asked twice within its longest turnaround, the frame may be of the earlier request.
    one.reach_known = came && *came - one.previous_end > one.longest;
    if (one.reach_known) {
        const Duration lag = std::min<Duration>(*came - one.request_end, one.longest);
        one.reach = std::max<Duration>(one.reach, lag + lag / 4);
    }
}

TwinWatch::Doubt TwinWatch::doubt(std::uint8_t unit, Duration response) const {
    const Unit* const one = find(unit);
    if (one == nullptr) {
        return Doubt::kNone;
    }
    // The first one after the line was opened cannot be a second one to a request before.
    const bool bound = silent_ > Duration::zero() && one->last_answer != Monotonic{} && !no_baud_;
    if (bound && response < Duration::zero()) {
        return Doubt::kTooEarly;
    }
    const Duration took = std::max(response, Duration::zero());
    const bool much_sooner = one->answers >= kAnswersToKnow &&
                             one->quickest - took > std::max<Duration>(kMuchSooner, one->quickest / 4);
    const bool never_met = !one->met && one->meetings >= kMeetings;
    const bool doubted =
        one->suspect || never_met || much_sooner || (bound && !one->quick && response < silent_);
    return doubted ? Doubt::kAnother : Doubt::kNone;
}

bool TwinWatch::alone_too_early(std::uint8_t unit, Monotonic now) {
    Unit& one = units_[unit];
    if (++one.too_early >= kTooEarlyToBelieve) {
        one.suspect = one.suspect && one.signs > 0;
        return true;
    }
    // From now on it is left alone until whatever it still sends has come, and is seen for what it is.
    suspected(unit, now);
    return false;
}

Monotonic TwinWatch::hear_until(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    if (one == nullptr) {
        return {};
    }
    const bool known = one->suspect && one->reach_known && one->signs >= kSignsToReach;
    return one->request_end + (known ? std::min(one->reach, one->longest) : one->longest);
}

void TwinWatch::answered(std::uint8_t unit, Duration response, Monotonic now) {
    const auto found = units_.find(unit);
    if (found == units_.end()) {
        return;
    }
    Unit& one = found->second;
    const Duration took = std::max(response, Duration::zero());
    const bool sooner = one.answers == 0 || took < one.quickest;
    one.quickest = sooner ? took : one.quickest + (took - one.quickest) / 256;
    one.answers = std::min(one.answers + 1, kAnswersToKnow);
    one.quick = one.quick || response < silent_;
    no_baud_ = no_baud_ || response < Duration::zero();
    one.first = one.last_answer == Monotonic{} ? took : one.first;
    one.met = one.met || one.meetings >= kMeetings;  // it was heard out
    one.last_answer = now;
}

void TwinWatch::alone(std::uint8_t unit, Monotonic now) {
    const auto found = units_.find(unit);
    if (found == units_.end() || !found->second.suspect) {
        return;
    }
    Unit& one = found->second;
    one.clean = std::min(one.clean + 1, kCleanToHeal);
    if (one.clean >= kCleanToHeal && now - one.last_sign >= kSuspectFor) {
        one.suspect = one.told = false;
        one.signs = 0;
        one.reach_known = false;
        one.reach = {};
    }
}

void TwinWatch::unclear(std::uint8_t unit) {
    const auto found = units_.find(unit);
    if (found != units_.end()) {
        found->second.clean = 0;
        found->second.wary = true;
    }
}

Monotonic TwinWatch::not_before(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    if (one == nullptr || one->request_end == Monotonic{}) {
        return {};
    }
    if (one->suspect) {
        return hear_until(unit);
    }
    if (!one->met && (one->last_answer != Monotonic{} || one->wary)) {
        return one->request_end + one->longest;
    }
    return one->wary
               ? one->request_end + std::min<Duration>(one->longest, kWaryTimes * one->first + kWaryMore)
               : Monotonic{};
}

bool TwinWatch::is_unproven(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    return one != nullptr && one->last_answer != Monotonic{} && !one->met && !one->suspect;
}

bool TwinWatch::is_told(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    return one != nullptr && one->told;
}

const TwinWatch::Unit* TwinWatch::find(std::uint8_t unit) const {
    const auto found = units_.find(unit);
    return found == units_.end() ? nullptr : &found->second;
}

}  // namespace gengfu::drivers::modbus
