#include "drivers/modbus/quarantine.hpp"

#include <algorithm>

namespace gengfu::drivers::modbus {

void Quarantine::owes(std::uint8_t unit, Monotonic request_end, Monotonic until) {
    until_[unit] = until;
    request_end_[unit] = request_end;
    owing_.set(unit);
    const auto late = late_.find(unit);
    if (late != late_.end() && request_end - late->second.seen > kRemembered) {
        late_.erase(late);
    }
}

void Quarantine::asked(std::uint8_t unit) {
    in_debt_.set(unit, is_owing(unit));
}

void Quarantine::came_late(std::uint8_t unit, Monotonic came) {
    if (came <= until_[unit]) {
        return;  // as late as it may be
    }
    Late& late = late_[unit];
    late.seen = came;
    late.by = std::max(late.by, std::min<Duration>(came - request_end_[unit], kLatest));
}

Monotonic Quarantine::until(std::uint8_t unit) const {
    if (!is_owing(unit)) {
        return {};
    }
    const auto late = late_.find(unit);
    return late == late_.end() ? until_[unit]
                               : std::max(until_[unit], request_end_[unit] + late->second.by * 5 / 4);
}

}  // namespace gengfu::drivers::modbus
