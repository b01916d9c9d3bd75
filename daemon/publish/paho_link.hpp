#pragma once

#include <mqtt/async_client.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>

#include "daemon/config/site.hpp"
#include "daemon/publish/session.hpp"

/// What sees Paho: only session_paho.cpp includes this.
///
/// What we know of Debian's Paho (C 1.3.12, C++ 1.2.0) and guard against:
/// - its own buffering and reconnecting lose sight of tokens and of time: neither is used, a client serves
/// one connection;
/// - its callbacks come on its one thread, and waiting in one blocks all: ours take a lock, post, and return;
/// - a denied PUBACK is a failure with return code 0 and the reason in the reason code;
/// - it searches its lists in line: never many messages at once;
/// - a thread of it that logs while the library is torn down with its last client leaves 125 kB behind,
/// seldom. An idle client that keeps the library up prevents that and makes every connection a second later:
/// not worth it.
namespace gengfu::publish {

/// What the session's thread, its caller and Paho's threads share.
struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    Callbacks callbacks;  // called under the mutex: they only post
    bool silent = false;  // no callback any more
    bool stop = false;
    bool reconnect = false;
    bool finished = false;
};

/// Messages handed to Paho at once; the publisher's window is smaller.
constexpr std::size_t kSlots = 64;

/// One client for one connection.
class Link final : private mqtt::iaction_listener {
public:
    enum class State : std::uint8_t { kConnecting, kUp, kFailed, kGone };

    Link(Shared& shared, const config::Mqtt& settings, const config::Broker& broker, bool mqtt5,
         const std::string& client_id, const Will& will);
    ~Link() override = default;

    /// Begins to connect. \throw mqtt::exception
    void begin();
    /// Ends in good order, without the will.
    void end();

    Result<void> publish(const std::string& topic, const std::string& payload, Retain retain,
                         std::uint64_t token);
    Result<void> subscribe(const std::string& filter);
    Result<void> unsubscribe(const std::string& filter);

    // Under Shared::mutex.
    State state() const { return state_; }
    /// `connected` has been called: from now on answers and messages are passed on.
    void announce() { announced_ = true; }
    /// `lost` is about to be called: from now on they are not.
    void hush() { announced_ = false; }
    /// What ended the connection.
    const std::string& why() const { return why_; }

    /// Only when up, by the session's thread.
    Connected granted() const;

    struct Failure {
        std::string why{};
        int code = 0;            ///< of a CONNACK, 0: none came
        bool closed = false;     ///< reached, and closed without a CONNACK
        bool unreached = false;  ///< or so Paho says
    };
    /// Only when failed, by the session's thread.
    Failure failure() const;

private:
    struct Slot {
        std::uint64_t token = 0;
        bool used = false;
    };
    class Answers final : public mqtt::iaction_listener {
    public:
        explicit Answers(Link& link) : link_(link) {}
        void on_success(const mqtt::token& token) override { link_.answer(token); }
        void on_failure(const mqtt::token& token) override { link_.answer(token); }

    private:
        Link& link_;
    };

    void on_success(const mqtt::token& token) override;
    void on_failure(const mqtt::token& token) override;
    void answer(const mqtt::token& token);
    void arrived(const mqtt::const_message_ptr& message);
    void gone(std::string why);
    Slot* take_slot(std::uint64_t token);
    mqtt::connect_options options() const;
    mqtt::ssl_options tls() const;

    Shared& shared_;
    const config::Mqtt& settings_;
    config::Broker broker_;
    bool mqtt5_;
    Will will_;
    State state_ = State::kConnecting;
    bool announced_ = false;
    std::string why_;
    std::array<Slot, kSlots> slots_;
    Answers answers_{*this};
    mqtt::token_ptr connecting_;
    mqtt::async_client client_;  // last: destroyed first, and with it the callbacks
};

/// "mqtts://broker-1.city.example:8883"
std::string name_of(const config::Broker& broker);

}  // namespace gengfu::publish
