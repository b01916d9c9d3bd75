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
    needed_ = needed == Needed::kYes;
    of_.fill({.holds = !needed_});
}

bool Proof::wants(const std::string& topic, Monotonic now) const {
    const std::optional<std::size_t> i = index(topic);
    if (!needed_ || !i || !of_.at(*i).holds) {
        return false;
    }
    // Events are few, and each matters: none rests on an older one.
    return name(*i) == topics_->event || now - of_.at(*i).proven.value_or(now) >= again_;
}

void Proof::renew(const std::string& topic) {
    if (const std::optional<std::size_t> i = index(topic)) {
        of_.at(*i).holds = false;
    }
}

void Proof::sent(const std::string& topic, const std::string& payload, Monotonic now) {
    const std::optional<std::size_t> i = index(topic);
    if (i && !of_.at(*i).holds && of_.at(*i).first.empty()) {
        of_.at(*i).first = payload;
        of_.at(*i).sent = now;
    }
}

bool Proof::came(const std::string& topic, const std::string& payload, Monotonic now) {
    const std::optional<std::size_t> i = index(topic);
    if (!i || of_.at(*i).holds || payload.empty() || of_.at(*i).first != payload) {
        return false;
    }
    of_.at(*i) = {.holds = true, .proven = now};
    return true;
}

bool Proof::holds(const std::string& topic) const {
    const std::optional<std::size_t> i = index(topic);
    return !i || of_.at(*i).holds;
}

std::optional<Proof::Overdue> Proof::overdue(Monotonic now) {
    for (std::size_t i = 0; i < of_.size(); ++i) {
        Topic& one = of_.at(i);
        if (one.holds || one.first.empty() || now - one.sent <= patience_) {
            continue;
        }
        const bool once_more = one.proven && !one.tried;
        if (once_more) {
            one.tried = true;
            one.first.clear();
        }
        return Overdue{name(i), one.proven.has_value(), once_more};
    }
    return std::nullopt;
}

}  // namespace gengfu::publish
