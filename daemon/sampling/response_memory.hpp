#pragma once

#include <algorithm>

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

/// Remembers the slowest answer of late. A slower one counts at once, quicker ones let it go down by a part
/// in 256 each, so that a slow answer every few hundred is still known when the next comes.
class ResponseMemory {
public:
    /// \param longest  the configured or stated turnaround: never waited for longer
    explicit ResponseMemory(Duration longest) : longest_(longest) {}

    /// \param response  from the end of the request to the first byte of the answer
    void answered(Duration response) {
        const Duration took = std::max(response, Duration::zero());
        slowest_ = took > slowest_ ? took : slowest_ - (slowest_ - took) / 256;
        answers_ = std::min(answers_ + 1, kAnswersToTrust);
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

private:
    Duration longest_;
    Duration slowest_{};
    int answers_ = 0;
};

}  // namespace gengfu::sampling
