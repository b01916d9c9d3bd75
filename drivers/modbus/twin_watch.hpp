#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "daemon/core/time.hpp"

namespace gengfu::drivers::modbus {

/// Units at whose address more than one answers: two from the box, or one that another master asks too. The
/// answer of the slower would pass for that to the next request. Such a unit's answers are *heard out*: the
/// line is listened to for as long as another may still come, and an answer that is not the only one is none.
/// Pure.
class TwinWatch {
public:
    /// So long after the last sign, and after so many exchanges in which only one answered, it is believed
    /// again.
    static constexpr Duration kSuspectFor = std::chrono::seconds(60);
    static constexpr int kCleanToHeal = 3;
    /// Frames that nobody asked for within kSuspectFor before two units are spoken of: a single one may be
    /// what a tool that had the line left behind.
    static constexpr int kSignsToTell = 2;
    /// An answer so late is nobody's that can be waited for.
    static constexpr Duration kFarthest = std::chrono::seconds(3);
    /// Answers of a unit before it is known how quick it can be.
    static constexpr int kAnswersToKnow = 32;
    /// An answer that comes this much sooner than all before is doubted: scheduling and adapters vary less.
    static constexpr Duration kMuchSooner = std::chrono::milliseconds(2);

    /// The line was opened anew: whoever is on it now is met for the first time.
    void reopened();

    /// A request that may be asked to wait has gone out. \param longest  until when an answer may begin
    void asked(std::uint8_t unit, Monotonic request_end, Duration longest);
    bool is_watched(std::uint8_t unit) const { return units_.contains(unit); }

    /// A whole frame of the unit has come while it owed none. \param came  when, if that was seen
    void unasked(std::uint8_t unit, Monotonic now, std::optional<Monotonic> came);

    /// An answer begins `response` after the request's end. \return whether it must be heard out before it is
    /// taken
    bool must_hear_out(std::uint8_t unit, Duration response, Monotonic now) const;
    /// The end of the time in which an answer to the request last sent may begin.
    Monotonic hear_until(std::uint8_t unit) const;

    /// An answer was taken.
    void answered(std::uint8_t unit, Duration response, Monotonic now);
    /// Within the time of all answers that there could be, there was one, or none.
    void alone(std::uint8_t unit, Monotonic now);
    /// There was one and something damaged, which may have been another.
    void unclear(std::uint8_t unit);

    /// The unit is not to be asked sooner: what may still come would be taken for the answer.
    Monotonic not_before(std::uint8_t unit) const;
    /// Two answer: to be told.
    bool is_told(std::uint8_t unit) const;

private:
    struct Unit {
        Monotonic request_end{}, last_sign{}, last_answer{};
        Duration longest{}, reach{}, quickest{};
        int answers = 0, signs = 0, clean = 0;
        bool met = false;  ///< since the line was opened it has answered, and was left alone afterwards
        bool suspect = false, told = false;
    };
    const Unit* find(std::uint8_t unit) const;

    std::map<std::uint8_t, Unit> units_;
};

}  // namespace gengfu::drivers::modbus
