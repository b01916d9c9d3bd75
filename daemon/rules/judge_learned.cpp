#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_inside.hpp"
#include "daemon/rules/learned_fit.hpp"
#include "daemon/rules/learned_numbers.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using Runner = JudgeState::Runner;
using Names = std::tuple<std::string_view, std::string_view, std::string_view>;

Names names_of(const config::Site& site, const config::Rule& rule) {
    return {site.device(rule.device).name, rule.point ? std::string_view(site.spec(*rule.point).name) : "",
            rule.name};
}

bool known(const JudgeState& state, const Runner& runner) {
    switch (runner.rule->kind) {
        case RuleKind::kMoved:
            return state.moved[runner.window].known;
        case RuleKind::kOccupied:
            return !runner.rule->axes.empty() && state.occupied[runner.window].known;
        case RuleKind::kGrowth:
            return state.growth[runner.window].day_count > 0 || state.growth[runner.window].value_count > 0;
        default:
            return runner.rule->limit_point && !std::isnan(runner.reference);
    }
}

/// A direction must be one, or nothing could be compared with it.
bool take_moved(MovedState& state, const Learned& one) {
    MovedState next;
    In in(one.numbers);
    each_of_moved(in, next);
    constexpr double kNearOne = 0.01;
    if (!in.sound() || one.numbers.size() < 6 || std::abs(length(next.home) - 1) > kNearOne ||
        std::abs(length(next.reference) - 1) > kNearOne) {
        return false;
    }
    next.known = true;
    next.calibrated = one.calibrated;
    next.pointed = state.pointed;
    state = next;
    return true;
}

bool take_occupied(OccupiedState& state, const Learned& one) {
    OccupiedState next;
    next.warm_known = next.mean_known = true;  // older releases did not say, and took them for known
    In in(one.numbers);
    each_of_occupied(in, next);
    if (!in.sound() || one.numbers.size() < 9) {
        return false;
    }
    next.known = true;
    next.calibrated = one.calibrated;
    next.taken = state.taken;
    next.run = state.run;
    next.begun = state.begun;
    next.occupied = state.occupied;
    for (std::size_t i = 0; i < next.recent.size(); ++i) {
        next.recent.at(i) = static_cast<float>(next.base.at(i));
    }
    state = next;
    return true;
}

bool take_growth(GrowthState& state, const Learned& one) {
    GrowthState next;
    In in(one.numbers);
    each_of_growth(in, next);
    if (!in.sound() || next.day_count > GrowthState::kDays || next.next_day >= GrowthState::kDays ||
        next.value_count > GrowthState::kValues) {
        return false;
    }
    state = next;
    return true;
}

/// What this run has heard itself is better.
bool take_limit(Runner& runner, const Learned& one) {
    if (!std::isnan(runner.reference) || one.numbers.empty() || !std::isfinite(one.numbers[0]) ||
        one.numbers[0] <= 0) {
        return false;
    }
    runner.reference = one.numbers[0];
    return true;
}

bool take(JudgeState& state, Runner& runner, const Learned& one) {
    if (one.kind != learned_kind(state.site, *runner.rule)) {
        return false;
    }
    if (runner.rule->limit_point) {
        return take_limit(runner, one);
    }
    switch (runner.rule->kind) {
        case RuleKind::kMoved:
            return take_moved(state.moved[runner.window], one);
        case RuleKind::kOccupied:
            return !runner.rule->axes.empty() && take_occupied(state.occupied[runner.window], one);
        case RuleKind::kGrowth:
            return take_growth(state.growth[runner.window], one);
        default:
            return false;
    }
}

}  // namespace

Learned learned_of(const JudgeState& state, const Runner& runner) {
    const auto [device, point, rule] = names_of(state.site, *runner.rule);
    Learned one{.device = std::string(device),
                .point = std::string(point),
                .rule = std::string(rule),
                .kind = learned_kind(state.site, *runner.rule),
                .numbers = {}};
    Out out(one.numbers);
    if (runner.rule->limit_point) {
        out(runner.reference);
    } else if (runner.rule->kind == RuleKind::kMoved) {
        one.calibrated = state.moved[runner.window].calibrated;
        each_of_moved(out, state.moved[runner.window]);
    } else if (runner.rule->kind == RuleKind::kOccupied) {
        one.calibrated = state.occupied[runner.window].calibrated;
        each_of_occupied(out, state.occupied[runner.window]);
    } else {
        each_of_growth(out, state.growth[runner.window]);
    }
    return one;
}

std::vector<Learned> Judge::learned() const {
    std::vector<Learned> all;
    for (const Runner& runner : state_->runners) {
        if (known(*state_, runner)) {
            all.push_back(learned_of(*state_, runner));
        }
    }
    return all;
}

LimitNews Judge::limit_news() const {
    return state_->limit_news;
}

bool Judge::is_settling() const {
    return std::any_of(state_->runners.begin(), state_->runners.end(), [&](const Runner& runner) {
        if (runner.rule->kind == RuleKind::kMoved) {
            return rules::is_settling(state_->moved[runner.window]);
        }
        return !runner.rule->axes.empty() && runner.rule->kind == RuleKind::kOccupied &&
               rules::is_settling(state_->occupied[runner.window]);
    });
}

std::size_t Judge::teach(std::span<const Learned> learned) {
    std::map<Names, Runner*> by_names;
    for (Runner& runner : state_->runners) {
        by_names.emplace(names_of(state_->site, *runner.rule), &runner);
    }
    std::size_t taken = 0;
    for (const Learned& one : learned) {
        const auto found = by_names.find({one.device, one.point, one.rule});
        taken += found != by_names.end() && take(*state_, *found->second, one) ? 1U : 0U;
    }
    return taken;
}

}  // namespace gengfu::rules
