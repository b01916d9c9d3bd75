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
    void saw(const std::string& topic, const std::string& payload);

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

private:
    const Topics* topics_;
    std::map<std::string, std::uint64_t> seen_;  // hashes of the payloads
};

}  // namespace gengfu::publish
