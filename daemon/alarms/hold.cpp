#include "daemon/alarms/hold.hpp"

#include <algorithm>

namespace gengfu::alarms {

using std::chrono::microseconds;

Stamp later(const Stamp& at, Duration by) {
    const auto us = std::chrono::duration_cast<microseconds>(by);
    Stamp after = at;
    after.monotonic_us += us.count();
    if (after.wall) {
        *after.wall += us;
    }
    return after;
}

bool expired(const Hold& hold, const Stamp& now) {
    return hold.expires && (hold.expires->boot != now.boot || now.monotonic_us >= hold.expires->monotonic_us);
}

Hold carried_over(Hold hold, const Stamp& last, const Stamp& now) {
    if (!hold.expires || hold.expires->boot == now.boot) {
        return hold;
    }
    // A checkpoint of yet another boot says nothing about this hold: its beginning does, when it is of the
    // hold's boot.
    const Stamp& known = last.boot == hold.expires->boot ? last : hold.since;
    const bool trusted =
        known.boot == hold.expires->boot && known.wall && now.wall && *now.wall >= *known.wall;
    if (!trusted) {
        hold.expires = now;
        return hold;
    }
    const microseconds left{hold.expires->monotonic_us - known.monotonic_us};
    const microseconds passed = *now.wall - *known.wall;
    hold.expires = later(now, std::max(left - passed, microseconds::zero()));
    return hold;
}

}  // namespace gengfu::alarms
