#include "daemon/publish/reconcile.hpp"

namespace gengfu::publish {

Listing::Listing(const Topics& topics) : topics_(&topics) {}

void Listing::saw(const std::string& topic, const std::string& payload) {
    if (!topics_->alarm_id(topic)) {
        return;
    }
    if (payload.empty()) {
        seen_.erase(topic);
    } else if (seen_.size() < kMost) {
        seen_[topic] = payload;
    }
}

Listing::Actions Listing::compare(const std::map<std::string, std::string>& standing,
                                  const std::function<bool(Epoch)>& knows) const {
    Actions out;
    for (const auto& [topic, payload] : standing) {
        const auto seen = seen_.find(topic);
        if (seen == seen_.end() || seen->second != payload) {
            out.publish.push_back(topic);
        }
    }
    for (const auto& [topic, payload] : seen_) {
        if (!standing.contains(topic) && knows(topics_->alarm_id(topic)->epoch)) {
            out.empty.push_back(topic);
        }
    }
    return out;
}

}  // namespace gengfu::publish
