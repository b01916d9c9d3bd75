#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/alarms/service.hpp"
#include "daemon/alarms/wiring.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::alarms {

enum class Answer : std::uint8_t {
    kDone,      ///< `transition` says what became of it
    kAlready,   ///< was so before; harmless
    kStale,     ///< the alarm was raised again, rose or was removed after the revision named, or never had it
    kNotFound,  ///< no such alarm, or it is over
    kRefused,   ///< not now; `why` says why
};

/// So many raises of one condition within so long: it chatters (EEMUA 191 as quoted by Hollifield & Habibi,
/// "3 or more in one minute") …
constexpr int kChatterRaises = 3;
constexpr Duration kChatterWindow = std::chrono::seconds(60);
/// … and stays active until it has been clear for so long (a critical one that somebody has acknowledged is
/// raised anew when it comes back after kCriticalAway). Likewise of one that becomes graver so often
/// within so long: it calls no more for levels that it has called for, until it has not risen for so long.
constexpr Duration kChatterQuiet = std::chrono::minutes(5);
constexpr Duration kCriticalAway = std::chrono::seconds(10);

/// A short form of an id is read off a screen or said on the phone, and used within hours or days.
constexpr std::size_t kOverKept = 256;

struct Outcome {
    Answer answer = Answer::kNotFound;
    std::optional<Transition> transition;
    std::uint64_t revision = 0;  ///< of the alarm now
    std::string why{};           ///< of kRefused
};

/// All alarms that are not over: ISA-18.2 / IEC 62682 with shelving, suppression by design and out of
/// service, as docs/alarms.md lays it down in tables that a test compares with this class. Pure: no clock, no
/// I/O, no ids of its own making. One thread.
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

    /// Keeps the alarm quiet for a while. An alarm that was shelved before is shelved anew. kRefused when the
    /// clock is unknown (nobody could tell after a power cut when it ends), or `lasts` is out of bounds.
    Outcome shelve(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, Duration lasts,
                   std::uint64_t sequence);
    Outcome unshelve(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at,
                     std::uint64_t sequence);
    /// Notes who sees to it (`actor.reason`). \param lasts zero: no end is told
    Outcome handle(AlarmId id, std::uint64_t revision, const Actor& actor, const Stamp& at, Duration lasts,
                   std::uint64_t sequence);

    /// Devices out of service. After a change of it, settle().
    Service& service() { return service_; }
    const Service& service() const { return service_; }

    /// What has become due or follows from other alarms: shelves that are over, devices that went out of
    /// service or came back, causes that came or went, chattering that has been quiet for long. Numbered from
    /// `sequence` on. Call after each change, and every second.
    std::vector<Transition> settle(const Stamp& at, std::uint64_t sequence);

    /// The cause that stands and explains `key`; nothing when none does.
    std::optional<AlarmId> cause_of(const Key& key) const;

    bool is_active(RuleId rule) const;

    /// Devices that a cause explains from now on; before the first word of it those that it had when it was
    /// raised. What stands keeps its explanation while its cause stands.
    void set_behind(RuleId cause, std::vector<std::string> devices);
    /// Groups that a cause may explain; what they hold by is to be told before apply() and settle().
    const std::vector<RuleId>& groups() const { return wiring_.groups(); }
    /// The rules that a group holds by now (rules::Judge::grounds()): what explains them all explains it.
    /// Nothing while it does not hold: then it keeps its explanation while its cause stands.
    void set_grounds(RuleId group, const std::optional<std::vector<RuleId>>& grounds);
    /// A cause that stands has failed once more: a raise of its own, as if it had been gone in between. One
    /// that does not stand is raised by apply(); one that chatters has called often enough, and one that was
    /// raised within kChatterQuiet and has not been acknowledged calls nobody a second time.
    std::optional<Transition> raise_anew(const rules::Verdict& verdict, const Stamp& at,
                                         std::uint64_t sequence);
    /// What no number tells (a file's path, a name): stands behind the text of the rule's alarm from its next
    /// change on.
    void set_detail(RuleId rule, config::Text detail);

    /// After restore() and before anything else, when the machine may have booted since: see carried_over().
    void carry_over(const Stamp& last, const Stamp& now);

    /// Alarms whose rule, point or device `site` no longer has, or has disabled, or whose rule is to raise
    /// none, and alarms whose key another alarm has taken (a record between them was lost): nothing would
    /// ever clear them. To be ended one by one by remove().
    std::vector<AlarmId> orphans() const;
    /// Ends the condition of an orphan by an audited `removed`, which still wants acknowledgement.
    std::optional<Transition> remove(AlarmId id, const Stamp& at, std::uint64_t sequence);

    /// Takes up an alarm of an earlier run, or a later state of it. Used at start only, oldest first. An
    /// earlier state than the one known (by revision) is ignored, a state that is over ends it.
    void restore(Alarm alarm);

    /// The alarm is that of this rule from now on: what it is about has got another name. Used at start only,
    /// after restore(). No event: nothing has happened, and the next one has the new name.
    /// \return false, and nothing changes: there is no such alarm, or one of that rule is active.
    bool move(AlarmId id, RuleId rule);

    /// Takes up an alarm of an earlier run that only the broker still knows, while this run is under way:
    /// without what people did to it, see without_people(). \return false, and nothing changes: it is over,
    /// its rule is not of this site, or another alarm of its key stands.
    bool take_up(Alarm alarm);

    /// Not over, oldest raise first.
    std::vector<const Alarm*> standing() const;
    const Alarm* find(AlarmId id) const;

    /// The last kOverKept alarms that are over, of earlier runs too, oldest first: what somebody noted down
    /// of one of them must not be taken for another (choose()).
    const std::deque<AlarmId>& over() const { return over_; }
    /// Used at start only, before restore().
    void restore_over(const std::vector<AlarmId>& over);

private:
    /// Monotonic times of the last raises of a condition, or rises of an alarm, of this run; 0: none.
    using Times = std::array<std::int64_t, kChatterRaises>;
    /// What clears a chattering alarm when nothing contradicts it for long.
    struct Clearing {
        Evidence evidence;
        std::int64_t since_us = 0;  ///< monotonic, of this boot
    };
    struct Entry {
        Alarm alarm;
        std::uint64_t order = 0;  ///< of its last raise, among those of this table
        std::optional<Clearing> clearing;
        Times rises{};
        bool restless = false;     ///< rises too often
        std::uint64_t spared = 0;  ///< revision of the last rise that nobody was called for because of it
        std::optional<Severity> called{};  ///< the gravest that somebody was called for, in this run
    };

    Alarm* of_key(const Key& key);
    bool is_orphan(const Alarm& alarm) const;
    Transition raise(const rules::Verdict& verdict, const Key& key, const Stamp& at, std::uint64_t sequence,
                     bool enough = false);
    std::optional<Transition> change(Entry& entry, const rules::Verdict& verdict, const Stamp& at,
                                     std::uint64_t sequence);
    std::optional<Transition> clear(Entry& entry, const Evidence& evidence, const Stamp& at,
                                    std::uint64_t sequence);
    std::optional<Transition> grow(Entry& entry, const rules::Verdict& verdict, const Stamp& at,
                                   std::uint64_t sequence);
    void describe(Alarm& alarm, const rules::Verdict& verdict, const Stamp& at) const;
    /// \param enough  it has called often enough: nobody is called for this
    Transition done(Alarm& alarm, TransitionKind kind, std::uint64_t sequence, const Actor& actor,
                    bool enough = false);
    static bool is_restless(const Entry& entry, const Stamp& at);
    static bool has_called_enough(Entry& entry, Severity risen_to, const Stamp& at);
    bool chatters(const Key& key, const Stamp& at);
    static bool was_away(const Entry& entry, const Stamp& at);
    void hold_from_surroundings(Alarm& alarm, const Stamp& at) const;
    bool explains(const Alarm& cause, const std::string& device) const;
    bool is_explained(const Alarm& alarm) const;
    std::optional<AlarmId> cause_of_all(const std::vector<Key>& grounds) const;
    bool stands(const AlarmId& cause) const;
    Outcome found(AlarmId id, std::uint64_t revision, Alarm*& alarm);
    std::optional<Transition> settle_one(Entry& entry, const Stamp& at, std::uint64_t sequence);
    std::optional<Transition> settle_service(Alarm& alarm, std::uint64_t sequence);
    std::optional<Transition> settle_cause(Alarm& alarm, const Stamp& at, std::uint64_t sequence);
    Transition end_shelf(Alarm& alarm, const Actor& actor, std::uint64_t sequence);
    void forget(const Alarm& alarm);
    void note_over(AlarmId id);

    Epoch epoch_;
    const config::Site* site_;
    std::set<Key> rules_;  ///< keys that the site can raise
    std::map<AlarmId, Entry> alarms_;
    std::deque<AlarmId> over_;
    std::map<Key, AlarmId> by_key_;
    std::uint64_t next_order_ = 0;
    Service service_;
    Wiring wiring_;
    std::map<Key, Times> raises_;
    std::map<Key, std::vector<std::string>> behind_;
    std::map<Key, std::vector<Key>> grounds_;  ///< of groups that hold
    std::map<RuleId, config::Text> details_;
};

}  // namespace gengfu::alarms
