#include "tests/bench/delivery/subscriber.hpp"

#include <thread>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::bench {

using std::chrono::milliseconds;
using std::chrono::seconds;

Subscriber::Subscriber(std::uint16_t port) {
    mosquitto_lib_init();
    client_ = mosquitto_new(nullptr, true, this);
    mosquitto_connect_callback_set(client_, [](mosquitto* client, void*, int) {
        mosquitto_subscribe(client, nullptr, "gengfu/v1/+/+/+/event", 0);
    });
    mosquitto_subscribe_callback_set(
        client_, [](mosquitto*, void* self, int, int, const int*) { as(self)->ready_ = true; });
    mosquitto_message_callback_set(
        client_, [](mosquitto*, void* self, const mosquitto_message* message) { as(self)->take(*message); });
    if (mosquitto_connect(client_, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS ||
        mosquitto_loop_start(client_) != MOSQ_ERR_SUCCESS) {
        give_up("the subscriber cannot connect");
    }
    const auto end = Steady::now() + seconds(20);
    while (!ready_) {
        if (Steady::now() > end) {
            give_up("the subscriber is not subscribed");
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

Subscriber::~Subscriber() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, false);
    mosquitto_destroy(client_);
}

bool Subscriber::has(std::uint64_t sequence) const {
    const std::lock_guard lock(mutex_);
    return arrived_.contains(sequence);
}

Steady::time_point Subscriber::at(std::uint64_t sequence) const {
    const std::lock_guard lock(mutex_);
    return arrived_.at(sequence);
}

void Subscriber::take(const mosquitto_message& message) {
    const auto now = Steady::now();
    v1::Envelope envelope;
    if (envelope.ParseFromArray(message.payload, message.payloadlen)) {
        const std::lock_guard lock(mutex_);
        arrived_.emplace(envelope.record().identity().sequence(), now);
    }
}

}  // namespace gengfu::bench
