#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/sampling/interpret.hpp"
#include "daemon/sampling/response_memory.hpp"
#include "daemon/sampling/schedule.hpp"
#include "daemon/sampling/unit_traffic.hpp"
#include "drivers/bus.hpp"
#include "drivers/modbus/read_plan.hpp"

namespace gengfu::sampling {

/// A register that the device refused with exception 01 or 02 is asked again after kFirstPause, then ever
/// more rarely: a device that is starting up refuses what it has. One that was read before is asked no more
/// rarely than a unit that is offline (kLongestPause), for it is missed; one that never was, no more rarely
/// than this: firmware gets updated.
constexpr Duration kRetryRefused = std::chrono::minutes(10);

/// What came of a device's turn.
struct TurnResult {
    bool answered = false;     ///< some request got an answer, be it an exception
    bool disturbed = false;    ///< some request got none, or a damaged one
    bool damaged = false;      ///< some request got a damaged one: the unit lives
    bool line_lost = false;    ///< the bus must be reopened
    bool interrupted = false;  ///< no samples
    bool put_off = false;      ///< no samples: the rest of it would have held the line, see OnHold
    std::string trouble;       ///< of the line, when lost
};

/// Can every point of the device be fetched by an allowed request? \retval Errc::kInvalid names the point.
Result<void> plannable(const config::Site& site, DeviceId device);

/// Carries out the turns of one device: plans, asks, bisects what is refused, decodes. Used by the bus's
/// thread.
class DeviceReader {
public:
    DeviceReader(const config::Site& site, DeviceId device, const std::vector<Cadence>& cadences);

    /// What to do with a unit that has just been met: where its answer is not to be believed yet
    /// (drivers::Bus::is_unproven()), and where the bus would make the next request wait, and the line with
    /// it, because a second answer may still come (not_before()).
    enum class OnHold : std::uint8_t { kWait, kPutOff };

    /// Appends a sample for every point that is due.
    TurnResult take(const Turn& turn, drivers::Bus& bus, const Clock& clock, std::vector<Sample>& out,
                    OnHold on_hold = OnHold::kWait);

    /// Bad samples for all points that are due, without asking.
    void give_up(DueSet due, Reason reason, Monotonic now, std::vector<Sample>& out);

    /// One write, not of [[setup]]; `request` from write_request().
    Result<void> write(const drivers::Request& request, drivers::Bus& bus);

    /// The unit may have lost what [[setup]] wrote: it is written again before the next reading.
    void set_up_again() { next_setup_ = 0; }

    /// Who had the line: what the next reading comes later for is not the schedule's doing.
    enum class Away : std::uint8_t {
        kTool,  ///< a scan, a raw read: told apart
        kLost,  ///< nobody: it was broken or closed
    };
    void line_away(Away why);

    /// Registers that were set aside are asked with the next reading.
    void ask_refused_again();

    DueSet all() const { return all_; }
    UnitTraffic traffic(Monotonic now);

private:
    using Reads = std::vector<drivers::modbus::Read>;

    /// \retval those of Bus::transact; the unit is not to be read then
    Result<void> set_up(drivers::Bus& bus);
    Result<drivers::Answer> transact(drivers::Bus& bus, const drivers::Request& request);
    void note_pace(const Turn& turn, const TurnResult& result, Monotonic began, Monotonic ended);
    Reads& plan(DueSet due, Monotonic now);
    std::vector<config::PointRef> points_of(DueSet due) const;
    void store(const drivers::modbus::Read& read, const drivers::Answer& answer);
    void fail(const drivers::modbus::Read& read, const Error& error, Monotonic at);
    void refused(Reads& reads, std::size_t position, Monotonic now);
    void set_aside(std::size_t point, Monotonic now);
    bool is_set_aside(std::size_t point) const;
    /// Never over a register that is refused.
    Reads plan_around(const std::vector<drivers::modbus::Wanted>& wanted,
                      const std::vector<config::PointRef>& refused) const;
    void settle_plans(bool is_back, bool was_cut, Monotonic now);
    void hand_over(DueSet due, std::vector<Sample>& out);
    drivers::Request request_for(const drivers::modbus::Read& read) const;
    void learn(const drivers::modbus::Read& read, const drivers::Answer& answer);

    const config::Site* site_;
    DeviceId device_;
    std::vector<Cadence> cadences_;
    DueSet all_ = 0;
    std::vector<drivers::modbus::Wanted> wanted_;  ///< by PointRef
    drivers::modbus::Limits limits_;
    drivers::modbus::Cost cost_;
    ResponseMemory responses_;
    Duration character_{};  ///< on the wire; 0 where bytes take no time that we know of
    Interpreter interpreter_;
    std::map<DueSet, Reads> plans_;
    struct Refusal {
        config::PointRef point;
        Monotonic until;
        bool asking = false;  ///< it is over: asked with a request of its own, until that is answered
    };
    std::vector<Refusal> refused_;  ///< set aside: in no plan, but for one that asks whether they still are
    bool replan_ = false;           ///< who is set aside has changed in the turn under way
    /// A request that was refused as a whole but in no part of it stays cut until then: what it read over may
    /// be what the unit lacks, or it was a moment's mood.
    std::optional<Monotonic> cut_until_;
    Duration cut_pause_{};
    std::vector<Duration> pauses_;   ///< by PointRef: the last of its refusal; zero once it was read again
    std::vector<bool> read_before_;  ///< by PointRef: since the start
    std::size_t next_setup_ = 0;     ///< of the profile's [[setup]], to be written
    UnitTraffic traffic_;
    PeakOfLate of_late_;
    std::vector<std::optional<Monotonic>> last_began_;  ///< of each cadence's last good reading
    std::vector<bool> tool_between_;                    ///< since then a tool had the line
    std::vector<Reading> readings_;                     ///< by PointRef, of the turn under way
    std::vector<Reading> handed_over_;                  ///< kept to spare the allocation
};

}  // namespace gengfu::sampling
