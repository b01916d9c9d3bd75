#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"
#include "daemon/sampling/health.hpp"

/// Which unit of one bus is asked next, for which points, and when. Pure: time comes in as an argument.
namespace gengfu::sampling {

/// Points of a device that are read at the same pace travel together for ever, so that requests do not
/// shrink.
struct Cadence {
    Duration interval{};
    bool on_connect = false;  ///< once a connection; `interval` is the pause between tries until it succeeds
    std::vector<config::PointRef> points;
    bool feeds_alarm = false;  ///< some of its points do: they go first when time is short
};

/// Bit i: cadence i of the device is due.
using DueSet = std::uint32_t;
constexpr std::size_t kMostCadences = 32;

/// How often, at most, a device on a line that is gone is said to be unreadable.
constexpr Duration kPaceWithoutLine = std::chrono::seconds(1);

/// Why a unit is not asked.
enum class NoLine : std::uint8_t {
    kReopening,   ///< given up a moment ago and to be opened again: nobody is to blame but the line
    kCannotOpen,  ///< it cannot be opened: nothing is known of its units any more
};

/// By when a cadence that came due should have been read: one interval later. Points that are read as fast as
/// the line allows (interval 0) come after whoever wants to be read within this, before whoever has more
/// time.
constexpr Duration kFreeRunning = std::chrono::seconds(1);

/// Points that feed no alarm and have missed their deadline get another, so many intervals later: when time
/// is short, those that feed alarms go ahead, and yet nothing is never read.
constexpr int kPatience = 3;

/// A probe of an offline unit that is due waits at most about this long for a gap between the living: a line
/// without gaps would never find out that a unit is back.
constexpr Duration kProbePatience = std::chrono::seconds(1);

/// One that did not answer its last turn, or has not answered yet, goes before the others only when as long
/// has passed since the last time-out on the line: the living that came due during one are read before the
/// next.
constexpr Duration kDoubtPatience = std::chrono::seconds(1);

/// Two time-outs of a unit of which one is of a read on demand begin at least so long after the end of the
/// other: within this a reading of a neighbour waits for one of them, never for both. Longer than any
/// response time that is worth promising on a line with one dead unit, short enough for whoever waits for the
/// read.
constexpr Duration kTruce = std::chrono::seconds(3);

/// Reads on demand and writes get at most this share of a bus; each may be as long as its longest turn.
constexpr double kCommandShare = 0.05;

struct Turn {
    std::size_t device = 0;  ///< position within the schedule
    DueSet due = 0;
    Monotonic at{};      ///< not before
    bool probe = false;  ///< of an offline unit: one request is enough to know
};

class Schedule {
public:
    /// \param devices  of one bus; `site` outlives the schedule.
    Schedule(const config::Site& site, std::span<const DeviceId> devices, Monotonic now);

    std::size_t size() const { return entries_.size(); }
    DeviceId device(std::size_t position) const { return entries_[position].device; }
    const std::vector<Cadence>& cadences(std::size_t position) const { return entries_[position].cadences; }
    Health health(std::size_t position) const { return entries_[position].health.health(); }

    /// The turn to take next: of those whose time has come, the one with the earliest deadline (kPatience);
    /// else the one whose time comes first. A turn once begun is not broken off. Nothing when there are no
    /// devices.
    std::optional<Turn> next(Monotonic now) const;

    /// The turn was taken. \param answered  at least one request was answered. \param damaged  none was, but
    /// something of an answer came
    /// \return true when the unit's health changed.
    bool finished(const Turn& turn, bool answered, Monotonic began, Monotonic ended, bool damaged = false);

    /// The unit answered, and the turn is to be taken anew: it stays due. \return true when its health
    /// changed.
    bool answered(const Turn& turn, Monotonic ended);

    /// The bus would hold the line for the unit until then: its neighbours are read meanwhile.
    void leave_alone(std::size_t position, Monotonic until);

    /// The turn broke the line: what came back was no answer of the protocol, or the connection ended under
    /// it. To the unit that is a failed read; and when the line is open again an offline unit that broke it
    /// waits for its probe, or it would break it again before its neighbours have been asked.
    /// \return true when the unit's health changed.
    bool broke_line(const Turn& turn, Monotonic began, Monotonic ended);

    /// The unit was asked outside of its turns and did not answer: it is left alone until it cannot any more,
    /// and for kTruce.
    void owes(std::size_t position, Monotonic ended);
    /// It answered outside of its turns: when it is offline, its turn is at once.
    void heard(std::size_t position, Monotonic now);
    /// When a read on demand may ask it: kTruce after its last time-out.
    Monotonic on_demand_from(std::size_t position) const { return entries_[position].on_demand_from; }

    /// The line is (again) open: everything is due, `read = "connect"` points too.
    void connected(Monotonic now);
    /// Not asked, for the line is not open: turns go on at their pace, once a second at most.
    /// \param line  see NoLine \return true when the unit's health changed.
    bool skipped(const Turn& turn, NoLine line, Monotonic now);

private:
    struct Entry {
        DeviceId device;
        std::vector<Cadence> cadences;
        std::vector<Monotonic> due;
        DueSet waiting_for_connect = 0;  ///< on_connect cadences not read since the line was opened
        Monotonic owes_until{};          ///< a late answer may still come: not asked before
        Monotonic on_demand_from{};      ///< see on_demand_from()
        bool woken = false;              ///< a sibling came back: asked at once, on credit
        DeviceHealth health;
        bool breaks_line = false;  ///< its last turn did
        bool doubtful = true;      ///< it did not answer its last turn, or none yet
    };

    void advance(const Turn& turn, Duration at_least, Monotonic now);
    enum class Others : std::uint8_t { kNone, kLive };
    struct Candidate;
    static bool wanted(const Entry& entry, std::size_t cadence);
    /// When its turn is, and how urgent; what is read in it is left open.
    std::optional<Candidate> candidate(std::size_t position, Others others, Monotonic now) const;
    static Monotonic deadline(const Entry& entry, Monotonic now);
    static bool goes_before(const Candidate& a, const Candidate& b);
    /// What is read together in a turn that begins at `start`.
    DueSet due_at(std::size_t position, Monotonic start) const;
    void wake_siblings(const Entry& back, Monotonic now);
    bool anyone_lives() const;
    /// How long after a time-out an answer may still come that would pass for another.
    Duration owing(const Entry& entry) const;

    const config::Site* site_;
    std::vector<Entry> entries_;
    Monotonic timed_out_{};  ///< when the last time-out of a unit that is not offline ended
    ProbeBudget probes_;
};

/// Points of the device by pace; at most kMostCadences, the slowest ones joined to the next faster when there
/// are more.
std::vector<Cadence> cadences(const config::Device& device, const config::Profile& profile);

/// The same, with feeds_alarm. \param alarms from alarm_points().
std::vector<Cadence> cadences(const config::Site& site, DeviceId device, const std::vector<bool>& alarms);

/// One interval, or kFreeRunning.
Duration relative_deadline(const Cadence& cadence);

/// What comes due within this of a device's turn is read in that turn: half the pace of its fastest points.
Duration together_within(const std::vector<Cadence>& cadences);

/// The longest turnaround of a unit: how long it is waited for where nothing shorter is known of it.
Duration longest_turnaround(const config::Site& site, DeviceId device);

}  // namespace gengfu::sampling
