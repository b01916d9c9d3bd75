#include "daemon/sampling/line_watch.hpp"

#include <utility>

namespace gengfu::sampling {

void LineWatch::lost(LineTrouble kind, std::string why, Monotonic now) {
    why_ = std::move(why);
    lost_at_ = now;
    if (kind == LineTrouble::kBreaks) {
        const std::optional<Monotonic> before = std::exchange(broke_at_, now);
        if (!before || now - *before > kBreaksAgainWithin) {
            return;
        }
    }
    if (trouble_ == LineTrouble::kNone) {
        const bool unsteady = recovered_at_ && now - *recovered_at_ < kUnsteadyWithin;
        settles_ = unsteady ? kUnsteadySettles : Duration::zero();
        seen_ = 0;
    }
    // Kinds may alternate for ever, too: each is news once.
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
    if ((seen_ & bit) == 0) {
        seen_ |= bit;
        trouble_ = kind;
    }
}

void LineWatch::answered(Monotonic now) {
    if (trouble_ == LineTrouble::kNone) {
        why_.clear();
    } else if (now - lost_at_ >= settles_) {
        trouble_ = LineTrouble::kNone;
        why_.clear();
        recovered_at_ = now;
    }
}

}  // namespace gengfu::sampling
