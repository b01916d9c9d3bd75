#include "daemon/publish/window.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::publish {

namespace {

bool privileged(Lane lane) {
    return lane <= Lane::kEvent;
}

}  // namespace

void LinkRate::acknowledged(double bytes_between, Duration between) {
    const double seconds = std::max(std::chrono::duration<double>(between).count(), 1e-6);
    rates_[seen_ % kKept] = bytes_between / seconds;
    ++seen_;
}

void LinkRate::forget() {
    seen_ = 0;
}

std::size_t LinkRate::budget() const {
    const std::size_t known = std::min(seen_, kKept);
    if (known == 0) {
        return kFirstBytes;
    }
    const double best =
        *std::max_element(rates_.begin(), rates_.begin() + static_cast<std::ptrdiff_t>(known));
    return static_cast<std::size_t>(
        std::clamp(best, static_cast<double>(kLeastBytes), static_cast<double>(kMostBytes)));
}

void Window::open(std::uint16_t receive_maximum) {
    flights_.clear();
    limit_ = std::clamp<std::uint16_t>(receive_maximum, 1, kMost);
    reserved_ = std::min<std::uint16_t>(kReserved, limit_ / 2);
    slow_count_ = 0;
    slow_bytes_ = 0;
    delivered_ = 0;
    rate_.forget();
}

bool Window::has_room(Lane lane, std::size_t bytes) const {
    if (flights_.size() >= limit_) {
        return false;
    }
    if (privileged(lane)) {
        return true;
    }
    if (slow_count_ + reserved_ >= limit_) {
        return false;
    }
    return slow_count_ == 0 || slow_bytes_ + bytes <= rate_.budget();
}

void Window::add(std::uint64_t token, Flight flight) {
    if (!privileged(flight.lane)) {
        ++slow_count_;
        slow_bytes_ += flight.bytes;
    }
    flight.delivered_before = delivered_;
    flights_.emplace(token, std::move(flight));
}

std::optional<Flight> Window::remove(std::uint64_t token) {
    auto node = flights_.extract(token);
    if (node.empty()) {
        return std::nullopt;
    }
    if (!privileged(node.mapped().lane)) {
        --slow_count_;
        slow_bytes_ -= node.mapped().bytes;
    }
    return std::move(node.mapped());
}

std::optional<Flight> Window::acknowledge(std::uint64_t token, Monotonic now) {
    std::optional<Flight> flight = remove(token);
    if (flight) {
        delivered_ += flight->bytes;
        rate_.acknowledged(static_cast<double>(delivered_ - flight->delivered_before), now - flight->sent);
    }
    return flight;
}

std::vector<Flight> Window::clear() {
    std::vector<Flight> out;
    out.reserve(flights_.size());
    for (auto& [token, flight] : flights_) {
        out.push_back(std::move(flight));
    }
    flights_.clear();
    slow_count_ = 0;
    slow_bytes_ = 0;
    return out;
}

std::optional<Monotonic> Window::oldest() const {
    return flights_.empty() ? std::nullopt : std::optional<Monotonic>(flights_.begin()->second.sent);
}

}  // namespace gengfu::publish
