#include "drivers/modbus/quarantine.hpp"

#include <algorithm>

namespace gengfu::drivers::modbus {

void Quarantine::owes(std::uint8_t unit, Monotonic request_end, Monotonic until) {
    if (!is_owing(unit) || request_end - first_end_[unit] > kLatest) {
        first_end_[unit] = request_end;
    }
    until_[unit] = until;
    request_end_[unit] = request_end;
    owing_.set(unit);
    const auto late = late_.find(unit);
    if (late != late_.end() && request_end - late->second.seen > kRemembered) {
        late_.erase(late);
    }
}

void Quarantine::owes_shape(std::uint8_t unit, const Shape& shape, bool telling) {
    Owed& owed = owed_[unit];
    std::erase(owed.shapes, shape);  // the last of its kind counts
    owed.shapes.push_back(shape);
    if (owed.shapes.size() > kMostShapes) {
        owed.shapes.erase(owed.shapes.begin());
    }
    owed.last_was_telling = telling;
}

void Quarantine::asked(std::uint8_t unit) {
    in_debt_.set(unit, is_owing(unit) || told_.test(unit));
    told_.reset(unit);
}

void Quarantine::paid(std::uint8_t unit, bool telling) {
    owing_.reset(unit);
    told_.set(unit, telling);
    const auto owed = owed_.find(unit);
    if (telling) {
        deaf_.erase(unit);
    } else if (owed != owed_.end() && owed->second.last_was_telling) {
        ++deaf_[unit];
    }
    if (owed != owed_.end()) {
        owed_.erase(owed);
    }
}

void Quarantine::came_late(std::uint8_t unit, const Came& came) {
    if (came.earliest <= until_[unit]) {
        return;  // as late as it may be, as far as is known
    }
    Late& late = late_[unit];
    late.seen = came.latest;
    // Which of the unanswered requests it is of nobody knows: that of the oldest is the safe side.
    late.by = std::max(late.by, std::min<Duration>(came.latest - first_end_[unit], kLatest));
}

std::span<const Shape> Quarantine::shapes_to_tell(std::uint8_t unit) const {
    const auto owed = owed_.find(unit);
    const auto deaf = deaf_.find(unit);
    const bool in_vain = deaf != deaf_.end() && deaf->second >= kDeafToTell;
    // Who was silent to one is asked in earnest next: it may answer no reads but those it knows.
    const bool wanted = owed != owed_.end() && !owed->second.last_was_telling && !in_vain;
    return wanted ? std::span<const Shape>(owed->second.shapes) : std::span<const Shape>();
}

bool Quarantine::is_owed(std::uint8_t unit, const Shape& shape) const {
    const auto owed = owed_.find(unit);
    return owed != owed_.end() && std::ranges::find(owed->second.shapes, shape) != owed->second.shapes.end();
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
