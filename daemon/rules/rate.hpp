#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "daemon/config/site.hpp"
#include "daemon/rules/cadence.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/timing.hpp"

namespace gengfu::rules {

/// Good samples of the last `window`, thinned so that they fit whatever the interval.
class RateWindow {
public:
    struct Entry {
        Monotonic taken{};
        double value = 0;
    };
    static constexpr std::size_t kMaxEntries = 64;
    /// The window is kept in steps of this part of it: the change is measured over the window and at most one
    /// step more. Leaves room in kMaxEntries for the entry before the window and for the newest.
    static constexpr int kStepsPerWindow = 48;

    /// Forgets everything: what was before cannot be compared with what comes.
    void clear() { size_ = 0; }
    /// Has there been no good sample for longer than `hole`? False while empty.
    bool interrupted(Monotonic now, Duration hole) const { return size_ > 0 && now - newest_ > hole; }
    /// Takes a good value, in order of time.
    void add(const Entry& entry, Duration window);
    /// What a value at `now` is compared with: the newest entry at least `window` old, else the oldest when
    /// it covers four fifths of the window. Nothing: it is too early to judge.
    const Entry* reference(Monotonic now, Duration window);
    /// The entry after that one. Nothing: it is the only one.
    const Entry* after_reference() const { return size_ > 1 ? &at(1) : nullptr; }

    std::size_t size() const { return size_; }

private:
    const Entry& at(std::size_t i) const { return entries_[(first_ + i) % kMaxEntries]; }
    void drop_oldest();

    std::array<Entry, kMaxEntries> entries_{};
    std::size_t first_ = 0, size_ = 0;
    Monotonic newest_{};  ///< last good sample, whether kept or thinned away
};

/// Change of the value in `rule.per`, measured over `rule.window`. A limit above zero is a rise at least so
/// fast (inclusive), one below zero a fall at least so fast; the deadband is towards zero.
///
/// Where a hole of failed reads follows the value that is compared with, this serves for longer than an
/// interval; if it is a spike, that must not outlast the on-delay. From half of `gap` on, an interval and a
/// half, the change must be seen against the value after the hole too.
///
/// An uncertain value is judged by good ones before it and kept out of the window, so that it never excuses a
/// later one. A gap, or a hole of failed reads longer than `gap` and half the window, empties the window.
/// \return nothing while the window is too thinly covered.
/// \param gap three intervals of the point and the bus's time-out.
std::optional<Opinion> rate(RateWindow& state, const config::Rule& rule, const RateWindow::Entry& sample,
                            Voice voice, Continuity continuity, Duration gap);

}  // namespace gengfu::rules
