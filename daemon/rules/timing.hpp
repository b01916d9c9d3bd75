#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/core/time.hpp"
#include "daemon/rules/opinion.hpp"

namespace gengfu::rules {

/// How far a sample is heard: a good one in full, an uncertain one only for the danger (it may raise, never
/// clear), a bad one not at all (it neither advances nor resets a timer).
enum class Voice : std::uint8_t { kFull, kDangerOnly, kMute };

struct Delays {
    Duration on{}, off{};
};

/// Observed time towards a change. Every rule has one for each level: small.
struct Timer {
    Duration elapsed{};  ///< confirmed: a sample that spoke for the change stood at either end, or at the
                         ///< beginning
    /// In Duration's unit: since the last such sample; counts when the next one speaks for the change too.
    std::uint64_t candidate : 63 = 0;
    /// The last sample spoke for the change: the time up to the next one is a candidate.
    bool running : 1 = false;

    bool begun() const { return running || elapsed > Duration::zero() || candidate > 0; }
};
static_assert(sizeof(Timer) == 16);

/// What a sample says about one timer.
enum class Says : std::uint8_t { kNothing, kTowards, kAgainst };

/// One sample. \param stretch  observed time since the sample before
void run(Timer& timer, Says says, Duration stretch);

/// Level in force and a timer for each level: above the level in force it runs towards that level (on-delay),
/// up to the level in force towards leaving it (off-delay). One timer a level, so that a value that rises
/// through several keeps the time that it has already spent above the lower ones.
struct Timing {
    int level = -1;
    std::array<Timer, kMaxLevels> timers{};

    /// Puts `to` in force; timers that change their direction by it begin anew.
    void place(int to);
};

/// One sample. \param levels how many the rule has. \param stretch observed time since the sample before.
/// Changes timing.level when a delay is over; a delay of zero is over at the first sample that speaks for the
/// change.
void advance(Timing& timing, std::size_t levels, const Delays& delays, const Opinion& opinion, Voice voice,
             Duration stretch);

}  // namespace gengfu::rules
