#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::rules {

/// A rule's own memory in a form that lasts: observed times, not points in time (product contract, Timers).
struct RuleMemory {
    std::string device, point, rule;  ///< names; `point` empty for the whole device
    bool active = false;
    bool uncertain = false;
    int level = -1;                   ///< in force
    int pending_level = -1;           ///< being timed
    Duration pending{};               ///< observed time towards it, or towards clear
};

/// All rules of a site over a stream of samples. Pure: no clock, no I/O; `now` comes with the samples. One thread.
class Judge {
public:
    explicit Judge(const config::Site& site);
    ~Judge();

    /// Judges one sample, appends changes to `out`. Samples of one point must come in order of time.
    void observe(const Sample& sample, std::vector<Verdict>& out);

    /// Lets time pass for the rules that watch for silence. Call at next_deadline() or later.
    void tick(Monotonic now, std::vector<Verdict>& out);
    std::optional<Monotonic> next_deadline() const;

    /// Memory of all rules that are not at rest.
    std::vector<RuleMemory> memory() const;
    /// Takes up memory by names; what no longer exists in the site is ignored (the alarm table removes it).
    /// `now`: silence is counted from here, since nothing was observed before.
    void restore(std::span<const RuleMemory> memory, Monotonic now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gengfu::rules
