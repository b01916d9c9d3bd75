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
    /// Answers of a unit before it is known how quick it can be.
    static constexpr int kAnswersToKnow = 8;
    /// An answer that comes this much sooner than all before is doubted: scheduling and adapters vary less.
    static constexpr Duration kMuchSooner = std::chrono::milliseconds(2);

    /// Answers alone, each sooner than the line can carry one, before it is believed that the line is not
    /// what it is said to be (a virtual one has no baud rate).
    static constexpr int kTooEarlyToBelieve = 3;

    /// How long a unit that has just been met is left alone, in all but a constant: a second one that has its
    /// address mostly is of its kind, and nearly as quick. It is not the longest turnaround, for the line is
    /// silent meanwhile, where the unit has more to be asked, and on a line of many that adds up.
    static constexpr int kMetTimes = 3;
    static constexpr Duration kMetMore = std::chrono::milliseconds(50);  ///< also after a damaged answer

    /// What is wrong with an answer at first sight.
    enum class Doubt : std::uint8_t {
        kNone,
        kAnother,   ///< there may be another one: it must be heard out
        kTooEarly,  ///< it began before the request had ended: it belongs to an earlier one
    };

    /// \param silent  before which no unit answers: t3.5 (Modbus over Serial Line V1.02, 2.5.1.1). Zero: the
    ///                line is somebody else's, and nothing is known of how soon an answer can be here.
    explicit TwinWatch(Duration silent = {}) : silent_(silent) {}

    /// The line was opened anew: whoever is on it now is met for the first time.
    void reopened();

    /// A request that may be asked to wait has gone out. \param longest  until when an answer may begin
    void asked(std::uint8_t unit, Monotonic request_end, Duration longest);
    bool is_watched(std::uint8_t unit) const { return units_.contains(unit); }

    /// A whole frame of the unit has come while it owed none. \param came  when, if that was seen
    void unasked(std::uint8_t unit, Monotonic now, std::optional<Monotonic> came);

    /// An answer begins `response` after the request's end; negative: before it.
    Doubt doubt(std::uint8_t unit, Duration response) const;
    /// Heard out, an answer of Doubt::kTooEarly was the only one. \return whether it is to be believed at
    /// last
    bool alone_too_early(std::uint8_t unit, Monotonic now);
    /// The end of the time in which an answer to the request last sent may begin: its longest turnaround, or
    /// a quarter beyond the latest second answer that was seen to come, where that is less. The line, and so
    /// its neighbours, wait for it.
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
        Monotonic request_end{}, previous_end{}, last_sign{}, last_answer{};
        Duration longest{}, reach{}, quickest{}, first{};
        int answers = 0, signs = 0, clean = 0, too_early = 0;
        bool reach_known = false;  ///< of which request the last second answer was
        bool quick = false;        ///< has answered before t3.5 had passed, and it was its answer
        bool met = false;   ///< since the line was opened it has answered, and was left alone afterwards
        bool wary = false;  ///< its last exchange ended with something damaged
        bool suspect = false, told = false;
    };
    const Unit* find(std::uint8_t unit) const;

    Duration silent_;
    bool no_baud_ = false;  ///< somebody has answered before the request had ended, and it was the answer
    std::map<std::uint8_t, Unit> units_;
};

}  // namespace gengfu::drivers::modbus
