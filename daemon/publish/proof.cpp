#include "daemon/publish/proof.hpp"

namespace gengfu::publish {

const std::string& Proof::name(std::size_t index) const {
    const std::array<const std::string*, 3> names{&topics_->event, &topics_->tele, &topics_->hist};
    return *names.at(index);
}

std::optional<std::size_t> Proof::index(const std::string& topic) const {
    for (std::size_t i = 0; i < of_.size(); ++i) {
        if (name(i) == topic) {
            return i;
        }
    }
    return std::nullopt;
}

void Proof::begin(Needed needed) {
    of_.fill({.holds = needed == Needed::kNo});
}

void Proof::sent(const std::string& topic, const std::string& payload, Monotonic now) {
    const std::optional<std::size_t> i = index(topic);
    if (i && !of_.at(*i).holds && of_.at(*i).first.empty()) {
        of_.at(*i).first = payload;
        of_.at(*i).sent = now;
    }
}

bool Proof::came(const std::string& topic, const std::string& payload) {
    const std::optional<std::size_t> i = index(topic);
    if (!i || of_.at(*i).holds || payload.empty() || of_.at(*i).first != payload) {
        return false;
    }
    of_.at(*i) = {.holds = true};
    return true;
}

bool Proof::holds(const std::string& topic) const {
    const std::optional<std::size_t> i = index(topic);
    return !i || of_.at(*i).holds;
}

std::optional<std::string> Proof::overdue(Monotonic now) const {
    for (std::size_t i = 0; i < of_.size(); ++i) {
        const Topic& one = of_.at(i);
        if (!one.holds && !one.first.empty() && now - one.sent > patience_) {
            return name(i);
        }
    }
    return std::nullopt;
}

}  // namespace gengfu::publish
