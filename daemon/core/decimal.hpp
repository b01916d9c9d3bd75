#pragma once

#include <algorithm>
#include <cmath>

namespace gengfu {

/// The number that a person means by the result of a product or a sum: 6 × 0.1 is 0.6000000000000001 in
/// binary, and a limit of 0.6 would not be reached. Rounded to 15 digits, which every double holds exactly;
/// whole numbers and what is no number are left as they are.
double as_written(double value);

/// Two numbers no further apart than this, times the larger of 1 and the limit's size, are one: what
/// a sum, a difference or a product loses in a double: `limit - deadband`, a jump, an old record's 12 × 0.1
/// of 1.2000000000000002. The loss is a few times 2.2e-16 of the largest number in the calculation; the
/// finest step that a register of 32 bits can have is 2.3e-10 of its largest value.
inline constexpr double kDecimalSlack = 1e-12;

inline double decimal_slack(double limit) {
    return kDecimalSlack * std::max(1.0, std::abs(limit));
}

/// The comparisons of values with what people write, as of the decimal numbers that both stand for. NaN
/// compares as false in all of them.
inline bool is_at(double value, double wanted) {
    return std::abs(value - wanted) <= decimal_slack(wanted);
}
inline bool is_at_least(double value, double limit) {
    return value >= limit - decimal_slack(limit);
}
inline bool is_at_most(double value, double limit) {
    return value <= limit + decimal_slack(limit);
}
inline bool is_below(double value, double limit) {
    return value < limit - decimal_slack(limit);
}
inline bool is_above(double value, double limit) {
    return value > limit + decimal_slack(limit);
}

}  // namespace gengfu
