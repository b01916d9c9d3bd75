#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/publish/connect_plan.hpp"
#include "governance/ingest/settings.hpp"

struct mosquitto;

namespace gengfu::ingest {

/// One message of the feed as it came.
struct Message {
    std::string topic;
    std::string payload;
    bool retained = false;  ///< the broker had it: it may be old
    Monotonic at{};         ///< when it was read from the socket
};

/// What to subscribe to.
struct Filter {
    std::string topics;
    bool shared = false;  ///< through $share where the connection is MQTT 5 and a group is configured
};

/// One MQTT connection that acknowledges nothing before it is told to.
///
/// libmosquitto queues the PUBACK of a message before it hands the message over; in its threaded mode
/// the queue is written by mosquitto_loop_write() alone, and we are the only caller. This is how version
/// 2.0.11 behaves, not a promise of its API: the kill tests (tests/governance) hold it to that.
/// One thread.
class MqttLink {
public:
    /// \param client_id  stable: the broker keeps the session, and with it what was not acknowledged
    /// \param filters    subscribed at QoS 1 at each connect
    MqttLink(const MqttSettings& settings, std::string client_id, std::vector<Filter> filters);
    ~MqttLink();
    MqttLink(const MqttLink&) = delete;
    MqttLink& operator=(const MqttLink&) = delete;

    /// Connects when it is time to, waits at most `wait` for input and appends what has come to `out`, at
    /// most about `most` messages. Writes nothing while connected.
    void receive(Duration wait, std::size_t most, std::deque<Message>& out);

    /// Everything received so far is committed: sends the PUBACKs, and whatever else waits to be sent.
    void release();

    /// Queues a message (QoS 1) for the next release(). Lost without a connection: \return false.
    bool publish(const std::string& topic, const std::string& payload);

    /// Connected, and the broker has granted every subscription.
    bool connected() const { return state_ == State::kUp && granted_ == filters_.size(); }
    struct News {
        std::string text;  ///< "connected to mqtts://b:8883 (MQTT 5)"; empty: none
        bool good = false;
    };
    /// A change since the last call that is to be told.
    News take_news();

private:
    enum class State : std::uint8_t { kDown, kConnecting, kUp };
    struct Freed {
        void operator()(mosquitto* handle) const;
    };
    struct Callbacks;

    void open();
    std::string prepare(const config::Broker& broker, bool mqtt5);
    void connecting(Duration wait);
    void reading(Duration wait, std::size_t most);
    void came_up();
    void lost(int code, publish::ConnectPlan::Failure failure);
    void say(std::string news, bool good = false);
    std::string broker_name() const;

    const MqttSettings& settings_;
    std::string client_id_;
    std::vector<Filter> filters_;
    publish::ConnectPlan plan_;
    publish::ConnectPlan::Attempt attempt_{};
    std::unique_ptr<mosquitto, Freed> handle_;
    State state_ = State::kDown;
    bool accepted_ = false;   ///< CONNACK says yes
    int refused_ = 0;         ///< its reason code when it says no
    int ended_ = 0;           ///< reason code of the broker's DISCONNECT
    bool subscribe_ = false;  ///< still to be queued
    std::size_t granted_ = 0;
    bool denied_ = false;  ///< a subscription was refused
    Monotonic next_{};     ///< when to try again
    Monotonic since_{};    ///< of the state
    Monotonic tended_{};   ///< last keep-alive look
    std::deque<Message>* inbox_ = nullptr;
    News news_;
    std::string last_news_;
};

}  // namespace gengfu::ingest
