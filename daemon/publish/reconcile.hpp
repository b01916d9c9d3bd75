#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/publish/topics.hpp"

namespace gengfu::publish {

/// Our own retained alarms, as the broker lists them after a connect, against those that stand. Pure.
class Listing {
public:
    /// \param topics outlives the listing.
    explicit Listing(const Topics& topics);

    /// A retained message below alarm/. Others are left alone.
    /// \param keep  whether kept() shall have the payload
    enum class Payload : std::uint8_t { kForget, kKeep };
    void saw(const std::string& topic, const std::string& payload, Payload keep = Payload::kForget);

    /// Topic and payload of the alarms whose payload was kept.
    const std::map<std::string, std::string>& kept() const { return kept_; }

    /// All that was seen and is not empty.
    std::vector<std::string> topics() const;

    /// What is to be done. \param standing  topic and payload of every alarm that is not over
    /// \param knows  an alarm raised under an epoch that our store does not know is another's (a cloned card,
    /// a store
    ///               that was lost) and is not ours to end
    struct Actions {
        std::vector<std::string> publish{};  ///< topics of `standing` that the broker lacks or has otherwise
        std::vector<std::string> empty{};    ///< topics of alarms that are over
        std::size_t foreign = 0;             ///< left alone, since their epoch is not known
    };
    Actions compare(const std::map<std::string, std::string>& standing,
                    const std::function<bool(Epoch)>& knows) const;

    /// Most alarms that are listed, and how much longer than `base` a topic of ours can be: bounds on what
    /// others can make us keep with retained messages. Payloads are not kept, whatever their length.
    static constexpr std::size_t kMost = 20000;
    static constexpr std::size_t kLongest = 128;
    /// Most payloads that are kept, and how long each may be.
    static constexpr std::size_t kMostKept = 256;
    static constexpr std::size_t kLongestKept = 16384;

private:
    const Topics* topics_;
    std::map<std::string, std::uint64_t> seen_;  // hashes of the payloads
    std::map<std::string, std::string> kept_;
};

}  // namespace gengfu::publish
