#include "daemon/rules/rate.hpp"

#include <algorithm>
#include <chrono>

namespace gengfu::rules {
namespace {

using Seconds = std::chrono::duration<double>;

/// Four fifths: "most of the window".
constexpr int kCoveredOf = 5;
constexpr int kCovered = 4;

/// Both limit and change counted in the direction that the rule watches, so that more is always worse.
Opinion judge(const config::Rule& rule, double change) {
    Opinion opinion{.value = change};
    for (int i = 0; const config::Level& level : rule.levels) {
        const double direction = level.limit < 0 ? -1 : 1;
        const double speed = direction * change;
        const double limit = direction * level.limit;
        if (speed >= limit) {
            opinion.reached = i;
        }
        if (speed >= limit - rule.deadband) {
            opinion.held = i;
        }
        ++i;
    }
    return opinion;
}

}  // namespace

void RateWindow::drop_oldest() {
    first_ = (first_ + 1) % kMaxEntries;
    --size_;
}

void RateWindow::add(const Entry& entry, Duration window) {
    newest_ = entry.taken;
    if (size_ > 0 && entry.taken - at(size_ - 1).taken < window / kStepsPerWindow) {
        return;
    }
    if (size_ == kMaxEntries) {
        drop_oldest();
    }
    entries_[(first_ + size_) % kMaxEntries] = entry;
    ++size_;
}

const RateWindow::Entry* RateWindow::reference(Monotonic now, Duration window) {
    while (size_ > 1 && now - at(1).taken >= window) {
        drop_oldest();
    }
    if (size_ == 0 || (now - at(0).taken) * kCoveredOf < window * kCovered) {
        return nullptr;
    }
    return &at(0);
}

std::optional<Opinion> rate(RateWindow& state, const config::Rule& rule, const RateWindow::Entry& sample,
                            Voice voice, Continuity continuity, Duration gap) {
    if (continuity == Continuity::kBroken ||
        state.interrupted(sample.taken, std::max(rule.window / 2, gap))) {
        state.clear();
    }
    if (voice == Voice::kMute) {
        return std::nullopt;
    }
    if (voice == Voice::kFull) {
        state.add(sample, rule.window);
    }
    const RateWindow::Entry* const from = state.reference(sample.taken, rule.window);
    if (from == nullptr || from->taken >= sample.taken) {
        return std::nullopt;
    }
    const auto against = [&](const RateWindow::Entry& past) {
        const double span = Seconds(sample.taken - past.taken).count();
        return judge(rule, (sample.value - past.value) / span * Seconds(rule.per).count());
    };
    Opinion opinion = against(*from);
    // Thinned entries are up to two steps apart without any hole.
    const Duration overdue = std::max(gap / 2, 2 * rule.window / RateWindow::kStepsPerWindow);
    const RateWindow::Entry* const next = state.after_reference();
    if (sample.taken - rule.window - from->taken > overdue && next != nullptr && next->taken < sample.taken) {
        const Opinion other = against(*next);
        opinion.reached = std::min(opinion.reached, other.reached);
        opinion.held = std::min(opinion.held, other.held);
    }
    return opinion;
}

}  // namespace gengfu::rules
