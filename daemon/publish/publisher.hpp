#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/publish/alarm_codec.hpp"
#include "daemon/publish/session.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::publish {

enum class Notice : std::uint8_t { kInfo, kWarning };

/// Which run of the gateway speaks.
struct Run {
    std::string gateway;
    Epoch epoch;
    std::uint64_t start = 0;
    std::string software;            ///< "gengfu 0.1.0"
    std::string configuration_hash;  ///< 16 hex digits
    Aliases aliases{};               ///< of the last book; points without one get the next numbers
    std::string catalogue_hash{};    ///< of the last book: a catalogue that differs is recorded as events
    /// Earlier epochs of this store (store::Start::epochs): only alarms raised under one of them, or under
    /// `epoch`, are emptied at the broker when they no longer stand.
    std::vector<store::KnownEpoch> known_epochs{};
    /// Of the last book: of starts up to this one nothing is lost, and nothing is taken up from the broker.
    std::uint64_t complete_start = 0;
    std::vector<AnsweredCommand> commands{};     ///< of the last book: they are not carried out again
    std::map<std::string, Duration> silences{};  ///< of the last book, Publisher::silences()
};

/// What wall time it was at this boot's monotonic zero (gengfu.v1.ClockFix).
struct ClockFix {
    std::uint64_t version = 0;
    std::int64_t wall_of_zero_us = 0;  ///< microseconds since 1970 UTC
    std::uint64_t uncertainty_us = 0;  ///< 0: not known
};

/// What is built; commands.cpp has a row for each, and what it must name.
enum class Verb : std::uint8_t {
    kAcknowledge,
    kReset,
    kRead,
    kRebirth,
    kResend,
    kShelve,
    kUnshelve,
    kHandling,
    kOutOfService,
    kReturn,
    kCalibrate,
};

/// A command from the platform, checked for form and age.
struct PlatformCommand {
    Verb verb = Verb::kAcknowledge;
    std::string id;
    std::string alarm_id;
    std::uint64_t revision = 0;  ///< never 0 where an alarm is named
    std::string on_behalf_of, reason;
    std::string device{};                       ///< kRead, kOutOfService, kReturn, kCalibrate
    Duration lasts{};                           ///< kShelve, kOutOfService; kHandling: zero when not told
    std::string catalogue_hash{};               ///< kRebirth; empty: all that is retained
    std::string consumer{};                     ///< kResend
    std::vector<store::StreamRanges> ranges{};  ///< kResend: an entry without ranges is the whole stream
    std::vector<store::StreamRanges> except{};
};

/// One point as kRead found it.
struct Reading {
    std::string point, unit;
    double value = 0;  ///< NaN: none
    std::string text{};
    Quality quality = Quality::kBad;
    Reason reason = Reason::kNone;
    alarms::Stamp taken{};
};

struct CommandResult {
    int outcome = 0;  ///< gengfu.v1.Outcome
    std::string message;
    std::uint64_t revision = 0;
    std::string
        alarm_id{};  ///< whole, where the command's could be told; else the command's stands in the reply
    std::vector<Reading> readings{};
    std::vector<store::StreamRanges> missing{};  ///< asked for by number, and no longer here
};

/// What the publisher asks of the rest of the daemon; called on core.
struct Questions {
    /// All alarms that are not over, for birth, for the retained topics and for their reconciliation.
    std::function<std::vector<const alarms::Alarm*>()> standing;
    /// The number of the last event record made.
    std::function<std::uint64_t()> last_event_sequence;
    /// Called for all verbs but kRebirth and kResend, which the publisher sees to itself. `done` is called
    /// once, in the call or later, on core.
    std::function<void(const PlatformCommand&, std::function<void(CommandResult)> done)> carry_out;
    /// The parts of a catalogue that records may still name (gengfu.v1.CatalogueChange, serialised), by its
    /// hash; empty: not known. Optional.
    std::function<std::vector<std::string>(const std::string& hash)> catalogue{};
    /// An alarm of an earlier start that the broker retains and the disk does not know: it went out as
    /// volatile and a crash came before its commit. \return whether it stands again; else its topic is
    /// emptied. Optional.
    std::function<bool(alarms::Alarm)> take_up;
    /// take_up() has been asked for all that the broker retained, or there is no broker to ask. Once.
    /// Optional.
    std::function<void()> listed;
    /// Another gateway speaks under our name: its birth is retained with a start number, or it is heard while
    /// we are connected (`alive`; `start` 0: not said). Optional.
    std::function<void(std::uint64_t start, bool alive)> name_in_use{};
    /// A filled gengfu.v1.State, serialised, but for identity, time and pending counts.
    std::function<std::string()> state;
    /// One line for the log in the gateway's language, once per change (connected, refused, why not).
    /// Optional.
    std::function<void(Notice, const std::string&)> notice;
};

/// Bounds and times, as they are in the field; tests shorten them.
struct Tuning {
    Duration volatile_after = std::chrono::milliseconds(500);  ///< product contract, An event
    Duration listing = std::chrono::seconds(5);                ///< longest wait for our own retained topics
    Duration acknowledge = std::chrono::seconds(30);           ///< a PUBACK that takes longer: connect anew
    Duration retry_refused = std::chrono::seconds(60);  ///< records that the broker denied are tried again
    Duration unconfirmed =
        std::chrono::seconds(30);  ///< after a PUBACK; then what a consumer lacks is sent again
    Duration prove_again = std::chrono::minutes(1);            ///< MQTT 3.1.1: Proof
    Duration confirm_gather = std::chrono::milliseconds(100);  ///< PUBACKs noted in the store together
    std::uint32_t hist_rate = 200;    ///< backlog messages a second; 0: as the window takes them
    std::size_t live_records = 256;   ///< telemetry waiting in memory; more goes out from the store
    std::size_t live_events = 1024;   ///< events waiting in memory; more goes out from the store
    std::size_t batch_samples = 500;  ///< a batch is sent when it has so many, before its linger is over
};

struct PublisherStatus {
    bool connected = false;
    std::string broker;   ///< "mqtts://broker-1.city.example:8883 (MQTT 5)"
    bool denied = false;  ///< the broker denied something within the last two attempts to send it
    std::string trouble;  ///< why not connected; while connected, what the broker refuses
    std::uint64_t in_flight = 0, events_waiting = 0, telemetry_waiting = 0;
    std::uint64_t published = 0, acknowledged = 0, refused = 0;
    std::string
        silent_consumer{};  ///< which of those that must confirm has been silent for longest; may be none
    Duration consumer_silent{};  ///< for how long, connected time alone
};

/// Encodes, stores and sends. On core (one executor); never blocks.
class Publisher {
public:
    using SessionMaker =
        std::function<std::unique_ptr<Session>(const config::Mqtt&, std::string client_id, Will, Callbacks)>;

    /// \param site, store, clock outlive the publisher.
    Publisher(boost::asio::any_io_executor core, const config::Site& site, Run run, store::Store& store,
              const Clock& clock, Questions questions, SessionMaker make = make_session, Tuning tuning = {});
    ~Publisher();

    /// Records the catalogue as events when it is new (they use up sequences), then connects. Call before the
    /// first event() and samples(); checkpoint a book with aliases() and catalogue_hash() right after it.
    void start();
    /// Sends what waits for at most `grace`, says offline, ends. `done` on core.
    void stop(Duration grace, std::function<void()> done);

    /// Empties every retained topic of this gateway at the broker, after what waits has gone, says goodbye
    /// and ends as stop() does. No event() and samples() any more. \param done  on core, once: how many
    /// topics were emptied; kIo: no connection, or it went before all was acknowledged (the publisher goes
    /// on)
    void decommission(std::function<void(Result<std::size_t>)> done);

    /// The sequence that the next event record will have. Takes effect with event().
    std::uint64_t next_event_sequence() const;

    /// Makes the event record of a transition, commits it, publishes it (as volatile when the disk takes more
    /// than 500 ms) and brings the alarm's retained topic up to date. `transition.sequence` must be
    /// next_event_sequence().
    ///
    /// \param settled  called on core, later, once: when the event is on disk, or when the disk has failed or
    /// taken
    ///                 500 ms and it goes out as volatile. Whoever ordered the transition is answered then,
    ///                 not before (over MQTT the publisher sees to that itself). Not called any more after
    ///                 stop().
    void event(const alarms::Transition& transition, std::function<void()> settled = {});

    /// Records that somebody did something, or that something befell the gateway, as an event.
    /// \param what  a word such as "command-read"; the text says it in both languages
    /// \param settled  as in event()
    void audit(const std::string& what, const alarms::Actor& actor, const config::Text& text,
               std::function<void()> settled = {});
    /// Records what time it is, for the records of this boot that were made without knowing. The version is
    /// given here.
    void clock_fix(std::int64_t wall_of_zero_us, std::uint64_t uncertainty_us);
    /// Makes the event record of something that is no transition, with what it leaves behind
    /// (encode_service(); may be empty), and treats it as event() does.
    void audit(const alarms::Audit& audit, std::string left_behind = {}, std::function<void()> settled = {});

    /// Samples as they come. Report by exception is applied here: on leaving the deadband, on change of
    /// quality, at least every max_interval. Gathered for `linger`.
    void samples(const std::vector<Sample>& samples);

    /// Tells the consumers of a loss by a record on `event`, and the store when that is on disk.
    void declare(const store::Loss& loss);

    PublisherStatus status() const;

    /// For the next book.
    const Aliases& aliases() const;
    const std::string& catalogue_hash() const;
    std::vector<AnsweredCommand> answered_commands() const;
    /// For how long each consumer that must confirm has not been heard, connected time alone, over restarts.
    std::map<std::string, Duration> silences() const;
    /// The catalogue's parts (gengfu.v1.CatalogueChange, serialised), for whoever is asked for it later.
    std::vector<std::string> catalogue_parts() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  ///< shared with handlers under way, which find it closed
};

}  // namespace gengfu::publish
