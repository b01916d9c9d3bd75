#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/ids.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/core/severity.hpp"
#include "daemon/core/time.hpp"
#include "daemon/rules/detectors/finding.hpp"

namespace gengfu::alarms {

/// Which condition: names, since they last over reloads and restarts.
struct Key {
    std::string device, point, rule;  ///< `point` empty: the whole device
    friend auto operator<=>(const Key&, const Key&) = default;
};

enum class ActorKind : std::uint8_t { kGateway, kUser, kPlatform };

struct Actor {
    ActorKind kind = ActorKind::kGateway;
    std::string name, on_behalf_of, reason;
    friend bool operator==(const Actor&, const Actor&) = default;
};

/// A moment that outlives the process: monotonic time is worth something only with the boot it belongs to.
struct Stamp {
    BootId boot{};
    std::int64_t monotonic_us = 0;
    std::optional<Wall> wall;
    friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// Why an alarm does not ring although it stands: who keeps it quiet, why (`by.reason`), since when, how
/// long.
struct Hold {
    Actor by{};
    Stamp since{};
    /// Its monotonic time decides, within its boot; see alarms::carried_over(). None: ends with its cause.
    std::optional<Stamp> expires{};
    Severity seen = Severity::kMinor;  ///< of a shelf: what was shelved; a graver one ends the shelf
    std::optional<AlarmId> cause{};    ///< of a suppression
    friend bool operator==(const Hold&, const Hold&) = default;
};

/// A note that somebody sees to the alarm (`by.reason`), and until when: for people, it changes nothing else.
struct Handling {
    Actor by;
    Stamp since;
    std::optional<Stamp> until;
    friend bool operator==(const Handling&, const Handling&) = default;
};

/// What a rule of kind `anomaly` found (rules::Anomaly), with the point by its name.
struct AnomalyFound {
    rules::detectors::Aspect aspect = rules::detectors::Aspect::kNone;
    double expected = 0, low = 0, high = 0, score = 0;
    std::string point;
    friend bool operator==(const AnomalyFound&, const AnomalyFound&) = default;
};

struct Evidence {
    double value = 0;
    double limit = 0;
    std::string unit;
    config::RuleKind kind = config::RuleKind::kAbove;
    Quality quality = Quality::kGood;
    Reason reason = Reason::kNone;
    Stamp taken;
    std::optional<AnomalyFound> anomaly;  ///< of that kind only
};

/// One alarm: condition × acknowledged × latched (ISA-18.2 / IEC 62682), and all a worker needs without a
/// look-up. Texts, component and place are those of the configuration at the last raise.
struct Alarm {
    AlarmId id;
    std::uint64_t revision = 0;  ///< raised by every transition
    std::uint64_t raise_revision =
        0;  ///< revision of the last raise or rise of severity: acknowledgements of older ones are stale
    Key key;
    std::string device_class;
    bool active = false, acknowledged = false, latched = false, uncertain = false, removed = false;
    Severity severity = Severity::kMinor;
    std::shared_ptr<const config::RuleText> texts;  ///< title, advice, hazard; `text` filled in below
    config::Text text;                              ///< with the numbers
    config::Component component;
    std::vector<config::Party> parties;  ///< those that the component names, whole
    Stamp raised;
    std::optional<Stamp> cleared, acknowledged_at;
    Actor acknowledged_by;
    Evidence evidence;
    std::optional<Hold> shelved;         ///< by a person, for a while
    std::optional<Hold> suppressed;      ///< by a cause that explains it
    std::optional<Hold> out_of_service;  ///< its device is being worked on
    std::optional<Handling> handling;
    bool chattering = false;   ///< came and went too often: stays active until it has been quiet for long
    std::uint32_t raises = 0;  ///< how often its condition came since the alarm began
    /// Revision of the last transition that called somebody; 0: none did since it was last acknowledged.
    std::uint64_t rang = 0;
    std::vector<std::string> behind;  ///< of a cause: the devices that it explains, at its last raise

    /// Keeps its state and its place in the record, but calls nobody.
    bool held() const { return shelved || suppressed || out_of_service; }

    /// Clear, acknowledged and, if latched, reset: nothing more is expected of anybody. One that is shelved
    /// is kept, so that the shelf covers the next raise.
    bool over() const { return !active && acknowledged && !latched && !shelved; }
};

/// The numbers are those of the wire (proto/gengfu/v1/alarm.proto).
enum class TransitionKind : std::uint8_t {
    kRaised = 1,
    kCleared = 2,
    kAcknowledged = 3,
    kReset = 4,
    kSeverityChanged = 5,
    kUncertain = 6,
    kCertain = 7,
    kRemoved = 8,
    kShelved = 9,
    kUnshelved = 10,
    kSuppressed = 11,
    kReleased = 12,
    kOutOfService = 13,
    kReturned = 14,
    kHandling = 15
};

/// One sample near a transition.
struct SampleAround {
    std::string point{};         ///< empty: the alarm's own; another device's: "device/point"
    std::int64_t offset_us = 0;  ///< from Evidence::taken
    double value = 0;            ///< in the point's unit
    Quality quality = Quality::kBad;
    Reason reason = Reason::kNone;
    friend bool operator==(const SampleAround&, const SampleAround&) = default;
};

/// One transition, with the whole state after it: from any one of them the alarm can be restored.
struct Transition {
    TransitionKind kind = TransitionKind::kRaised;
    std::uint64_t sequence = 0;  ///< of the event record that carries it
    Alarm alarm;
    Actor actor;
    /// Somebody is to be called: a raise, a rise of severity, or the end of what kept an alarm quiet that
    /// still wants attention.
    bool notify = false;
    std::vector<SampleAround> around{};  ///< how it came to it, oldest first; of the event alone
};

/// A device that is taken out of service, or (without a hold) returned.
struct ServiceChange {
    std::string device;
    std::optional<Hold> hold;
    Actor actor;
};

/// A thing that somebody did and that is no transition of an alarm, for the record.
struct Audit {
    std::string what;  ///< "out-of-service", "returned", "ack-already", "ack-stale", …
    Actor actor{};
    config::Text text{};
    std::string device{};  ///< empty: none is meant
    std::optional<AlarmId> alarm{};
    std::optional<Stamp> until{};
};

}  // namespace gengfu::alarms
