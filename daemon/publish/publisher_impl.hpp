#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/publish/aggregation.hpp"
#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/commands.hpp"
#include "daemon/publish/delivery.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/event_line.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/publish/reconcile.hpp"
#include "daemon/publish/report_filter.hpp"
#include "daemon/publish/resend.hpp"
#include "daemon/publish/timer.hpp"
#include "daemon/publish/topics.hpp"

namespace gengfu::publish {

/// One of Publisher::Impl::catalogue_parts.
gengfu::v1::CatalogueChange catalogue_part(const std::string& bytes);

/// The parts put together; publisher.cpp is what the daemon calls, publisher_link.cpp what the broker does.
class Publisher::Impl : public std::enable_shared_from_this<Publisher::Impl> {
public:
    Impl(boost::asio::any_io_executor core, const config::Site& site, Run run, store::Store& store,
         const Clock& clock, Questions questions, SessionMaker make, Tuning tuning);

    // publisher.cpp
    void start();
    void stop(Duration grace, std::function<void()> done);
    void abandon();
    void event(const alarms::Transition& transition, std::function<void()> settled);
    void audit(const std::string& what, const alarms::Actor& actor, const config::Text& text,
               std::function<void()> settled);
    void clock_fix(std::int64_t wall_of_zero_us, std::uint64_t uncertainty_us);
    void audit(const alarms::Audit& audit, std::string left_behind, std::function<void()> settled);
    void samples(const std::vector<Sample>& samples);
    void declare(const store::Loss& loss);
    PublisherStatus status() const;

    std::uint64_t next_event = 1;
    Aliases aliases;
    std::string catalogue_hash;  ///< once it is recorded
    /// As bytes: messages take six times the memory, and it is said once a connection.
    std::vector<std::string> catalogue_parts;

    std::map<std::string, Duration> silences() const { return delivery_->silences(); }
    std::vector<AnsweredCommand> answered_commands() const { return commands_.memory(clock_->wall()); }

private:
    // publisher.cpp
    void keep_catalogue(const Catalogue& built);
    void record_catalogue();
    void commit(store::Record record, std::string state, std::optional<AlarmUpdate> update);
    void committed(std::uint64_t sequence, const Result<void>& result);
    void move_events();
    void when_settled(std::uint64_t sequence, std::function<void()> then);
    void settle(std::uint64_t sequence);
    void report_around(const alarms::Transition& transition);
    void gather(const Sample& sample);
    void send_batch();
    void finish_stop();
    void notice(Notice kind, const std::string& zh, const std::string& en);

    // publisher_consumers.cpp
    void on_confirm(const std::string& payload);
    void check_listed(const std::string& consumer);
    void complain(const std::string& what, const std::string& zh, const std::string& en);
    void declaration_committed(std::uint64_t sequence);

    // publisher_link.cpp
    Delivery::Hooks hooks();
    Callbacks callbacks();
    void on_connected(const Connected& granted);
    enum class Ended : std::uint8_t { kByBroker, kByUs };
    void on_lost(const std::string& why, Ended ended);
    void on_idle();
    void on_refused(const std::string& topic, const std::string& why);
    void on_unproven(const Proof::Overdue& overdue);
    void on_message(const Incoming& message);
    void on_own_state(const Incoming& message);
    void on_own_birth(const Incoming& message);
    void subscribe(const std::string& filter);
    void say_state();
    void heartbeat();
    void say_birth();
    void say_catalogue();
    void begin_listing();
    void end_listing();
    bool lost_by_crash(AlarmId id) const;
    void take_up_lost(const Listing& seen);
    void say_listed();
    void say_alarms(const Listing& seen);
    std::map<std::string, std::string> standing_payloads() const;

    // publisher_leave.cpp
public:
    void decommission(std::function<void(Result<std::size_t>)> done);

private:
    void empty_all(const Listing& seen);
    void stay(const std::string& why);

    // publisher_commands.cpp
    void on_command(const std::string& verb, const Incoming& message);
    void answer(const Answered& answered, std::uint64_t events_before);
    void carry_out(const PlatformCommand& command, Commands::Done done);
    CommandResult rebirth(const std::string& catalogue_hash);
    CommandResult old_catalogue(const std::string& hash);
    void resend(const PlatformCommand& command, Commands::Done done);
    CommandResult begin_resend(const PlatformCommand& command,
                               const Result<std::vector<store::StreamRanges>>& held);
    void read_history();
    void found_history(std::uint64_t number, const Result<store::Pending>& found);
    bool may_audit();

    boost::asio::any_io_executor core_;
    const config::Site* site_;
    Run run_;
    store::Store* store_;
    const Clock* clock_;
    Questions questions_;
    SessionMaker make_;
    Tuning tuning_;

    Topics topics_;
    Encoder encoder_;
    ReportFilter filter_;
    Aggregation aggregation_;
    std::vector<Sample> windows_;  ///< kept to spare the allocation
    BatchEncoder batch_;
    EventLine line_;
    Commands commands_;
    Resend resend_;
    Monotonic audits_since_{};
    std::uint32_t audits_ = 0;     ///< since then
    std::uint64_t unaudited_ = 0;  ///< commands that were too many to be recorded one by one
    std::uint64_t clock_fixes_ = 0;
    std::map<std::pair<std::string, std::string>, PointId> points_by_name_;
    std::map<Epoch, std::uint64_t> known_epochs_;  ///< with the last event that the disk has
    std::uint64_t next_telemetry_ = 1;
    std::string hash_of_site_;  ///< of its catalogue

    std::shared_ptr<Delivery> delivery_;
    std::unique_ptr<Session> session_;
    std::optional<Connected> granted_;
    std::string trouble_;
    std::map<std::string, Monotonic> complaints_;  ///< of what consumers say, with when it was told
    std::set<std::string> told_;                   ///< troubles told since the last good connection
    std::optional<Listing> listing_;
    std::string marker_;
    std::uint64_t markers_ = 0;
    bool listed_told_ = false;
    bool birth_seen_ = false;  ///< the broker has given us our own birth: a foreign one is newer
    Monotonic state_said_{};
    std::optional<Monotonic> denied_;  ///< when it last denied something
    Duration denied_pause_{};          ///< before a connection that took nothing is made anew

    enum class Stage : std::uint8_t { kRunning, kLeaving, kDraining, kGoodbye, kStopped };
    Stage stage_ = Stage::kRunning;
    std::function<void()> stopped_;
    std::function<void(Result<std::size_t>)> leaving_;  ///< until all is emptied
    std::size_t emptied_ = 0;

    /// Who waits for the disk to have an event, and for how long at most.
    struct Waiter {
        std::function<void()> then;
        std::unique_ptr<Timer> timer;
    };
    std::multimap<std::uint64_t, Waiter> waiters_;
    std::map<std::uint64_t, store::Loss> declared_;  ///< by the event that says so, until it is on disk

    Timer linger_timer_, event_timer_, heartbeat_timer_, listing_timer_, stop_timer_, history_timer_,
        denied_timer_;
};

}  // namespace gengfu::publish
