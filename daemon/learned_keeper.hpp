#pragma once

#include <optional>
#include <string>

#include "daemon/core/time.hpp"
#include "daemon/rules/judge.hpp"

namespace gengfu {

/// What rules have learned changes with every sample; the alarm book, in which it is saved, is written when
/// it changes. So it is looked at now and then only: a power cut costs so much of what was learned.
constexpr Duration kLearnedPace = std::chrono::minutes(10);
/// While something has just begun to learn, which may be all that will ever tell that a cover was moved. The
/// book is written at least as often as samples are.
constexpr Duration kSettlingPace = std::chrono::seconds(1);

/// When a limit that is taken from another point has changed: another setting must not be lost, but a limit
/// that is itself measured must not have the book written with every sample.
constexpr Duration kLimitPace = std::chrono::minutes(1);

/// Carries what rules have learned between judge and book.
class LearnedKeeper {
public:
    /// Text for the book: as it was, unless it is time, or nothing had been learned yet, or a limit was not
    /// known at the last look, or `anew`.
    const std::string& text(const rules::Judge& judge, Monotonic now, bool anew);
    /// Whether some rule knows its limit that did not at the last look: to be saved soon.
    bool has_found_limit(const rules::Judge& judge) const {
        return judge.limit_news().found != limits_.found;
    }
    /// Whether something that settles has gone on since the last look, kSettlingPace ago: to be saved now.
    /// What settles and is not heard any more does not have the book written for ever.
    bool has_settled_on(const rules::Judge& judge, Monotonic now) const;
    /// Takes up the text of a book; says in the log what cannot be taken.
    void teach(rules::Judge& judge, const std::string& text, Monotonic now);
    /// Something was calibrated, or an alarm leans on what was learned: text() looks at once.
    void touch() { looked_.reset(); }

private:
    std::string text_;
    std::optional<Monotonic> looked_;
    bool settling_ = false;    ///< as of the last look
    rules::LimitNews limits_;  ///< likewise
};

}  // namespace gengfu
