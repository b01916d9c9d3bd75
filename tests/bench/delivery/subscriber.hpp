#pragma once

#include <mosquitto.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

#include "tests/bench/delivery/figures.hpp"

namespace gengfu::bench {

/// When each event arrived, by its sequence; a thread of its own.
class Subscriber {
public:
    explicit Subscriber(std::uint16_t port);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    bool has(std::uint64_t sequence) const;
    Steady::time_point at(std::uint64_t sequence) const;

private:
    static Subscriber* as(void* self) { return static_cast<Subscriber*>(self); }
    void take(const mosquitto_message& message);

    mosquitto* client_ = nullptr;
    std::atomic<bool> ready_{false};
    mutable std::mutex mutex_;
    std::map<std::uint64_t, Steady::time_point> arrived_;
};

}  // namespace gengfu::bench
