#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/alarms/actions.hpp"
#include "daemon/alarms/cause_watch.hpp"
#include "daemon/alarms/command.hpp"
#include "daemon/alarms/surroundings.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/blind_watch.hpp"
#include "daemon/clock_watch.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/console/server.hpp"
#include "daemon/control/desk.hpp"
#include "daemon/control/server.hpp"
#include "daemon/core/time_zone.hpp"
#include "daemon/inbox.hpp"
#include "daemon/learned_keeper.hpp"
#include "daemon/learning.hpp"
#include "daemon/line_signs.hpp"
#include "daemon/pause_watch.hpp"
#include "daemon/prepare.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/rules/judge.hpp"
#include "daemon/sampling/bus_worker.hpp"
#include "daemon/sampling/promise_watch.hpp"
#include "daemon/store_watch.hpp"
#include "daemon/what_came.hpp"

namespace gengfu {

/// The daemon at work: samples from the bus workers to verdicts, alarms, stored records and messages. All of
/// it on core, but for the workers, the store and the MQTT library, which hand over by posting.
class Pipeline {
public:
    /// \param clock outlives the pipeline.
    Pipeline(boost::asio::io_context& core, Prepared prepared, const Clock& clock, std::string version);

    /// What only a new start can bring about; set before start().
    struct Wishes {
        /// Another gateway has our name and a start number not below ours: begin anew above it.
        std::function<void(std::uint64_t start)> start_above;
        /// Decommissioned: end for good.
        std::function<void()> end;
        /// Decommissioning failed half-way: begin anew.
        std::function<void()> start_anew;
    };
    void wish(Wishes wishes) { wishes_ = std::move(wishes); }
    /// \param watch outlives the pipeline, which starts it; without one the clock is what `clock` says.
    void watch_clock(ClockWatch& watch) { clock_watch_ = &watch; }
    ~Pipeline();

    /// Restores the alarm book, begins to poll, judge and publish, listens for the command.
    /// \retval Errc::kCorrupt, kIo, kNotBuilt
    Result<void> start();

    /// What comes after: actions of alarms that stand go on over a new start, and are undone at an end.
    enum class Next : std::uint8_t { kNewStart, kEnd };
    /// Stops polling, saves the book, sends what waits for a few seconds, closes the store. `done` on core.
    void stop(Next next, std::function<void()> done);

    /// A reload was refused (or, with an empty text, the files are good again).
    void configuration_trouble(const std::string& why);

    /// Why a new start with that configuration would leave something on that it cannot switch off; empty: it
    /// would not. What does not answer could not be switched off now either, and is none.
    config::Text would_strand(const config::Site& fresh) const;

    const config::Site& site() const { return site_; }

private:
    Result<void> restore();
    Result<void> start_workers();
    void drain_paced();
    void drain();
    void judge(const std::vector<Sample>& samples);
    /// \param settled  called when the event is on disk (Publisher::event)
    void transition(alarms::Transition transition, std::function<void()> settled = {});
    void carry_out(const publish::PlatformCommand& command,
                   const std::function<void(publish::CommandResult)>& done);
    publish::CommandResult change_alarm(const publish::PlatformCommand& command);
    void read_for_platform(const std::string& device,
                           const std::function<void(publish::CommandResult)>& done);
    void keep_catalogue();
    // pipeline_verdicts.cpp
    void apply(const std::vector<rules::Verdict>& verdicts);
    void hold_verdicts();
    bool take_up(alarms::Alarm alarm);
    void end_hold();
    void watch_silence();
    bool is_of_lent_line(const rules::Verdict& verdict);
    void act_anew(RuleId rule);
    bool is_by_loan(RuleId rule) const;
    void release_silences();
    // pipeline_watch.cpp
    void note_health(const sampling::HealthChange& change);
    void note_lines();
    void note_set_aside(BusId bus, const sampling::BusSnapshot& seen);
    void note_store();
    void note_blind();
    std::vector<rules::Blind> blind() const;
    void note_later();
    void note_pause();
    void keep_watchdog_fed();
    void tell_time();
    // pipeline_alarms.cpp
    alarms::Outcome change(const alarms::Wish& wish, std::function<void()> settled = {});
    /// \return what is wrong with the wish; empty, and `settled` is called, when nothing is
    std::string change_service(const alarms::ServiceWish& wish, std::function<void()> settled = {});
    void service_changed(const alarms::ServiceChange& change, std::function<void()> settled);
    void tell_service();
    void tell_grounds();
    void settle_alarms();
    void audit(const alarms::Audit& audit, std::function<void()> settled);
    publish::CommandResult carry_out_service(const publish::PlatformCommand& command,
                                             const alarms::Actor& actor);
    bool has_timed_flags() const;
    // pipeline_causes.cpp
    void follow_renames();
    void begin_causes();
    void look_at_hangs(const std::set<BusId>& missed, alarms::CauseWatch::Patience patience);
    void look_at_causes(alarms::CauseWatch::Patience patience);
    void look_at_lines();
    Duration look_at_promise(BusId bus, const sampling::BusSnapshot& seen);
    std::string wrong_answer(DeviceId device) const;
    void raise_anew(const std::vector<rules::Verdict>& verdicts);
    rules::Verdict own_verdict(RuleId rule, const Sample& sample, Monotonic now) const;
    WhatCame what_came(const std::vector<DeviceId>& silent) const;
    void note_loan(BusId bus, const sampling::BusSnapshot& seen);
    std::size_t look_at_addresses(BusId bus, const sampling::BusSnapshot& seen);
    void tell_address(const config::Device& device, bool two) const;
    void judge_own(const std::vector<Sample>& samples);
    /// \return the lines of devices that rules find silent
    std::set<BusId> finds_silence(const std::vector<rules::Verdict>& verdicts) const;
    // pipeline_actions.cpp
    void begin_actions();
    void act();
    void withdraw_writes();
    void write(const alarms::ActionWrite& write);
    void tell_action(const alarms::ActionNews& news);
    void look_at_outputs(const std::vector<Sample>& samples);
    void wrote(const alarms::ActionWrite& write, const Result<void>& how);
    void look_at_actions();
    void release_actions(std::function<void()> then);
    void end_release();
    void finish(std::function<void()> done);
    // pipeline_self.cpp
    void look_at_self();
    std::vector<Sample> store_samples(Monotonic now);
    void start_clock_watch();
    void clock_known(bool known);
    void clock_jumped(std::int64_t jump_us);
    void remember_namesake();
    void name_in_use(std::uint64_t start, bool alive);
    void decommission(const alarms::Actor& actor, const std::function<void(Result<std::size_t>)>& done);
    void empty_retained(const alarms::Actor& actor, const std::function<void(Result<std::size_t>)>& done);
    void stop_watching();

    void save_book_soon();
    void save_book();
    std::map<std::string, std::chrono::seconds> silences_to_keep() const;
    alarms::Stamp stamp() const;
    std::string state() const;
    publish::Questions questions();
    control::Daemon desk();
    sampling::BusSnapshot snapshot(BusId bus) const;
    Result<void> read(DeviceId device, std::function<void(std::vector<Sample>)> done);
    void add_lines(control::Daemon& daemon);
    void add_history(control::Daemon& daemon);
    // pipeline_calibrate.cpp
    Result<std::string> calibrate(const control::CalibrateWish& wish, std::function<void()> settled);
    publish::CommandResult calibrate_for_platform(const std::string& device, const alarms::Actor& actor);
    void teach_calibrations();
    void open_console();
    console::Page page(std::string_view path);

    boost::asio::io_context& core_;
    config::Site site_;
    std::string configuration_hash_;
    std::string configuration_trouble_;
    std::unique_ptr<store::Store> store_;
    store::Start start_;
    std::shared_ptr<StoreNews> store_news_;
    const Clock& clock_;
    std::string version_;
    Monotonic started_;
    Inbox<sampling::Batch> inbox_;
    rules::Judge judge_;
    LearnedKeeper learned_;
    std::vector<std::string> calibrations_;  ///< of the last run, later than its book
    std::optional<TimeZone> zone_;           ///< of schedules; none: unknown on this machine
    Learning learning_;
    alarms::Table table_;
    alarms::CauseWatch causes_;
    alarms::Surroundings surroundings_;
    alarms::Actions actions_;
    std::map<std::pair<DeviceId, config::Register>, std::shared_ptr<sampling::WriteLeave>> writes_waiting_;
    std::vector<alarms::KeptOutput> saved_outputs_;  ///< of the last book, until begin_actions()
    bool acting_ = false;                            ///< from begin_actions() on
    std::function<void()> released_;                 ///< see release_actions()
    LineSigns signs_;
    PauseWatch pause_watch_;
    sampling::PromiseWatch promises_;
    unsigned line_looks_ = 0;
    std::set<BusId> lent_lines_;                              ///< as last seen
    std::set<DeviceId> shared_addresses_;                     ///< as last logged
    std::vector<sampling::Health> told_health_;               ///< by DeviceId, as last logged
    std::vector<std::set<config::PointRef>> told_set_aside_;  ///< by DeviceId, as logged so far
    std::unique_ptr<publish::Publisher> publisher_;
    std::vector<std::unique_ptr<sampling::BusWorker>> workers_;  ///< by BusId; none for the gateway's own bus
    std::vector<sampling::LineTrouble> line_trouble_;            ///< by BusId, as last logged
    control::Daemon desk_;
    std::unique_ptr<control::Server> server_;
    std::unique_ptr<console::Server> console_;
    bool console_told_ = false;  ///< that it cannot be opened
    std::string metrics_;        ///< as last made, see page()
    Monotonic metrics_made_{};
    std::vector<rules::Verdict> verdicts_;  ///< kept to spare the allocation
    /// While the broker may still know alarms that our disk lost: see hold_verdicts()
    bool holding_ = false;
    std::vector<rules::Verdict> held_;
    std::vector<rules::RuleMemory> saved_memory_;  ///< of the last book, until the judge has taken it up
    std::string saved_learned_;                    ///< likewise
    std::string saved_book_;                       ///< without its time
    Monotonic book_saved_{};
    std::uint64_t complete_start_ = 0;  ///< of the last book, see publish::Book
    alarms::Stamp last_book_{};         ///< of an earlier run: when its last book was written
    unsigned audits_left_ = 0;          ///< of this minute: see audit()
    Monotonic audits_from_{};
    /// Until when silence on a bus is nobody's fault: it is lent, or was a moment ago. By BusId.
    std::vector<Monotonic> lent_until_;
    std::vector<rules::Verdict> silences_;  ///< silences of lent buses
    std::uint64_t abandoned_seen_ = 0;
    Wishes wishes_;
    ClockWatch* clock_watch_ = nullptr;
    BootId undated_boot_{};  ///< boot whose records await a clock fix
    std::uint64_t start_above_ = 0;
    std::optional<Monotonic> namesake_seen_;
    bool asked_above_ = false;
    bool far_ahead_told_ = false;
    StoreWatch store_watch_;
    unsigned store_looks_ = 0;
    BlindWatch blind_watch_;
    unsigned blind_looks_ = 0;
    bool stopping_ = false;
    Monotonic drain_not_before_{};
    boost::asio::steady_timer drain_timer_, silence_timer_, self_timer_, book_timer_, watchdog_timer_,
        note_timer_, hold_timer_, console_timer_, release_timer_;
};

}  // namespace gengfu
