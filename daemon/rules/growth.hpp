#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// Days that were usual, and the day under way.
struct GrowthState {
    static constexpr std::size_t kDays = 30;
    static constexpr std::size_t kValues = 48;  ///< of a day: one in half an hour; a median needs no more

    std::array<float, kDays> days{};  ///< medians, a ring
    std::array<float, kValues> values{};
    std::uint8_t day_count = 0, next_day = 0, value_count = 0;
    Duration of_day{};  ///< observed
    Duration since_kept{};
    double latest = 0;  ///< median of the last whole day
    double usual = 0;   ///< median of the days before it; 0: not known yet
};

/// So many usual days before anything is said of the next one.
constexpr std::uint8_t kLeastDays = 7;

/// Median of a day against the median of up to 30 usual days before it. A day counts when half of its values
/// came; days are counted in observed time. A day that has grown is not taken for a usual one, so that slow
/// growth is not got used to. A median below `floor` is no growth. Judged once a day; between, the last
/// day's verdict stands. Opinion's value is the day's median; limits are times the usual one (`usual`).
/// \return nothing for a bad or uncertain value and before enough is known
std::optional<Opinion> growth(GrowthState& state, const config::Rule& rule, double value, Voice voice,
                              Duration stretch);

}  // namespace gengfu::rules
