#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::alarms {

enum class Answer : std::uint8_t {
    kDone,      ///< `transition` says what became of it
    kAlready,   ///< was so before; harmless
    kStale,     ///< the alarm was raised again, rose or was removed after the revision named, or never had it
    kNotFound,  ///< no such alarm, or it is over
    kRefused,   ///< reset of an alarm that is still active or not acknowledged
};

struct Outcome {
    Answer answer = Answer::kNotFound;
    std::optional<Transition> transition;
    std::uint64_t revision = 0;  ///< of the alarm now
};

/// All alarms that are not over: ISA-18.2 / IEC 62682 without shelving, as docs/alarms.md lays it down in a
/// table that a test compares with this class. Pure: no clock, no I/O, no ids of its own making. One thread.
///
/// Every mutator takes the moment and the sequence that the resulting event record will have; a sequence is
/// used up only when a transition comes back.
class Table {
public:
    /// \param epoch of this run: part of the ids of the alarms that it raises.
    /// \param site outlives the table. After a reload a new table takes up standing() of the old one by
    /// restore().
    Table(Epoch epoch, const config::Site& site);

    /// A change of a rule. Nothing comes back for a change that changes nothing (a raise of what is active).
    /// A raise while an earlier alarm of the same key is clear but not over takes that alarm up again,
    /// unacknowledged. Any change that says that the condition holds raises an alarm that does not stand:
    /// none is lost to a disagreement.
    std::optional<Transition> apply(const rules::Verdict& verdict, const Stamp& at, std::uint64_t sequence);

    /// \param revision that the acknowledger saw; 0: whatever it is now (the gateway's own command, which
    /// shows it).
    Outcome acknowledge(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at,
                        std::uint64_t sequence);
    /// Takes the latch off: only when the condition is clear and the alarm acknowledged, else kRefused.
    Outcome reset(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at,
                  std::uint64_t sequence);

    /// Alarms whose rule, point or device `site` no longer has, or has disabled, and alarms whose key another
    /// alarm has taken (a record between them was lost): nothing would ever clear them. To be ended one by
    /// one by remove().
    std::vector<AlarmId> orphans() const;
    /// Ends the condition of an orphan by an audited `removed`, which still wants acknowledgement.
    std::optional<Transition> remove(AlarmId id, const Stamp& at, std::uint64_t sequence);

    /// Takes up an alarm of an earlier run, or a later state of it. Used at start only, oldest first. An
    /// earlier state than the one known (by revision) is ignored, a state that is over ends it.
    void restore(Alarm alarm);

    /// Takes up an alarm of an earlier run that only the broker still knows, while this run is under way.
    /// \return false, and nothing changes: it is over, its rule is not of this site, or another alarm of its
    /// key stands.
    bool take_up(Alarm alarm);

    /// Not over, oldest raise first.
    std::vector<const Alarm*> standing() const;
    const Alarm* find(AlarmId id) const;

private:
    struct Entry {
        Alarm alarm;
        std::uint64_t order = 0;  ///< of its last raise, among those of this table
    };

    Alarm* of_key(const Key& key);
    bool is_orphan(const Alarm& alarm) const;
    Transition raise(const rules::Verdict& verdict, const Key& key, const Stamp& at, std::uint64_t sequence);
    std::optional<Transition> change(Alarm& alarm, const rules::Verdict& verdict, const Stamp& at,
                                     std::uint64_t sequence);
    void describe(Alarm& alarm, const rules::Verdict& verdict, const Stamp& at) const;
    Transition done(Alarm& alarm, TransitionKind kind, std::uint64_t sequence, const Actor& actor);
    void forget(const Alarm& alarm);

    Epoch epoch_;
    const config::Site* site_;
    std::set<Key> rules_;  ///< keys that the site can raise
    std::map<AlarmId, Entry> alarms_;
    std::map<Key, AlarmId> by_key_;
    std::uint64_t next_order_ = 0;
};

}  // namespace gengfu::alarms
