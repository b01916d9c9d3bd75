#include "daemon/publish/paho_link.hpp"

#include <algorithm>
#include <utility>

#include "daemon/publish/reason_words.hpp"

namespace gengfu::publish {

namespace {

// Slow clustered brokers need more than 10 s to take a session over.
constexpr auto kConnackTime = std::chrono::seconds(15);
// A dead peer is noticed after one and a half of this.
constexpr Duration kLongestKeepAlive = std::chrono::seconds(20);
constexpr Duration kShortestKeepAlive = std::chrono::seconds(2);
constexpr auto kGoodbye = std::chrono::milliseconds(1000);
// The largest packet that we take: a consumer's confirmation is at most 256 KiB.
constexpr std::int32_t kLargestIncoming = 512 << 10;
// Paho C's words when the broker was reached but closed before its CONNACK.
constexpr const char* kClosedEarly = "TCP connect completion failure";
// … and when nobody answered, or TLS failed.
constexpr const char* kNotReached = "TCP/TLS connect failure";
constexpr const char* kSilent = "TCP connect timeout";
// AEAD suites with forward secrecy exist only from TLS 1.2 on, so these rule the older versions out whatever
// the system's OpenSSL configuration says (Paho can name one version, but not a lowest one). TLS 1.3 has its
// own list.
constexpr const char* kCipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:@SECLEVEL=2";

std::string address_of(const config::Broker& broker) {
    const bool ipv6 = broker.host.find(':') != std::string::npos;
    const std::string host = ipv6 ? "[" + broker.host + "]" : broker.host;
    return (broker.tls ? "ssl://" : "tcp://") + host + ":" + std::to_string(broker.port);
}

}  // namespace

std::string name_of(const config::Broker& broker) {
    return (broker.tls ? "mqtts://" : "mqtt://") + broker.host + ":" + std::to_string(broker.port);
}

Link::Link(Shared& shared, const config::Mqtt& settings, const config::Broker& broker, bool mqtt5,
           const std::string& client_id, const Will& will)
    : shared_(shared),
      settings_(settings),
      broker_(broker),
      mqtt5_(mqtt5),
      will_(will),
      client_(address_of(broker), client_id, mqtt::create_options(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1),
              nullptr) {
    client_.set_message_callback([this](const mqtt::const_message_ptr& message) { arrived(message); });
    client_.set_connection_lost_handler([this](const std::string& cause) {
        gone(cause.empty() ? "the connection broke, or the broker fell silent" : cause);
    });
    client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
        gone("the broker ended the connection: " + reason_words(static_cast<int>(reason)));
    });
}

mqtt::ssl_options Link::tls() const {
    mqtt::ssl_options out;
    if (!settings_.ca.empty()) {
        out.set_trust_store(settings_.ca);
    }
    if (!settings_.certificate.empty()) {
        out.set_key_store(settings_.certificate);
        out.set_private_key(settings_.key.empty() ? settings_.certificate : settings_.key);
    }
    out.set_enabled_cipher_suites(kCipherSuites);
    out.set_enable_server_cert_auth(true);
    out.set_verify(true);  // the name in the certificate is that of the broker
    return out;
}

mqtt::connect_options Link::options() const {
    mqtt::connect_options out;
    out.set_mqtt_version(mqtt5_ ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    if (mqtt5_) {
        out.set_clean_start(true);
        mqtt::properties properties;
        properties.add({mqtt::property::MAXIMUM_PACKET_SIZE, kLargestIncoming});
        out.set_properties(std::move(properties));
    } else {
        out.set_clean_session(true);
    }
    const Duration keep_alive = std::clamp(settings_.heartbeat, kShortestKeepAlive, kLongestKeepAlive);
    out.set_keep_alive_interval(std::chrono::duration_cast<std::chrono::seconds>(keep_alive));
    out.set_connect_timeout(kConnackTime);
    out.set_automatic_reconnect(false);
    out.set_max_inflight(static_cast<int>(kSlots));
    if (!settings_.username.empty()) {
        out.set_user_name(settings_.username);
        out.set_password(settings_.password);
    }
    out.set_will(mqtt::will_options(will_.topic, will_.payload.data(), will_.payload.size(), 1,
                                    will_.retain == Retain::kYes));
    if (broker_.tls) {
        out.set_ssl(tls());
    }
    return out;
}

void Link::begin() {
    connecting_ = client_.connect(options(), nullptr, *this);
}

void Link::on_success(const mqtt::token& /*token*/) {
    const std::scoped_lock lock(shared_.mutex);
    if (state_ == State::kConnecting) {
        state_ = State::kUp;
        shared_.changed.notify_all();
    }
}

void Link::on_failure(const mqtt::token& /*token*/) {
    const std::scoped_lock lock(shared_.mutex);
    state_ = State::kFailed;
    shared_.changed.notify_all();
}

void Link::gone(std::string why) {
    const std::scoped_lock lock(shared_.mutex);
    if (state_ == State::kUp || state_ == State::kConnecting) {
        state_ = state_ == State::kUp ? State::kGone : State::kFailed;
        why_ = std::move(why);
        shared_.changed.notify_all();
    }
}

void Link::arrived(const mqtt::const_message_ptr& message) {
    Incoming incoming{message->get_topic(), message->get_payload_str(), message->is_retained()};
    const std::scoped_lock lock(shared_.mutex);
    if (!shared_.silent && state_ == State::kUp && announced_) {
        shared_.callbacks.message(std::move(incoming));
    }
}

void Link::answer(const mqtt::token& token) {
    const int code = token.get_return_code();
    const int reason = static_cast<int>(token.get_reason_code());
    const std::scoped_lock lock(shared_.mutex);
    auto* slot = static_cast<Slot*>(token.get_user_context());
    const std::uint64_t number = slot != nullptr ? slot->token : 0;
    if (slot != nullptr) {
        slot->used = false;
    }
    if (shared_.silent || state_ != State::kUp || !announced_) {
        return;
    }
    // Without a reason from the broker it is the connection that failed, which is told by itself.
    if (reason >= 0x80) {
        shared_.callbacks.refused(number, reason_words(reason));
    } else if (code == MQTTASYNC_SUCCESS && slot != nullptr) {
        shared_.callbacks.acknowledged(number);
    }
}

Link::Slot* Link::take_slot(std::uint64_t token) {
    const std::scoped_lock lock(shared_.mutex);
    for (Slot& slot : slots_) {
        if (!slot.used) {
            slot = {token, true};
            return &slot;
        }
    }
    return nullptr;
}

Result<void> Link::publish(const std::string& topic, const std::string& payload, Retain retain,
                           std::uint64_t token) {
    Slot* slot = take_slot(token);
    if (slot == nullptr) {
        return fail(Errc::kFull, "64 messages await their acknowledgement");
    }
    try {
        client_.publish(topic, payload.data(), payload.size(), 1, retain == Retain::kYes, slot, answers_);
        return {};
    } catch (const mqtt::exception& problem) {
        const std::scoped_lock lock(shared_.mutex);
        slot->used = false;
        const bool full = problem.get_return_code() == MQTTASYNC_MAX_BUFFERED_MESSAGES ||
                          problem.get_return_code() == MQTTASYNC_NO_MORE_MSGIDS;
        return fail(full ? Errc::kFull : Errc::kIo, std::string("Paho: ") + problem.what());
    }
}

Result<void> Link::subscribe(const std::string& filter) try {
    // Retain as published (MQTT 5, 3.8.3.1): a retained command is told from a fresh one also when it comes
    // while we are connected. Without effect on MQTT 3.1.1.
    client_.subscribe(filter, 1, nullptr, answers_, mqtt::subscribe_options(false, true));
    return {};
} catch (const mqtt::exception& problem) {
    return fail(Errc::kIo, std::string("Paho: ") + problem.what());
}

Result<void> Link::unsubscribe(const std::string& filter) try {
    client_.unsubscribe(filter, nullptr, answers_);
    return {};
} catch (const mqtt::exception& problem) {
    return fail(Errc::kIo, std::string("Paho: ") + problem.what());
}

void Link::end() try {
    if (client_.is_connected()) {
        client_.disconnect(mqtt::disconnect_options(static_cast<int>(kGoodbye.count())))->wait_for(kGoodbye);
    }
} catch (const mqtt::exception&) {
    // It was gone already: nothing to end.
}

Connected Link::granted() const {
    Connected out{.broker = broker_, .mqtt5 = mqtt5_};
    try {
        const mqtt::connect_response response = connecting_->get_connect_response();
        const mqtt::properties& properties = response.get_properties();
        if (properties.contains(mqtt::property::RECEIVE_MAXIMUM)) {
            out.receive_maximum = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
        }
        if (properties.contains(mqtt::property::MAXIMUM_PACKET_SIZE)) {
            out.maximum_packet_bytes =
                mqtt::get<std::uint32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE);
        }
        if (properties.contains(mqtt::property::RETAIN_AVAILABLE)) {
            out.retain_available = mqtt::get<std::uint8_t>(properties, mqtt::property::RETAIN_AVAILABLE) != 0;
        }
    } catch (const mqtt::exception&) {
        // Without the broker's word the defaults of Connected hold.
    }
    return out;
}

Link::Failure Link::failure() const try {
    connecting_->wait();
    return {.why = "not connected"};
} catch (const mqtt::exception& problem) {
    const int code = problem.get_return_code();
    if (code > 0) {
        return {.why = code >= 0x80 ? reason_words(code) : connack_words(code), .code = code};
    }
    const std::string words = problem.get_message();
    if (words == kClosedEarly) {
        return {.why = "the broker closed the connection without an answer", .closed = true};
    }
    if (words == kNotReached) {
        return {.why = "nobody answers at this address and port", .unreached = true};
    }
    if (words == kSilent) {
        return {.why = "the broker was reached but did not answer in 15 s"};
    }
    return {.why = words.empty() ? "no address is known for this name, or the network is down" : words};
}

}  // namespace gengfu::publish
