#pragma once

#include <optional>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu {

/// A value that the gateway itself gives to a point of its own.
Sample own_sample(PointId point, double value, Monotonic now);

/// What the gateway says of each of its lines (config::LinePoint): how much of the time it is in use, and
/// whether its worker hangs. Pure; the rules of config::self_lines() judge it.
class LineSigns {
public:
    /// \param site  with add_self(); outlives it
    LineSigns(const config::Site& site, Monotonic start);

    /// The line's worker brought something.
    void brought(BusId bus, Monotonic now) {
        last_batch_[bus.value] = now;
        convicted_[bus.value] = false;
    }
    /// The time up to now was not observed (PauseWatch): no worker owed anything.
    void unobserved(Duration length, Monotonic now);
    /// The line's worker has, or had, nothing to do until then (BusWorker::rests_until()): so long it does
    /// not hang. One that hangs in its work is not acquitted by it.
    void rests(BusId bus, Monotonic until) { rests_until_[bus.value] = until; }

    /// Nothing for so long that a silence on the line is its worker's, not its sensors'.
    bool is_suspect(BusId bus, Monotonic now) const;
    /// Such a silence has been found: the worker hangs, until it brings something.
    /// \return the sample that says so; nothing: it is said already
    std::optional<Sample> convict(BusId bus, Monotonic now);

    /// The gateway's own samples of a line; none of one without devices. \param load  share, 0 to 1
    /// \param late  how late a change may be seen where that is beyond what is promised, else zero
    /// \param shared  devices at whose address another answers
    std::vector<Sample> look(BusId bus, double load, Duration late, std::size_t shared, Monotonic now) const;

private:
    /// How long it has owed something.
    Duration nothing_for(BusId bus, Monotonic now) const;

    struct Line {
        std::optional<Duration> shortest_interval;
        std::optional<PointId> load, stuck, late, address;
    };
    std::vector<Line> lines_;             ///< by BusId
    std::vector<Monotonic> last_batch_;   ///< by BusId
    std::vector<Monotonic> rests_until_;  ///< by BusId
    std::vector<bool> convicted_;         ///< by BusId
};

}  // namespace gengfu
