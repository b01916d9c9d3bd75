#include "tests/sim/timeline.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace gengfu::sim {
namespace {

std::int64_t raw_of(const Motion& motion, const std::vector<std::uint16_t>& words) {
    if (motion.words == 1) {
        return motion.signedness == Signedness::kSigned ? static_cast<std::int16_t>(words[0]) : words[0];
    }
    const bool high_first = motion.order == WordOrder::kHighFirst;
    const std::uint32_t raw =
        static_cast<std::uint32_t>(words[high_first ? 0 : 1]) << 16U | words[high_first ? 1 : 0];
    return motion.signedness == Signedness::kSigned ? static_cast<std::int32_t>(raw) : raw;
}

}  // namespace

std::vector<std::uint16_t> motion_words(const Motion& motion, std::int64_t raw) {
    const auto low = static_cast<std::uint16_t>(static_cast<std::uint64_t>(raw) & 0xFFFFU);
    const auto high = static_cast<std::uint16_t>((static_cast<std::uint64_t>(raw) >> 16U) & 0xFFFFU);
    if (motion.words == 1) {
        return {low};
    }
    return motion.order == WordOrder::kHighFirst ? std::vector<std::uint16_t>{high, low}
                                                 : std::vector<std::uint16_t>{low, high};
}

std::int64_t ramp_at(const Motion& motion, Nanoseconds elapsed) {
    const Nanoseconds whole = motion.lasts.value_or(Nanoseconds(0));
    if (elapsed >= whole) {
        return motion.to;
    }
    const double part = static_cast<double>(elapsed.count()) / static_cast<double>(whole.count());
    return motion.from + static_cast<std::int64_t>(part * static_cast<double>(motion.to - motion.from));
}

Timeline::Timeline(const Scenario& scenario, std::uint64_t seed, TimelineHands hands)
    : hands_(std::move(hands)), random_(seed) {
    for (const Step& step : scenario.steps) {
        plan(step.at, [this, &step] { run_step(step); });
    }
    for (const FaultSpec& spec : scenario.faults) {
        plan_fault(spec);
    }
    for (const Outage& outage : scenario.outages) {
        plan(outage.at, [this, &outage] {
            hands_.tell({"outage-begin", outage.at, outage.what, "", outage.note});
        });
        plan(outage.at + outage.lasts, [this, &outage] {
            hands_.tell({"outage-end", outage.at + outage.lasts, outage.what, "", outage.note});
        });
    }
    plan(scenario.lasts, [this, &scenario] { hands_.tell({"done", scenario.lasts, "", "", ""}); });
}

std::optional<Nanoseconds> Timeline::next() const {
    return acts_.empty() ? std::nullopt : std::optional(acts_.begin()->first);
}

void Timeline::run_until(Nanoseconds now) {
    while (!acts_.empty() && acts_.begin()->first <= now) {
        const Act act = std::move(acts_.begin()->second);
        acts_.erase(acts_.begin());
        act();
    }
}

void Timeline::plan_fault(const FaultSpec& spec) {
    const std::string name(fault_name(spec.fault.kind));
    const auto id = std::make_shared<std::uint64_t>(0);  // known when the fault begins, wanted when it ends
    plan(spec.from, [this, &spec, name, id] {
        if (spec.fault.kind == FaultKind::kUnplug) {
            hands_.plug(spec.target, Plug::kOut);
        } else {
            *id = hands_.add_fault(spec.target, spec.fault);
        }
        hands_.tell({"fault-begin", spec.from, spec.target, name, spec.note});
    });
    if (!spec.to) {
        return;
    }
    plan(*spec.to, [this, &spec, name, id] {
        if (spec.fault.kind == FaultKind::kUnplug) {
            hands_.plug(spec.target, Plug::kIn);
        } else {
            hands_.remove_fault(*id);
        }
        hands_.tell({"fault-end", *spec.to, spec.target, name, spec.note});
    });
}

void Timeline::run_step(const Step& step) {
    for (const RegisterWrite& write : step.writes) {
        hands_.write(step.device, write);
    }
    if (step.motion) {
        move(step, step.at);
    }
    hands_.tell({"step", step.at, step.device, "", step.note});
}

std::int64_t Timeline::next_raw(const Step& step, Nanoseconds elapsed) {
    const Motion& motion = *step.motion;
    if (motion.kind == MotionKind::kRamp) {
        return ramp_at(motion, elapsed);
    }
    const auto words = hands_.read(step.device, motion.space, motion.address, motion.words);
    const std::int64_t raw = raw_of(motion, words);
    if (motion.kind == MotionKind::kToggle) {
        return raw ^ motion.mask;
    }
    std::uniform_int_distribution<std::int64_t> change(-motion.step, motion.step);
    return std::clamp(raw + change(random_), motion.from, motion.to);
}

void Timeline::move(const Step& step, Nanoseconds at) {
    const Motion& motion = *step.motion;
    const Nanoseconds elapsed = at - step.at;
    hands_.write(step.device, {motion.space, motion.address, motion_words(motion, next_raw(step, elapsed))});
    const Nanoseconds later = at + motion.every;
    if (!motion.lasts || later <= step.at + *motion.lasts) {
        plan(later, [this, &step, later] { move(step, later); });
    } else if (motion.kind == MotionKind::kRamp && elapsed < *motion.lasts) {
        const Nanoseconds end = step.at + *motion.lasts;
        plan(end, [this, &step, end] { move(step, end); });
    }
}

}  // namespace gengfu::sim
