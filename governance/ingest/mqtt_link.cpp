#include "governance/ingest/mqtt_link.hpp"

#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

#include "daemon/publish/tls_diagnosis.hpp"
#include "governance/ingest/reach.hpp"

namespace gengfu::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kConnackWithin = seconds(15);  // clustered brokers take their time
constexpr Duration kReachWithin = seconds(5);
constexpr int kKeepAliveSeconds = 30;
/// The broker keeps our session, with all that is unacknowledged, as long: a month.
constexpr std::uint32_t kSessionSeconds = 30U * 24 * 3600;
constexpr Duration kTend = seconds(1);
constexpr int kTakenOver = 142;  // MQTT 5.0, 3.14.2.1: session taken over
constexpr Duration kAfterTakeOver = seconds(5);
constexpr std::uint32_t kRoundsInHaste = 5;

Monotonic now() {
    return std::chrono::steady_clock::now();
}

/// Gateways wait longer and longer, being thousands. An ingest is one of few, and should listen again before
/// they speak: 200 to 400 ms.
Duration retry() {
    thread_local std::minstd_rand source(std::random_device{}());
    return milliseconds(std::uniform_int_distribution<>(200, 400)(source));
}

int milliseconds_of(Duration wait) {
    const auto whole = std::chrono::ceil<milliseconds>(std::max(wait, Duration::zero()));
    return static_cast<int>(std::min<std::int64_t>(whole.count(), 60'000));
}

int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return 0;  // a key with a pass phrase would make OpenSSL ask at the terminal
}

/// libmosquitto says of TLS only that it failed. \return empty: not a matter of TLS
std::string tls_words(const MqttSettings& settings, const config::Broker& broker) {
    if (!broker.tls) {
        return "";
    }
    config::Mqtt same;
    same.ca = settings.ca;
    same.certificate = settings.certificate;
    same.key = settings.key;
    std::string trouble = publish::tls_trouble(same, broker);
    if (trouble.empty() && why_unreachable(broker.host, broker.port, kReachWithin).empty()) {
        // With TLS 1.3 a broker refuses a client's certificate when the client thinks that all is done.
        return settings.certificate.empty() ? "it closes the connection after TLS is set up: it may want a "
                                              "certificate of this service "
                                              "(mqtt.certificate)"
                                            : "it closes the connection after TLS is set up: it may not "
                                              "accept the certificate of this "
                                              "service (mqtt.certificate), by its authority or its dates";
    }
    return trouble;
}

struct LibraryUse {
    LibraryUse() { mosquitto_lib_init(); }
    ~LibraryUse() { mosquitto_lib_cleanup(); }
};

const char* text_or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

}  // namespace

struct MqttLink::Callbacks {
    static void connected(mosquitto* /*handle*/, void* self, int code) {
        auto& link = *static_cast<MqttLink*>(self);
        link.accepted_ = code == 0;
        link.refused_ = code;
    }
    static void disconnected(mosquitto* /*handle*/, void* self, int code) {
        auto& link = *static_cast<MqttLink*>(self);
        link.ended_ = link.ended_ != 0 ? link.ended_ : code;  // the first says why
    }
    static void subscribed(mosquitto* /*handle*/, void* self, int /*id*/, int count, const int* granted) {
        constexpr int kRefused = 128;
        auto& link = *static_cast<MqttLink*>(self);
        for (int i = 0; i < count; ++i) {
            granted[i] < kRefused ? static_cast<void>(++link.granted_)
                                  : static_cast<void>(link.denied_ = true);
        }
    }
    static void message(mosquitto* /*handle*/, void* self, const mosquitto_message* message) {
        auto& link = *static_cast<MqttLink*>(self);
        link.inbox_->push_back({message->topic,
                                std::string(static_cast<const char*>(message->payload),
                                            static_cast<std::size_t>(std::max(message->payloadlen, 0))),
                                message->retain, now()});
    }
};

void MqttLink::Freed::operator()(mosquitto* handle) const {
    mosquitto_destroy(handle);
}

MqttLink::MqttLink(const MqttSettings& settings, std::string client_id, std::vector<Filter> filters)
    : settings_(settings),
      client_id_(std::move(client_id)),
      filters_(std::move(filters)),
      plan_(settings.brokers.size(), settings.version) {
    static const LibraryUse library;
}

MqttLink::~MqttLink() {
    if (handle_ && state_ == State::kUp) {
        // Without DISCONNECT packet's promise of anything: unacknowledged messages stay with the broker.
        mosquitto_disconnect(handle_.get());
        mosquitto_loop_write(handle_.get(), 1);
    }
}

std::string MqttLink::broker_name() const {
    const config::Broker& broker = settings_.brokers[attempt_.broker];
    return fmt::format("{}://{}:{}", broker.tls ? "mqtts" : "mqtt", broker.host, broker.port);
}

void MqttLink::say(std::string news, bool good) {
    if (news != last_news_) {  // once per change of state, not once per attempt
        last_news_ = news;
        news_ = {std::move(news), good};
    }
}

MqttLink::News MqttLink::take_news() {
    return std::exchange(news_, {});
}

std::string MqttLink::prepare(const config::Broker& broker, bool mqtt5) {
    handle_.reset(mosquitto_new(client_id_.c_str(), false, this));
    if (!handle_) {
        return "no memory";
    }
    mosquitto* const handle = handle_.get();
    mosquitto_threaded_set(handle, true);
    mosquitto_connect_callback_set(handle, Callbacks::connected);
    mosquitto_disconnect_callback_set(handle, Callbacks::disconnected);
    mosquitto_subscribe_callback_set(handle, Callbacks::subscribed);
    mosquitto_message_callback_set(handle, Callbacks::message);
    mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, settings_.window);
    mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1);
    if (!settings_.username.empty()) {
        mosquitto_username_pw_set(handle, settings_.username.c_str(), text_or_null(settings_.password));
    }
    if (broker.tls) {
        const int code = mosquitto_tls_set(
            handle, text_or_null(settings_.ca), settings_.ca.empty() ? "/etc/ssl/certs" : nullptr,
            text_or_null(settings_.certificate), text_or_null(settings_.key), no_pass_phrase);
        if (code != MOSQ_ERR_SUCCESS) {
            return fmt::format("certificates cannot be used: {}", mosquitto_strerror(code));
        }
    }
    return "";
}

void MqttLink::open() {
    attempt_ = plan_.next();
    accepted_ = false;
    refused_ = 0;
    ended_ = 0;
    since_ = now();
    const config::Broker& broker = settings_.brokers[attempt_.broker];
    std::string trouble = why_unreachable(broker.host, broker.port, kReachWithin);
    if (trouble.empty()) {
        trouble = prepare(broker, attempt_.mqtt5);
    }
    if (!trouble.empty()) {
        say(fmt::format("no connection to {}: {}", broker_name(), trouble));
        plan_.failed(publish::ConnectPlan::Failure::kOther);
        handle_.reset();
        next_ = now() + retry();
        return;
    }
    mosquitto_property* properties = nullptr;
    if (attempt_.mqtt5) {
        mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, kSessionSeconds);
    }
    const int code = mosquitto_connect_bind_v5(handle_.get(), broker.host.c_str(), broker.port,
                                               kKeepAliveSeconds, nullptr, properties);
    mosquitto_property_free_all(&properties);
    if (code != MOSQ_ERR_SUCCESS) {
        lost(code, publish::ConnectPlan::Failure::kOther);
        return;
    }
    state_ = State::kConnecting;
}

void MqttLink::lost(int code, publish::ConnectPlan::Failure failure) {
    const std::string why = refused_ != 0            ? (attempt_.mqtt5 ? mosquitto_reason_string(refused_)
                                                                       : mosquitto_connack_string(refused_))
                            : code == MOSQ_ERR_ERRNO ? std::strerror(errno)
                                                     : mosquitto_strerror(code);
    if (state_ == State::kUp && ended_ == kTakenOver) {
        plan_.ended(now() - since_);
        next_ = now() + kAfterTakeOver;  // two that throw each other out all the time take nothing in
        say(fmt::format(
            "connection to {} lost: another client has taken over the client id \"{}\": each instance "
            "needs a mqtt.client_id of its own",
            broker_name(), client_id_));
    } else if (state_ == State::kUp) {
        plan_.ended(now() - since_);
        // Again and again: two of one client id throw each other out, or a broker lets in and closes.
        const bool storm = plan_.rounds() > kRoundsInHaste;
        next_ = now() + (now() - since_ >= publish::ConnectPlan::kLasting ? Duration::zero()
                         : storm                                          ? kAfterTakeOver
                                                                          : retry());
        say(fmt::format("connection to {} lost: {}", broker_name(), why));
    } else {
        const bool at_once = plan_.failed(failure) == publish::ConnectPlan::Then::kAtOnce;
        next_ = now() + (at_once ? Duration::zero() : retry());
        if (!at_once) {
            const std::string tls =
                refused_ == 0 ? tls_words(settings_, settings_.brokers[attempt_.broker]) : "";
            say(fmt::format("no connection to {}: {}", broker_name(), tls.empty() ? why : tls));
        }
    }
    handle_.reset();
    state_ = State::kDown;
}

void MqttLink::came_up() {
    state_ = State::kUp;
    since_ = now();
    tended_ = since_;
    subscribe_ = true;
    granted_ = 0;
    plan_.connected();
    say(fmt::format("connected to {} (MQTT {})", broker_name(), attempt_.mqtt5 ? "5" : "3.1.1"), true);
}

void MqttLink::connecting(Duration wait) {
    constexpr Duration kLook = milliseconds(10);  // a handshake goes back and forth
    pollfd ready{mosquitto_socket(handle_.get()), POLLIN, 0};
    poll(&ready, 1, milliseconds_of(std::min(wait, kLook)));
    int code = mosquitto_loop_write(handle_.get(), 1);
    if (code == MOSQ_ERR_SUCCESS) {
        code = mosquitto_loop_read(handle_.get(), 1);
    }
    if (accepted_) {
        came_up();
        return;
    }
    constexpr int kVersion5 = 132;  // MQTT 5.0, 3.2.2.2: unsupported protocol version
    constexpr int kVersion3 = 1;    // MQTT 3.1.1, 3.2.2.3
    if (refused_ != 0) {
        const bool version = refused_ == kVersion5 || refused_ == kVersion3;
        lost(code, version ? publish::ConnectPlan::Failure::kVersion : publish::ConnectPlan::Failure::kOther);
    } else if (code != MOSQ_ERR_SUCCESS) {
        lost(code, code == MOSQ_ERR_CONN_LOST ? publish::ConnectPlan::Failure::kClosed
                                              : publish::ConnectPlan::Failure::kOther);
    } else if (now() - since_ > kConnackWithin) {
        lost(MOSQ_ERR_KEEPALIVE, publish::ConnectPlan::Failure::kOther);
    }
}

void MqttLink::reading(Duration wait, std::size_t most) {
    pollfd ready{mosquitto_socket(handle_.get()), POLLIN, 0};
    if (poll(&ready, 1, milliseconds_of(wait)) <= 0) {
        return;
    }
    while (inbox_->size() < most) {
        const std::size_t before = inbox_->size();
        const int code = mosquitto_loop_read(handle_.get(), 1);
        if (code != MOSQ_ERR_SUCCESS || ended_ != 0) {
            lost(code, publish::ConnectPlan::Failure::kOther);
            return;
        }
        if (denied_) {
            denied_ = false;
            say(fmt::format("{} refuses a subscription: its access list must let this service read",
                            broker_name()));
        }
        if (inbox_->size() == before) {
            return;  // nothing more, or a packet that is no message: poll() tells
        }
    }
}

void MqttLink::receive(Duration wait, std::size_t most, std::deque<Message>& out) {
    inbox_ = &out;
    if (state_ == State::kDown) {
        const Duration left = next_ - now();
        if (left > Duration::zero()) {
            std::this_thread::sleep_for(std::min(left, wait));
            return;
        }
        open();
    } else if (state_ == State::kConnecting) {
        connecting(wait);
    } else {
        reading(wait, most);
    }
}

void MqttLink::release() {
    if (state_ != State::kUp) {
        return;
    }
    if (subscribe_) {
        subscribe_ = false;
        for (const Filter& filter : filters_) {
            // Brokers of 3.1.1 grant a subscription to "$share/..." and deliver nothing: there it is a plain
            // one.
            const bool shared = filter.shared && attempt_.mqtt5 && !settings_.share.empty();
            const std::string topics =
                shared ? fmt::format("$share/{}/{}", settings_.share, filter.topics) : filter.topics;
            mosquitto_subscribe(handle_.get(), nullptr, topics.c_str(), 1);
        }
    }
    int code = MOSQ_ERR_SUCCESS;
    if (now() - tended_ > kTend) {
        tended_ = now();
        code =
            mosquitto_loop_misc(handle_.get());  // asks the broker whether it lives, at the keep-alive's pace
    }
    while (code == MOSQ_ERR_SUCCESS && mosquitto_want_write(handle_.get())) {
        pollfd ready{mosquitto_socket(handle_.get()), POLLOUT, 0};
        poll(&ready, 1, milliseconds_of(kConnackWithin));
        if ((ready.revents & (POLLOUT | POLLERR | POLLHUP)) == 0) {
            code = MOSQ_ERR_CONN_LOST;
            break;
        }
        code = mosquitto_loop_write(handle_.get(), 1);
    }
    if (code != MOSQ_ERR_SUCCESS) {
        lost(code, publish::ConnectPlan::Failure::kOther);
    }
}

bool MqttLink::publish(const std::string& topic, const std::string& payload) {
    return state_ == State::kUp &&
           mosquitto_publish(handle_.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                             payload.data(), 1, false) == MOSQ_ERR_SUCCESS;
}

}  // namespace gengfu::ingest
