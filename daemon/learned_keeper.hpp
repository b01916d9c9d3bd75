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

/// Carries what rules have learned between judge and book.
class LearnedKeeper {
public:
    /// Text for the book: as it was, unless it is time, or nothing had been learned yet, or `anew`.
    const std::string& text(const rules::Judge& judge, Monotonic now, bool anew);
    /// Takes up the text of a book; says in the log what cannot be taken.
    void teach(rules::Judge& judge, const std::string& text, Monotonic now);
    /// Something was calibrated, or an alarm leans on what was learned: text() looks at once.
    void touch() { looked_.reset(); }

private:
    std::string text_;
    std::optional<Monotonic> looked_;
    bool settling_ = false;  ///< as of the last look
};

}  // namespace gengfu
