#include "drivers/modbus/twin_watch.hpp"

#include <algorithm>

namespace gengfu::drivers::modbus {

void TwinWatch::reopened() {
    for (auto& [address, unit] : units_) {
        unit.met = false;
        unit.request_end = {};
        unit.last_answer = {};
    }
}

void TwinWatch::asked(std::uint8_t unit, Monotonic request_end, Duration longest) {
    Unit& one = units_[unit];
    // Asked once more, and so left alone after its first answer: see not_before().
    one.met = one.met || one.last_answer != Monotonic{};
    one.request_end = request_end;
    one.longest = longest;
}

void TwinWatch::unasked(std::uint8_t unit, Monotonic now, std::optional<Monotonic> came) {
    Unit& one = units_[unit];
    one.signs = now - one.last_sign > kSuspectFor ? 1 : one.signs + 1;
    one.last_sign = now;
    one.clean = 0;
    one.suspect = true;
    one.told = one.told || one.signs >= kSignsToTell;
    if (came) {
        // It may be of an earlier request yet: then the next shows how late it can be.
        const Duration lag = std::min<Duration>(*came - one.request_end, kFarthest);
        one.reach = std::max<Duration>(one.reach, lag + lag / 4);
    }
}

bool TwinWatch::must_hear_out(std::uint8_t unit, Duration response, Monotonic now) const {
    const Unit* const one = find(unit);
    if (one == nullptr || one->suspect) {
        return one != nullptr;
    }
    // What comes long after the answer before it cannot be a second one to the same request.
    const bool soon_after = one->last_answer != Monotonic{} && now - one->last_answer < one->longest;
    return soon_after && one->answers >= kAnswersToKnow &&
           one->quickest - response > std::max<Duration>(kMuchSooner, one->quickest / 2);
}

Monotonic TwinWatch::hear_until(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    return one == nullptr ? Monotonic{} : one->request_end + std::max(one->longest, one->reach);
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
        one.reach = {};
    }
}

void TwinWatch::unclear(std::uint8_t unit) {
    const auto found = units_.find(unit);
    if (found != units_.end()) {
        found->second.clean = 0;
    }
}

Monotonic TwinWatch::not_before(std::uint8_t unit) const {
    const Unit* const one = find(unit);
    const bool must = one != nullptr && (one->suspect || (one->last_answer != Monotonic{} && !one->met));
    return must && one->request_end != Monotonic{} ? hear_until(unit) : Monotonic{};
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
