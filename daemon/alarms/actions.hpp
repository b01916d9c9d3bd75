#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::alarms {

/// What one alarm asks of an output, as it is kept over a restart.
struct KeptClaim {
    Key key;
    AlarmId alarm;
    Stamp since, until;
    bool spent = false;  ///< its time is over, the alarm stands
    bool ended = false;  ///< after it was kept; see note_ends(). Not kept itself
    friend bool operator==(const KeptClaim&, const KeptClaim&) = default;
};
/// An output that may be on, or that an alarm asks for: by names, since they last over reloads and restarts.
struct KeptOutput {
    std::string device;
    config::Register reg;
    std::int64_t off = 0;
    bool touched = false;  ///< may be on
    Key because{};         ///< the alarm it was last switched for
    std::optional<AlarmId> alarm{};
    std::vector<KeptClaim> claims{};
    friend bool operator==(const KeptOutput&, const KeptOutput&) = default;
};

/// A later state of an alarm than that which its claims were kept beside. One that asked for nothing then
/// ended them: where it asks again, it asks anew.
void note_ends(std::vector<KeptOutput>& kept, const Alarm& later);

/// One write that is to be made now.
struct ActionWrite {
    DeviceId device;
    config::Register reg;
    std::int64_t value = 0;
    bool on = false;
    friend bool operator==(const ActionWrite&, const ActionWrite&) = default;
};

/// Why an output is off again.
enum class ActionEnd : std::uint8_t {
    kCleared,   ///< the condition of the alarm is gone
    kTimeOver,  ///< the alarm stands, its action's time is over
    kHeld,      ///< somebody shelved the alarm, or took its device out of service
    kStopping,  ///< the daemon ends
    kRemoved,   ///< the alarm's rule, point or device left the configuration
    kUnasked,   ///< no alarm asks for it any more: it ended before this run
};

/// A change of an output, or that it cannot be brought about, for the record.
struct ActionNews {
    ActionWrite write;
    bool failed = false;  ///< config::kActionTriesTold times; it is tried on
    bool lost = false;    ///< the unit has dropped it by itself; it is written anew
    Error error{};        ///< of `failed`
    Key because{};        ///< the alarm that asked first, or last; empty device: not known any more
    std::optional<AlarmId> alarm{};
    std::optional<Stamp> until{};  ///< of one that is on
    ActionEnd end = ActionEnd::kUnasked;
};

/// What an alarm that stands from an earlier run asks for is written on when that alarm's point has been
/// read, so that a danger that is over by then switches nothing once more; but after this at the latest: a
/// sensor that is not heard is no end of danger.
constexpr std::chrono::seconds kFirstReading{5};

/// Coils and registers that alarms switch (`action` of a rule): on while an alarm asks for it, off when none
/// does or its time is over. Pure: no clock, no I/O. One thread.
///
/// An alarm asks from when it is active and not held, for as long as the action lasts. It stops asking when
/// it clears, is removed, is shelved or its device is taken out of service, and asks anew when that ends
/// while it is active. A suppression by a cause, silence of its sensor and an acknowledgement change nothing:
/// the danger is not known to be over. What may be on is undone until the unit has confirmed that it is off.
class Actions {
public:
    /// \param site  outlives it
    explicit Actions(const config::Site& site);

    /// Takes up what an earlier run left behind and what the alarms that stand ask for. What is on and nobody
    /// asks for will be undone. \param last  a moment of the earlier run, see carried_over()
    /// \return names of outputs that the configuration does not know any more: nothing can be done for them
    std::vector<std::string> restore(const std::vector<KeptOutput>& kept,
                                     const std::vector<const Alarm*>& standing, const Stamp& last,
                                     const Stamp& now);

    /// Any later state of an alarm. \return whether an output is asked for, or is not any more
    bool observe(const Alarm& alarm, const Stamp& at);

    /// Writes to be made now; of each, wrote() must say what became of it. Call after observe() and every
    /// second.
    std::vector<ActionWrite> due(const Stamp& at);
    std::optional<ActionNews> wrote(const ActionWrite& write, const Result<void>& how, const Stamp& at);

    /// The unit may have been without power: what is on is written anew.
    void back(DeviceId device);

    /// A good sample of whatever point, after the alarms have taken note of it: see kFirstReading.
    /// \return whether due() has an output now that waited for it
    bool heard(const Sample& sample);

    /// A sample, of whatever point. Where the profile lets an output be read, one that was on and is read
    /// otherwise is written anew, at once and then after 1, 2, 4, ... s until it is read as it shall be.
    struct Seen {
        bool dropped = false;  ///< due() has it
        /// To be told: once for each time that it was switched on, and when it does not stay on.
        std::optional<ActionNews> news{};
    };
    Seen seen(const Sample& sample, const Stamp& at);

    /// Until when alarms ask for the output to be on; nothing: none does.
    std::optional<Stamp> wanted_until(DeviceId device, config::Register reg, const Stamp& at) const;

    /// The daemon ends: all goes off, whatever alarms ask. kept() still says what they asked for.
    void release() { released_ = true; }
    /// Nothing is on, or may be.
    bool at_rest() const;

    /// Failed tries in a row, or times that the unit dropped it; 0 when a write succeeded or the output is as
    /// it should be. That the wish turns does not mend an output: it is never less for that.
    unsigned failures(DeviceId device, config::Register reg) const;

    /// Whether the write that is made now repeats one that failed or was dropped: not the first one of a
    /// wish.
    bool repeats(DeviceId device, config::Register reg) const;

    /// What must be on disk before a write of due() goes out.
    std::vector<KeptOutput> kept() const;

private:
    struct Claim {
        AlarmId alarm;
        Stamp since, until;
        bool spent = false;
        std::uint32_t raises = 0;  ///< of the alarm: one that chatters is raised without being told
    };
    struct Output {
        std::int64_t on = 1, off = 0;
        std::map<Key, Claim> claims;
        bool touched = false;           ///< may be on
        bool surely_on = false;         ///< the unit said so
        std::optional<bool> in_flight;  ///< the direction
        std::optional<bool> trying;     ///< the direction that `tries` counts
        unsigned tries = 0;
        unsigned unmended = 0;  ///< tries in vain of the other direction, since the last write that was done
        std::int64_t not_before_us = 0;
        std::optional<bool> told;       ///< last news of success
        std::int64_t confirmed_us = 0;  ///< when the unit said that it is on
        unsigned drops = 0;             ///< times in a row that it was read otherwise
        bool drop_told = false;         ///< since it was switched on
        bool was_touched = false;       ///< before what is in flight
        /// Asked for in an earlier run, and nothing heard of its alarms since: not written on before, see
        /// kFirstReading. Zero: it waits for nothing.
        std::int64_t unheard_until_us = 0;
        Key because;
        std::optional<AlarmId> alarm;
        ActionEnd end = ActionEnd::kUnasked;
    };
    using Id = std::pair<DeviceId, config::Register>;

    const config::Action* action_of(const Key& key) const;
    bool claim(const Alarm& alarm, const config::Action& action, const Stamp& at);
    bool asked_for(Output& output, const Stamp& at) const;

    const config::Site* site_;
    std::map<Key, const config::Action*> actions_;
    std::multimap<PointId, const config::Action*> judged_by_;  ///< of rules about one point
    std::map<Id, Output> outputs_;
    std::map<PointId, std::pair<Id, double>> read_back_;  ///< and its value when it is on
    bool released_ = false;
};

/// What a change of an output reads like: in the log, and as an event "action-on", "action-off",
/// "action-failed".
Audit audit_of(const ActionNews& news, const config::Site& site);

}  // namespace gengfu::alarms
