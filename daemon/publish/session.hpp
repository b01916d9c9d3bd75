#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"

/// One MQTT connection at a time. Everything about Paho is behind this; nothing else in the daemon sees it.
namespace gengfu::publish {

enum class Retain : std::uint8_t { kNo, kYes };

struct Will {
    std::string topic;
    std::string payload;           ///< QoS 1
    Retain retain = Retain::kYes;  ///< kNo where the broker refuses a connection because of it
};

struct Incoming {
    std::string topic;
    std::string payload;
    bool retained = false;
};

/// What the broker granted.
struct Connected {
    config::Broker broker;
    bool mqtt5 = false;
    std::uint16_t receive_maximum = 20;      ///< 20 where the broker does not say
    std::uint32_t maximum_packet_bytes = 0;  ///< 0: not stated
    bool retain_available = true;
};

/// Called on the library's thread: do nothing but post to your own.
struct Callbacks {
    std::function<void(Connected)> connected;
    std::function<void(std::string why)>
        lost;  ///< connection refused, timed out or gone; the session tries on by itself
    /// In place of `lost` where the session ends the connection itself to make it anew, and says why.
    /// Optional.
    std::function<void(std::string why)> renewing{};
    std::function<void(std::uint64_t token)> acknowledged;
    std::function<void(std::uint64_t token, std::string why)>
        refused;  ///< PUBACK with a reason: will not be taken
    std::function<void(Incoming)> message;
};

/// Connects, and reconnects with jittered back-off from 1 s to 60 s over the list of brokers, MQTT 5 first
/// where the configuration says auto. Holds no messages back and stores none: a publish without a connection
/// is refused.
class Session {
public:
    virtual ~Session() = default;

    virtual void start() = 0;

    /// QoS 1. \param token comes back in `acknowledged` or `refused`; after `lost` no more answers come for
    /// tokens under way. \retval Errc::kIo not connected. \retval Errc::kFull the library will not take more
    /// at the moment
    virtual Result<void> publish(const std::string& topic, const std::string& payload, Retain retain,
                                 std::uint64_t token) = 0;
    virtual Result<void> subscribe(const std::string& filter) = 0;
    virtual Result<void> unsubscribe(const std::string& filter) = 0;

    /// The certificate files changed: connects anew.
    virtual void reconnect() = 0;

    /// Ends the connection in good order (no will) within two seconds; no callbacks afterwards.
    virtual void stop() = 0;
};

std::unique_ptr<Session> make_session(const config::Mqtt& settings, std::string client_id, Will will,
                                      Callbacks callbacks);

}  // namespace gengfu::publish
