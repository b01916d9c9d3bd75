#include "daemon/rules/growth.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "daemon/rules/level_limit.hpp"

namespace gengfu::rules {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

double median(std::span<const float> of) {
    std::array<float, GrowthState::kValues> sorted{};
    const auto end = std::copy(of.begin(), of.end(), sorted.begin());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::nth_element(sorted.begin(), middle, end);
    return double{*middle};
}

void end_day(GrowthState& state, const config::Rule& rule) {
    const bool whole = state.value_count >= GrowthState::kValues / 2;
    if (whole) {
        state.latest = median(std::span(state.values).first(state.value_count));
        state.usual =
            state.day_count >= kLeastDays ? median(std::span(state.days).first(state.day_count)) : 0;
        const bool grown = state.usual > 0 && state.latest >= rule.floor &&
                           state.latest >= level_limit(rule, rule.levels.front(), state.usual);
        if (!grown) {
            state.days.at(state.next_day) = static_cast<float>(state.latest);
            state.next_day = static_cast<std::uint8_t>((state.next_day + 1U) % GrowthState::kDays);
            state.day_count =
                static_cast<std::uint8_t>(std::min<std::size_t>(state.day_count + 1U, GrowthState::kDays));
        }
    }
    state.of_day = state.since_kept = {};
    state.value_count = 0;
}

}  // namespace

std::optional<Opinion> growth(GrowthState& state, const config::Rule& rule, double value, Voice voice,
                              Duration stretch) {
    state.of_day += stretch;
    state.since_kept += stretch;
    if (state.of_day >= kDay) {
        end_day(state, rule);
    }
    if (voice != Voice::kFull) {
        return std::nullopt;
    }
    const bool first = state.value_count == 0;
    if (state.value_count < GrowthState::kValues &&
        (first || state.since_kept >= kDay / static_cast<int>(GrowthState::kValues))) {
        state.values.at(state.value_count++) = static_cast<float>(value);
        state.since_kept = {};
    }
    if (state.usual <= 0) {
        return std::nullopt;
    }
    Opinion opinion{.value = state.latest};
    for (int i = 0; const config::Level& level : rule.levels) {
        const double limit = std::max(level_limit(rule, level, state.usual), rule.floor);
        opinion.reached = state.latest >= limit ? i : opinion.reached;
        opinion.held = state.latest >= limit - rule.deadband * state.usual ? i : opinion.held;
        ++i;
    }
    return opinion;
}

}  // namespace gengfu::rules
