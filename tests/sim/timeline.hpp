#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/scenario.hpp"

namespace gengfu::sim {

enum class Plug : std::uint8_t { kIn, kOut };

/// Something that the timeline has just done, for whoever watches.
struct Happening {
    std::string kind;  ///< step, fault-begin, fault-end, outage-begin, outage-end, done
    Nanoseconds at{0};
    std::string target, detail, note;
};

/// What the timeline acts upon. All are called from `Timeline::run_until`.
struct TimelineHands {
    std::function<void(const std::string& device, const RegisterWrite&)> write;
    std::function<std::vector<std::uint16_t>(const std::string& device, Space, std::uint16_t first,
                                             int words)>
        read;
    std::function<std::uint64_t(const std::string& target, const Fault&)> add_fault;
    std::function<void(std::uint64_t)> remove_fault;
    std::function<void(const std::string& endpoint, Plug)> plug;
    std::function<void(const Happening&)> tell;
};

/// The registers that hold a motion's raw number.
std::vector<std::uint16_t> motion_words(const Motion& motion, std::int64_t raw);
/// A ramp's raw number this long after its start; its end value from its end on.
std::int64_t ramp_at(const Motion& motion, Nanoseconds elapsed);

/// Plays a scenario's steps, motions, faults and outages in the order of their times. No clock and no thread:
/// the caller says what time it is, counted from the start of the play.
class Timeline {
public:
    /// `scenario` must outlive the timeline.
    Timeline(const Scenario& scenario, std::uint64_t seed, TimelineHands hands);

    /// When something happens next; nothing when all is over.
    [[nodiscard]] std::optional<Nanoseconds> next() const;
    /// Does all that is due by `now`, in order.
    void run_until(Nanoseconds now);

private:
    using Act = std::function<void()>;
    void plan(Nanoseconds at, Act act) { acts_.emplace(at, std::move(act)); }
    void plan_fault(const FaultSpec& spec);
    void run_step(const Step& step);
    void move(const Step& step, Nanoseconds at);
    std::int64_t next_raw(const Step& step, Nanoseconds elapsed);

    TimelineHands hands_;
    Random random_;
    std::multimap<Nanoseconds, Act> acts_;
};

}  // namespace gengfu::sim
