#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "governance/ingest/outgoing.hpp"
#include "governance/ingest/writer.hpp"

namespace gengfu::ingest {

/// What the lanes leave for the one that talks to gateways. Any thread.
class Conversation {
public:
    explicit Conversation(Duration confirm_every) : pace_(confirm_every) {}

    /// Something of these gateways was committed. \param base_by_gateway  beginning of their topics
    void committed(const std::map<std::string, std::string>& base_by_gateway);
    /// Records of these gateways came just now.
    void heard(const std::set<std::string>& gateways);
    /// Catalogues that batches wait for; each is asked for at most once in kAskAgain.
    void missing(const std::vector<Missing>& catalogues, Monotonic now);
    /// Another instance of the same name has confirmed this gateway just now.
    void confirmed_by_another(const std::string& gateway, Monotonic now);

    std::vector<ConfirmPace::Due> due(Monotonic now, std::size_t most);
    std::vector<Missing> take_missing();
    /// Gateways heard since the last call.
    std::set<std::string> take_heard();

    /// A catalogue is complete: parked batches may go to their place.
    std::atomic<bool> catalogue_completed{true};  // what an earlier life left may have been waiting

    static constexpr Duration kAskAgain = std::chrono::seconds(20);

private:
    std::mutex mutex_;
    ConfirmPace pace_;
    std::map<std::pair<std::string, std::string>, Monotonic> asked_;  // gateway, hash
    std::vector<Missing> missing_;
    std::set<std::string> heard_;
};

}  // namespace gengfu::ingest
