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
    /// Second answers before it is known how late they can be.
    static constexpr int kSignsToReach = 8;
    /// Answers of a unit before it is known how quick it can be.
    static constexpr int kAnswersToKnow = 8;
    /// An answer that comes this much sooner than all before is doubted: scheduling and adapters vary less.
    static constexpr Duration kMuchSooner = std::chrono::milliseconds(2);

    /// Answers alone, each sooner than the line can carry one, before it is believed that the line is not
    /// what it is said to be (a virtual one has no baud rate).
    static constexpr int kTooEarlyToBelieve = 3;

    /// A unit that has just been met is left alone for its longest turnaround after an answer, while its
    /// neighbours are read: a second one's answer falls there, where nobody takes it for the next. After so
    /// many such times in each of which something on the line was damaged or did not come, which that answer
    /// may have been, it is heard out, until that shows it alone or was tried as often.
    static constexpr int kMeetings = 3;

    /// How long a unit is left alone after a damaged answer: so many times its first response and so much
    /// more. A second one that is damaged by nobody is of its kind, and nearly as quick; for a longer one the
    /// line would be silent too often where it is noisy.
    static constexpr int kWaryTimes = 3;
    static constexpr Duration kWaryMore = std::chrono::milliseconds(50);

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

    /// Something on the line was damaged, or an answer did not come: that of a second one, not seen yet, may
    /// have been what did it.
    void disturbed(Monotonic now) { last_disturbed_ = now; }
    /// It has just been met, and a second one's answer may have come at `when`.
    bool may_have_more(std::uint8_t unit, Monotonic when) const;
    /// A frame of it came that may be somebody else's under a wrong address: it is heard out from now on, and
    /// nothing is told of it before that has shown a second one.
    void suspected(std::uint8_t unit, Monotonic now);

    /// A whole frame of the unit has come while it owed none. \param came  when, if that was seen
    void unasked(std::uint8_t unit, Monotonic now, std::optional<Monotonic> came);

    /// An answer begins `response` after the request's end; negative: before it.
    Doubt doubt(std::uint8_t unit, Duration response) const;
    /// Heard out, an answer of Doubt::kTooEarly was the only one. \return whether it is to be believed at
    /// last
    bool alone_too_early(std::uint8_t unit, Monotonic now);
    /// The end of the time in which an answer to the request last sent may begin: its longest turnaround, or
    /// a quarter beyond the latest second answer that was seen to come, where that is less and kSignsToReach
    /// were seen. The line, and so
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
    /// It has answered and was not met in peace yet; one that is suspect is heard out instead.
    bool is_unproven(std::uint8_t unit) const;
    /// Two answer: to be told.
    bool is_told(std::uint8_t unit) const;

private:
    struct Unit {
        Monotonic request_end{}, previous_end{}, last_sign{}, last_answer{};
        Duration longest{}, reach{}, quickest{}, first{};
        int answers = 0, signs = 0, clean = 0, too_early = 0;
        int meetings = 0;          ///< exchanges after which it was left alone, since the line was opened
        bool reach_known = false;  ///< of which request the last second answer was
        bool quick = false;        ///< has answered before t3.5 had passed, and it was its answer
        bool met = false;          ///< since then nothing came behind its answer that could be a second one's
        bool wary = false;         ///< its last exchange ended with something damaged
        bool suspect = false, told = false;
    };
    const Unit* find(std::uint8_t unit) const;

    Duration silent_;
    Monotonic last_disturbed_{};
    bool no_baud_ = false;  ///< somebody has answered before the request had ended, and it was the answer
    std::map<std::uint8_t, Unit> units_;
};

}  // namespace gengfu::drivers::modbus
