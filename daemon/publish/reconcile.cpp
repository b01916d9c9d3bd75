#include "daemon/publish/reconcile.hpp"

namespace gengfu::publish {

namespace {

// FNV-1a, 64 bits.
std::uint64_t hash(const std::string& payload) {
    std::uint64_t state = 0xCBF29CE484222325U;
    for (const char byte : payload) {
        state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
    }
    return state;
}

}  // namespace

Listing::Listing(const Topics& topics) : topics_(&topics) {}

void Listing::saw(const std::string& topic, const std::string& payload, Payload keep) {
    if (topic.size() > topics_->base.size() + kLongest || !topics_->alarm_id(topic)) {
        return;
    }
    if (payload.empty()) {
        seen_.erase(topic);
        kept_.erase(topic);
        return;
    }
    if (seen_.size() < kMost) {
        seen_[topic] = hash(payload);
    }
    if (keep == Payload::kKeep && kept_.size() < kMostKept && payload.size() <= kLongestKept) {
        kept_[topic] = payload;
    }
}

std::vector<std::string> Listing::topics() const {
    std::vector<std::string> out;
    for (const auto& [topic, payload] : seen_) {
        out.push_back(topic);
    }
    return out;
}

Listing::Actions Listing::compare(const std::map<std::string, std::string>& standing,
                                  const std::function<bool(Epoch)>& knows) const {
    Actions out;
    for (const auto& [topic, payload] : standing) {
        const auto seen = seen_.find(topic);
        if (seen == seen_.end() || seen->second != hash(payload)) {
            out.publish.push_back(topic);
        }
    }
    for (const auto& [topic, seen] : seen_) {
        if (standing.contains(topic)) {
            continue;
        }
        if (knows(topics_->alarm_id(topic)->epoch)) {
            out.empty.push_back(topic);
        } else {
            ++out.foreign;
        }
    }
    return out;
}

}  // namespace gengfu::publish
