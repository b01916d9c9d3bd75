#pragma once

#include <optional>
#include <span>

#include "daemon/config/site.hpp"

namespace gengfu::rules {

/// Whether a rule may raise now. Without a known time it may: a wrong alarm is better than one that never
/// comes. \param minute  of the week, from Monday 00:00 in the gateway's time zone
inline bool in_schedule(std::span<const config::WeekSpan> schedule, std::optional<int> minute) {
    if (schedule.empty() || !minute) {
        return true;
    }
    for (const config::WeekSpan& span : schedule) {
        if (*minute >= span.from && *minute < span.to) {
            return true;
        }
    }
    return false;
}

}  // namespace gengfu::rules
