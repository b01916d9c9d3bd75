#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/rules/verdict.hpp"
#include "tests/unit/rules/lane_reference.hpp"

namespace gengfu::rules::test {

/// What a rule must do, written as slowly and plainly as docs/rules.md says it: the whole history is kept,
/// and every answer is worked out from it anew. Shares no code with the rules. One rule that watches one
/// point, or the device of one point.
class Reference {
public:
    /// Of an angle: so much is added while something shakes the sensor, and its vector is `kShakenG` long.
    static constexpr double kShaken = 1000;
    static constexpr double kShakenG = 1.6;

    struct Timing {
        Duration gap{};    ///< a longer time without samples was not observed
        Duration stale{};  ///< a longer time without a good sample makes an active alarm uncertain
    };
    struct Said {
        Change change = Change::kRaised;
        Severity severity = Severity::kMinor;
        friend bool operator==(const Said&, const Said&) = default;
    };

    Reference(const config::Rule& rule, const Timing& timing, Monotonic start);

    std::vector<Said> observe(const Sample& sample);
    /// Everything that time alone does up to and including `now`.
    std::vector<Said> pass(Monotonic now);
    /// \param forgotten  what was learned is lost
    void restart(Monotonic now, bool forgotten = false);
    /// A sample of the point that the limits are taken from.
    void limit(const Sample& sample);
    /// A sample of one of the three axes; the one that the rule is judged by is given to observe() too.
    void axis(std::size_t which, const Sample& sample);
    /// A sample of the point whose temperature the field goes with.
    void temperature(const Sample& sample);
    /// The mean of the good fields of the last ten seconds, or of four intervals where that is longer,
    /// becomes that of the empty lane, unless one of them is far from it. \return why not; empty: done
    std::string calibrate(Monotonic now);
    const std::optional<LaneReference>& lane() const { return lane_; }
    /// The clock on the wall is known: it is this minute of the week at `now`.
    void clock(int minute_of_week, Monotonic now);

private:
    enum class Voice { kGood, kUncertain, kBad };
    struct Entry {
        Monotonic taken{};
        Voice voice = Voice::kBad;
        double value = 0;
        int reached = -1, held = -1;
        bool too_early = false;  ///< good, but a rate cannot be told yet: says nothing about the condition
        bool restarted_before = false;
        bool active_before = false;  ///< at the last restart
    };

    void opine(Entry& entry);
    bool rate_at(const Entry& entry, double& change) const;
    double jump_at(const Entry& entry) const;
    bool over_time(Entry& entry);
    bool is_pose() const;
    bool stuck_over(Entry& entry) const;
    bool occupied_over(Entry& entry) const;
    bool occupied_by_axes(Entry& entry);
    Duration lately() const;
    void note_field(Monotonic taken);
    Voice voice_of_axes(Monotonic now) const;
    bool level_by_time(Entry& entry, bool occupied, Duration taken) const;
    bool growth_over(Entry& entry) const;
    double limit_of(int level) const;
    bool may_raise(Monotonic when) const;
    bool fast_enough(double change, double limit, double deadband) const;
    Duration stretch_after(std::size_t index) const;
    bool speaks_for(const Entry& entry, int level) const;
    bool speaks_against(const Entry& entry, int level) const;
    Duration elapsed(int level) const;
    std::vector<Said> settle();
    int levels() const;
    Severity severity(int level) const;
    void place(int level);

    const config::Rule& rule_;
    Timing timing_;
    std::vector<Entry> history_;
    std::vector<std::size_t> since_;  ///< by level: entries before this one do not count
    int level_ = -1;
    bool uncertain_ = false;
    bool restarted_ = true;
    bool active_at_restart_ = false;
    Monotonic last_good_{}, last_heard_{}, last_taken_{};
    std::optional<double> basis_;  ///< last good value above 0 that the limits are times of
    std::optional<int> minute_;    ///< of the week, at clock_at_
    Monotonic clock_at_{};
    std::optional<LaneReference> lane_;  ///< of a rule of three axes
    std::array<std::optional<Sample>, 3> axes_;
    std::array<Monotonic, 3> axis_good_{};
    std::optional<Sample> warm_;
    struct Field {
        Monotonic taken{};
        LaneReference::Field field{};
    };
    Monotonic started_{};        ///< this run
    std::vector<Field> fields_;  ///< good ones of this run
};

}  // namespace gengfu::rules::test
