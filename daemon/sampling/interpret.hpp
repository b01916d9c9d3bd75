#pragma once

#include <optional>
#include <span>
#include <vector>

#include "daemon/config/expression.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"
#include "drivers/modbus/codec.hpp"

/// From decoded registers of one device to samples: everything about a point that is not bits.
namespace gengfu::sampling {

/// What became of reading one point in this poll.
struct Reading {
    config::PointRef point = 0;
    /// Decoded, when the request was answered; else `reason` says why not.
    std::optional<drivers::modbus::Raw> raw;
    Reason reason = Reason::kNone;
    Monotonic taken{};
    std::uint8_t exception = 0;  ///< of kException: Sample::exception
};

/// One for each device: it remembers the last raw value of points that others lean on (decimals, units,
/// good_when, protecting, alive). Pure: no clock, no I/O. One thread.
class Interpreter {
public:
    Interpreter(const config::Profile& profile, PointId first_point);

    /// Samples of one poll, in the order of the readings, then those of the virtual points that are made of
    /// any of them. The readings of one poll must be handed over together: a value and the status that
    /// qualifies it are compared within the poll.
    void interpret(std::span<const Reading> readings, std::vector<Sample>& out);

private:
    /// What is known of a point from its last reading.
    struct Known {
        std::optional<double> value;  ///< scaled; empty when the last reading failed
        Reason failed = Reason::kNone;
    };

    /// A virtual point: as good as the worst of what it is made of.
    struct Virtual {
        config::PointRef point = 0;
        config::Expression expression;
    };

    void work_out(const Virtual& one, std::span<const Reading> readings, std::vector<Sample>& out);
    void note(const Reading& reading);
    void follow_states(std::span<const Reading> readings);
    Sample measure(const Reading& reading) const;
    std::optional<double> scaled(const config::PointSpec& spec, double raw, Reason& why) const;
    void qualify(const config::PointSpec& spec, config::PointRef ref, Sample& sample) const;
    bool stale(Monotonic now) const;
    bool protecting(Monotonic now) const;

    const config::Profile* profile_;
    PointId first_point_;
    std::vector<Known> known_;
    std::vector<Virtual> virtual_;
    std::vector<Sample> latest_;  ///< by PointRef, of what virtual points are made of; empty without any
    std::vector<double> inputs_;  ///< kept to spare the allocation
    std::optional<Monotonic> protecting_since_;  ///< empty: in a state that does not protect
    bool was_unprotected_ = false;               ///< a non-protecting state was seen before: `settle` applies
    std::optional<double> heartbeat_;
    Monotonic heartbeat_changed_{};
};

}  // namespace gengfu::sampling
