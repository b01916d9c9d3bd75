#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/record.hpp"

namespace gengfu::publish {

/// Which records a consumer that lost data is still to get again, events first. Pure.
class Resend {
public:
    /// Consumers that are served at a time. A gateway has one or two.
    static constexpr std::size_t kMostConsumers = 8;
    /// On their way at a time: more can only be records that a broker denies.
    static constexpr std::size_t kMostUnderWay = 1024;

    /// What of `wanted` but for `except` there is in `held` (Store::held), and what is no longer there of
    /// that which `wanted` names by number. `wanted` empty: all that is held; an entry without ranges: the
    /// whole stream.
    static std::vector<store::StreamRanges> choose(const std::vector<store::StreamRanges>& held,
                                                   const std::vector<store::StreamRanges>& wanted,
                                                   const std::vector<store::StreamRanges>& except,
                                                   std::vector<store::StreamRanges>& missing);

    /// Takes the place of what the consumer asked for before. \return false: too many consumers.
    bool want(const std::string& consumer, const std::vector<store::StreamRanges>& chosen);

    /// Where to read next, when there is something and no reading is under way.
    struct Question {
        Epoch epoch;
        Stream stream = Stream::kEvent;
        store::SequenceRange range;
        std::uint64_t number = 0;
    };
    std::optional<Question> ask();

    /// What the reading brought: `last` is the last record that came, nothing when none did.
    /// \return false: the answer is of a question that is void; nothing of it is to be sent.
    bool answered(std::uint64_t number, std::optional<std::uint64_t> last, bool more);
    void failed(std::uint64_t number);

    /// On its way; has its PUBACK.
    void sent(const Identity& identity);
    void delivered(const Identity& identity);
    /// The connection is gone: what was on its way is wanted again.
    void lost();

    bool idle() const { return jobs_.empty() && under_way_.empty(); }

private:
    struct Job {
        std::string consumer;
        Epoch epoch;
        Stream stream = Stream::kEvent;
        store::SequenceRange range;
    };
    void add(Job job);

    std::deque<Job> jobs_;  // events before telemetry; the first is being read
    std::deque<Identity> under_way_;
    std::uint64_t number_ = 0;
    bool asking_ = false;
};

/// How many sequences the ranges have.
std::uint64_t count(const std::vector<store::StreamRanges>& ranges);

}  // namespace gengfu::publish
