#include "governance/ingest/conversation.hpp"

namespace gengfu::ingest {

void Conversation::committed(const std::map<std::string, std::string>& base_by_gateway) {
    const std::lock_guard lock(mutex_);
    for (const auto& [gateway, base] : base_by_gateway) {
        pace_.touched(gateway, base);
    }
}

void Conversation::heard(const std::set<std::string>& gateways) {
    const std::lock_guard lock(mutex_);
    heard_.insert(gateways.begin(), gateways.end());
}

std::set<std::string> Conversation::take_heard() {
    const std::lock_guard lock(mutex_);
    return std::exchange(heard_, {});
}

void Conversation::missing(const std::vector<Missing>& catalogues, Monotonic now) {
    constexpr std::size_t kMost = 100'000;
    const std::lock_guard lock(mutex_);
    if (asked_.size() > kMost) {
        asked_.clear();  // asking once more is harmless
    }
    for (const Missing& one : catalogues) {
        const auto [entry, fresh] = asked_.try_emplace({one.gateway, one.hash}, now);
        if (fresh || now - entry->second >= kAskAgain) {
            entry->second = now;
            missing_.push_back(one);
        }
    }
}

void Conversation::confirmed_by_another(const std::string& gateway, Monotonic now) {
    const std::lock_guard lock(mutex_);
    pace_.spoken(gateway, now);
}

std::vector<ConfirmPace::Due> Conversation::due(Monotonic now, std::size_t most) {
    const std::lock_guard lock(mutex_);
    return pace_.due(now, most);
}

std::vector<Missing> Conversation::take_missing() {
    const std::lock_guard lock(mutex_);
    return std::exchange(missing_, {});
}

}  // namespace gengfu::ingest
