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

struct Evidence {
    double value = 0;
    double limit = 0;
    std::string unit;
    config::RuleKind kind = config::RuleKind::kAbove;
    Quality quality = Quality::kGood;
    Reason reason = Reason::kNone;
    Stamp taken;
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

    /// Clear, acknowledged and, if latched, reset: nothing more is expected of anybody.
    bool over() const { return !active && acknowledged && !latched; }
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
    kRemoved = 8
};

/// One transition, with the whole state after it: from any one of them the alarm can be restored.
struct Transition {
    TransitionKind kind = TransitionKind::kRaised;
    std::uint64_t sequence = 0;  ///< of the event record that carries it
    Alarm alarm;
    Actor actor;
};

}  // namespace gengfu::alarms
