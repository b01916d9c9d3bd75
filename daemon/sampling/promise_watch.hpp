#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/sampling/batch.hpp"
#include "daemon/sampling/budget.hpp"

/// Whether the promise of `gengfu check` still holds, from what a running line has shown. Pure; of one
/// thread.
namespace gengfu::sampling {

/// A promise is not called broken for less than this beyond it: the schedule's model is no finer, and a busy
/// machine is no broken line.
constexpr double kPromiseSlack = 0.05;
constexpr Duration kLeastSlack = std::chrono::milliseconds(100);

/// A unit that answers later than was reckoned with, time and again.
struct SlowUnit {
    DeviceId device;
    Duration reckoned{};   ///< what the promise takes its response time to be at most
    bool assumed = false;  ///< since neither the device nor its profile states one
    Duration takes{};      ///< its longest of late
    Duration write{};      ///< what to write as its `turnaround`: a quarter more, in whole 10 ms
    friend bool operator==(const SlowUnit&, const SlowUnit&) = default;
};

/// A promise that is not kept, or would not be when it comes to the worst.
struct BrokenPromise {
    std::vector<SlowUnit> slow;  ///< empty: it is only seen, and not these units' doing
    PointId point;               ///< the one that is furthest beyond its promise
    Duration promised{};         ///< from a change at the sensor to the verdict at worst, one unit dead
    Duration worst{};            ///< what it is with the response times as they are; Duration::max(): no end
    bool seen = false;           ///< so late has it been read within the last half minute
    /// Of the line's devices those at whose address two answer, or did since shortly before the promise
    /// broke: every exchange with them is heard out, and the others wait for it.
    std::vector<DeviceId> shared;
    /// Answers that nobody had asked for came likewise: two may answer somewhere, and are waited for.
    bool unasked = false;
};

/// What two at one address have cost is still seen so many looks later, at the daemon's pace of 5 s: longer
/// than a late reading is (PeakOfLate).
constexpr unsigned kLooksRemembered = 8;

class PromiseWatch {
public:
    /// \param site  outlives it
    explicit PromiseWatch(const config::Site& site);

    /// Of one bus. Reckons anew only when a unit has become slower, or none is any more.
    const std::optional<BrokenPromise>& look(BusId bus, const BusSnapshot& seen);
    /// What look() said last.
    const std::optional<BrokenPromise>& last(BusId bus) const { return lines_[bus.value].broken; }
    /// How often a promise that was kept was found broken, since the start.
    std::uint64_t breaks(BusId bus) const { return lines_[bus.value].breaks; }
    /// By BusId, as promised.
    const std::vector<BusBudget>& budgets() const { return budgets_; }

private:
    struct Line {
        std::vector<DeviceId> devices;
        std::vector<SlowUnit> slow;             ///< that `expected` was made with
        std::optional<BrokenPromise> expected;  ///< by the model
        std::optional<BrokenPromise> broken;
        std::uint64_t breaks = 0;
        // See BrokenPromise; kept while it is broken, and for kLooksRemembered.
        std::vector<DeviceId> shared;
        std::uint64_t unasked_frames = 0;  ///< at the last look
        bool unasked = false;
        unsigned looks_since = 0;  ///< either was news
    };

    static void remember_what_is_heard_out(Line& line, const BusSnapshot& seen);
    std::vector<SlowUnit> slow_units(const Line& line, const BusBudget& budget,
                                     const BusSnapshot& seen) const;
    std::optional<BrokenPromise> expected(BusId bus, const std::vector<SlowUnit>& slow) const;
    std::optional<BrokenPromise> late(BusId bus, const Line& line, const BusSnapshot& seen) const;

    const config::Site* site_;
    std::vector<BusBudget> budgets_;
    std::vector<Line> lines_;  ///< by BusId
};

/// What is the matter and what to do, in a sentence: for the log, the command and the alarm.
config::Text words_of(const config::Site& site, const BrokenPromise& broken);

}  // namespace gengfu::sampling
