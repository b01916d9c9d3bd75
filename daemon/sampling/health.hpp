#pragma once

#include <cstdint>

#include "daemon/core/time.hpp"
#include "daemon/sampling/batch.hpp"

/// When to ask a unit that does not answer. Pure: time comes in as an argument.
namespace gengfu::sampling {

/// Failures in a row after which a unit counts as offline. Three: one lost answer on a noisy line is common,
/// three in a row of a unit that lives are not.
constexpr int kOfflineAfter = 3;
/// Likewise of one that has not answered yet since the start: a start without it must not cost its neighbours
/// three of its longest time-outs each.
constexpr int kOfflineAfterUnheard = 2;
/// Likewise where an answer came each time, but damaged: whoever answers lives, and its noise must not cost
/// it more readings than it spoils. Of a unit half of whose answers are damaged ten in a row are one in a
/// thousand.
constexpr int kOfflineAfterDamaged = 10;
/// Answers in a row after which a degraded unit counts as online again.
constexpr int kOnlineAfter = 3;
/// First pause after going offline, doubled with every further failure …
constexpr Duration kFirstPause = std::chrono::seconds(1);
/// … up to this: with the wait for a gap on a busy line (kProbePatience) and the turn under way, a unit that
/// comes back is seen within 15 s where the line has time.
constexpr Duration kLongestPause = std::chrono::seconds(13);

class DeviceHealth {
public:
    Health health() const { return health_; }

    /// The unit answered, be it with an exception. \return true when health() changed.
    bool succeeded();
    /// No whole answer came. \param damaged  but one that was not whole \return true when health() changed.
    bool failed(Monotonic now, bool damaged = false);
    /// It could not be asked, for its line cannot be opened: after as many cycles nothing is known of it any
    /// more. No pause grows: it is not to blame. \return true when health() changed.
    bool unreachable();

    /// Offline units are not asked before this.
    Monotonic probe_not_before() const { return probe_not_before_; }
    /// Something says that the unit may be back (a sibling on its feed answered, the line was opened anew).
    void ask_at_once(Monotonic now) { probe_not_before_ = now; }

private:
    void count_failure(bool damaged, int after);

    Health health_ = Health::kUnknown;
    int failures_ = 0;    ///< in a row, in parts of what makes it offline
    bool heard_ = false;  ///< it has answered, be it damaged
    int answers_ = 0;
    Duration pause_ = kFirstPause;
    Monotonic probe_not_before_{};
};

/// How much of the line the dead may take: probes of offline units cost their whole time-out, so all of them
/// together get at most this share while any unit of the line lives.
constexpr double kProbeShare = 0.03;

/// A probe that had to wait for a gap on a busy line does not shift those after it, within this.
constexpr Duration kMadeUpForProbes = std::chrono::seconds(2);

class ProbeBudget {
public:
    /// A probe was made. The next may begin when it has been paid for.
    void spent(Monotonic began, Monotonic ended);
    Monotonic not_before() const { return not_before_; }

    /// May units be asked on credit now? Not before what was taken has been paid back, or a unit that comes
    /// and goes beside many dead ones would give them the whole line.
    bool may_lend(Monotonic now) const { return now >= not_before_; }

private:
    Monotonic not_before_{};
};

}  // namespace gengfu::sampling
