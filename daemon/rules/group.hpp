#pragma once

#include <cstdint>
#include <span>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::rules {

/// What is known of a condition. A rule whose sensor is silent, or that has not judged anything since the
/// start, is unknown: neither it nor its contrary may raise or clear anything.
enum class Truth : std::uint8_t { kFalse, kUnknown, kTrue };

constexpr Truth operator!(Truth truth) {
    return truth == Truth::kUnknown ? Truth::kUnknown
                                    : (truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue);
}

/// `all`, `any` or `count` over its members' truths (negation applied), by Kleene's logic.
Truth group(const config::Rule& rule, std::span<const Truth> members);
/// How many members are true, and how many must be: evidence.
struct GroupCount {
    int have = 0, need = 0;
};
GroupCount group_count(const config::Rule& rule, std::span<const Truth> members);

/// Whether the group asks for something not to hold. It is raised by what its members are now, and not by
/// what they were a moment ago: that time is given to what is not to come.
bool awaits_absence(const config::Rule& rule);

/// How long a group must hold before it raises: a rule that is asked not to hold is given `within` to come.
Duration group_on_delay(const config::Rule& rule);

}  // namespace gengfu::rules
