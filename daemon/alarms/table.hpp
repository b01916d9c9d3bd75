#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::alarms {

enum class Answer : std::uint8_t {
    kDone,      ///< `transition` says what became of it
    kAlready,   ///< was so before; harmless
    kStale,     ///< the alarm was raised again, or rose, after the revision named
    kNotFound,  ///< no such alarm, or it is over
    kRefused,   ///< reset of an alarm that is still active or not acknowledged
};

struct Outcome {
    Answer answer = Answer::kNotFound;
    std::optional<Transition> transition;
    std::uint64_t revision = 0;  ///< of the alarm now
};

/// All alarms that are not over. Pure: no clock, no I/O, no ids of its own making. One thread.
///
/// Every mutator takes the moment and the sequence that the resulting event record will have; a sequence is used up
/// only when a transition comes back.
class Table {
public:
    /// \param epoch of this run: part of the ids of the alarms that it raises.
    Table(Epoch epoch, const config::Site& site);

    /// A change of a rule. Nothing comes back for a change that changes nothing (a raise of what is active).
    /// A raise while an earlier alarm of the same key is clear but not over takes that alarm up again, unacknowledged.
    std::optional<Transition> apply(const rules::Verdict& verdict, const Stamp& at, std::uint64_t sequence);

    /// \param revision that the acknowledger saw; 0: whatever it is now (the gateway's own command, which shows it).
    Outcome acknowledge(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, std::uint64_t sequence);
    Outcome reset(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, std::uint64_t sequence);

    /// Alarms whose rule, point or device `site` no longer has, or has disabled: to be ended one by one by remove().
    std::vector<AlarmId> orphans() const;
    /// Ends the condition of an orphan by an audited `removed`, which still wants acknowledgement.
    std::optional<Transition> remove(AlarmId id, const Stamp& at, std::uint64_t sequence);

    /// Takes up an alarm of an earlier run, or a later state of it. Used at start only, oldest first.
    void restore(Alarm alarm);

    /// Not over, oldest raise first.
    std::vector<const Alarm*> standing() const;
    const Alarm* find(AlarmId id) const;
    /// \return the alarms whose printed id begins with `prefix`.
    std::vector<const Alarm*> find(const std::string& prefix) const;

private:
    Epoch epoch_;
    const config::Site* site_;
    std::map<AlarmId, Alarm> alarms_;
    std::map<Key, AlarmId> by_key_;
};

}  // namespace gengfu::alarms
