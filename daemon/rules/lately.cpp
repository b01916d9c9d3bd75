#include "daemon/rules/lately.hpp"

namespace gengfu::rules {

void Lately::note(Monotonic taken, const Axes& value, Duration window) {
    if (count_ > 0 && taken - at(count_ - 1U).taken < window / kMost) {
        return;
    }
    values_.at(next_) = {
        taken, {static_cast<float>(value[0]), static_cast<float>(value[1]), static_cast<float>(value[2])}};
    next_ = static_cast<std::uint8_t>((next_ + 1) % kMost);
    count_ = static_cast<std::uint8_t>(std::min<std::size_t>(count_ + 1U, kMost));
}

Lately::Seen Lately::look(Monotonic now, Duration window) const {
    Seen seen;
    for (std::size_t i = 0; i < count_; ++i) {
        const Value& value = at(i);
        if (value.taken < now - window) {
            continue;
        }
        seen.over = seen.values == 0 ? now - value.taken : seen.over;
        ++seen.values;
        seen.mean = towards(seen.mean, value.axes(), 1 / static_cast<double>(seen.values));
    }
    seen.enough = seen.values >= kFewest && seen.over >= window / 2;
    return seen;
}

}  // namespace gengfu::rules
