#include "daemon/learned_keeper.hpp"

#include <algorithm>
#include <vector>

#include "daemon/core/log.hpp"

namespace gengfu {

const std::string& LearnedKeeper::text(const rules::Judge& judge, Monotonic now, bool anew) {
    const bool settling = judge.is_settling();
    // Once more when nothing settles any longer: the last look was before that.
    const rules::LimitNews limits = judge.limit_news();
    const bool found = limits.found != limits_.found;
    Duration pace = settling || settling_ ? kSettlingPace : kLearnedPace;
    if (limits.changed != limits_.changed) {
        pace = std::min(pace, kLimitPace);
    }
    if (anew || found || !looked_ || text_.empty() || now - *looked_ >= pace) {
        settling_ = settling;
        limits_ = limits;
        const std::vector<rules::Learned> learned = judge.learned();
        text_ = learned.empty() ? std::string() : rules::to_text(learned);
        looked_ = now;
    }
    return text_;
}

bool LearnedKeeper::has_settled_on(const rules::Judge& judge, Monotonic now) const {
    return judge.is_settling() && (!looked_ || now - *looked_ >= kSettlingPace) &&
           rules::to_text(judge.learned()) != text_;
}

void LearnedKeeper::teach(rules::Judge& judge, const std::string& text, Monotonic now) {
    looked_ = now;
    if (text.empty()) {
        return;
    }
    const Result<std::vector<rules::Learned>> learned = rules::parse_learned(text);
    if (!learned) {
        log::error("已学到的姿态与基线无法读取,将重新学习:" + learned.error().what,
                   "what rules had learned cannot be read and is learned anew; calibrate covers and lanes: " +
                       learned.error().what);
        return;
    }
    judge.teach(*learned);
    text_ = text;
}

}  // namespace gengfu
