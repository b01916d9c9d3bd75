#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "daemon/core/time.hpp"

/// How long a unit takes to answer, learnt. Pure.
namespace gengfu::sampling {

/// Answers of a unit before what was learnt counts: fewer say little about its slowest.
constexpr int kAnswersToTrust = 32;
/// What a unit took lately at most, times this, is waited for: a living unit is not lost to a busy moment.
constexpr int kPatienceWithUnit = 4;
/// Not less than this, whatever was learnt: what a sensor's own measuring cycle may add now and then, seen in
/// the field up to 50 ms.
constexpr Duration kLeastWait = std::chrono::milliseconds(100);

/// A unit is slower than was reckoned with when so many of its last 64 answers were: a few are the busy
/// moments of this machine.
constexpr int kLateAnswersOf64 = 16;

/// Remembers the slowest answer of late. A slower one counts at once, quicker ones let it go down by a part
/// in 256 each, so that a slow answer every few hundred is still known when the next comes.
class ResponseMemory {
public:
    /// \param longest  the configured or stated turnaround: never waited for longer
    /// \param reckoned  what the bus's promise takes it to be at most
    explicit ResponseMemory(Duration longest, Duration reckoned = Duration::max())
        : longest_(longest), reckoned_(reckoned) {}

    /// \param response  from the end of the request to the first byte of the answer
    void answered(Duration response) {
        const Duration took = std::max(response, Duration::zero());
        slowest_ = took > slowest_ ? took : slowest_ - (slowest_ - took) / 256;
        answers_ = std::min(answers_ + 1, kAnswersToTrust);
        late_ = late_ << 1U | (took > reckoned_ ? 1U : 0U);
    }

    /// It may have become slower than what was learnt: it is given its whole time until it has answered
    /// often.
    void timed_out() { answers_ = 0; }

    /// How long to wait for the first byte of its next answer.
    Duration wait() const {
        if (answers_ < kAnswersToTrust) {
            return longest_;
        }
        return std::min(longest_, std::max(kLeastWait, slowest_ * kPatienceWithUnit));
    }

    Duration longest() const { return longest_; }
    Duration slowest() const { return slowest_; }
    /// It answers later than the promise reckons with, time and again.
    bool is_slower() const { return std::popcount(late_) >= kLateAnswersOf64; }

private:
    Duration longest_, reckoned_;
    Duration slowest_{};
    int answers_ = 0;
    std::uint64_t late_ = 0;  ///< a bit for each of the last answers
};

}  // namespace gengfu::sampling
