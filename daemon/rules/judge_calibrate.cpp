// What the sensors of a device show now becomes how it shall be, if they show one thing and have for some
// seconds.
#include <cmath>

#include <fmt/format.h>

#include "daemon/config/values.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/rules/judge_inside.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using Runner = JudgeState::Runner;

bool can_calibrate(const config::Rule& rule) {
    return rule.kind == RuleKind::kMoved || (rule.kind == RuleKind::kOccupied && !rule.axes.empty());
}

Duration whole_seconds(Duration time) {
    return std::chrono::ceil<std::chrono::seconds>(time);
}

/// The pose or the field of the last seconds.
Result<Axes> at_rest(const JudgeState& state, const Runner& runner, Monotonic now) {
    const config::Rule& rule = *runner.rule;
    const JudgeState::PointState& point = state.points[rule.point->value];
    if (state.last_good(runner) <= *state.started || state.last_good(runner) + point.gap < now) {
        return fail(Errc::kStale, "its sensor has given no good value for a while");
    }
    const bool is_pose = rule.kind == RuleKind::kMoved;
    const Duration window = state.lately(runner);
    const Lately& lately = (is_pose ? state.poses : state.fields)[runner.window];
    const Lately::Seen seen = lately.look(now, window);
    if (!seen.enough) {
        return fail(
            Errc::kStale,
            fmt::format(
                "its sensor has given {} good {}{} in the last {}; {} are needed, over {}; try again then",
                seen.values, seen.values == 1 ? "value" : "values", is_pose ? " at rest" : "",
                config::readable(whole_seconds(window)), kFewest,
                config::readable(whole_seconds(window / 2))));
    }
    const auto apart = [&](const Axes& a, const Axes& b) {
        constexpr double kOpposite = 180;  // a mean without direction is one of poses that are far apart
        constexpr double kDirected = 0.5;
        return !is_pose ? length(minus(a, b)) : length(b) < kDirected ? kOpposite : degrees_between(a, b);
    };
    const double most = is_pose ? kStillMoves : still_moves(state.occupied[runner.window], rule);
    const double farthest = lately.farthest(now, window, seen.mean, apart);
    if (!(farthest <= most)) {
        return fail(
            Errc::kBusy,
            fmt::format(
                "its {} has not been the same for {}: the values are up to {:.1f}{} from their mean, more "
                "than {:.1f}{}; leave it at rest for so long and try again",
                is_pose ? "pose" : "field", config::readable(whole_seconds(window)), farthest,
                is_pose ? " °" : "", most, is_pose ? " °" : ""));
    }
    return is_pose ? scaled(seen.mean, 1 / length(seen.mean)) : seen.mean;
}

}  // namespace

Result<std::vector<Learned>> Judge::calibrate(DeviceId device, Monotonic now) {
    JudgeState& state = *state_;
    const std::string whose = "device \"" + state.site.device(device).name + "\": ";
    std::vector<std::pair<const Runner*, Axes>> found;
    for (const Runner& runner : state.runners) {
        if (runner.rule->device != device || !can_calibrate(*runner.rule)) {
            continue;
        }
        const Result<Axes> axes = at_rest(state, runner, now);
        if (!axes) {
            return fail(axes.error().code, whose + axes.error().what + "; nothing was calibrated");
        }
        found.emplace_back(&runner, *axes);
    }
    if (found.empty()) {
        return fail(Errc::kNotFound, whose + "none of its rules has a pose or an empty lane to calibrate");
    }
    std::vector<Learned> all;
    for (const auto& [runner, axes] : found) {
        if (runner->rule->kind == RuleKind::kMoved) {
            rules::calibrate(state.moved[runner->window], axes);
        } else {
            rules::calibrate(state.occupied[runner->window], axes);
        }
        all.push_back(learned_of(state, *runner));
    }
    return all;
}

}  // namespace gengfu::rules
