#pragma once

#include <cstdint>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::publish {

/// Which broker and which version of MQTT to try next. With `version = "auto"` MQTT 5 comes first; a broker
/// that refuses it, or closes the connection without a word as some do, is asked at once in 3.1.1, and what
/// worked is remembered for each broker. Pure.
class ConnectPlan {
public:
    /// \param brokers  at least 1
    ConnectPlan(std::size_t brokers, config::MqttVersion version);

    struct Attempt {
        std::size_t broker = 0;
        bool mqtt5 = true;
    };
    Attempt next() const;

    /// Why an attempt failed, as far as it says what may help.
    enum class Failure : std::uint8_t {
        kVersion,  ///< the broker says that it does not speak this version
        kClosed,   ///< reached, but closed without an answer
        kOther,    ///< not reached, not let in, not trusted: another version changes nothing
    };
    enum class Then : std::uint8_t { kAtOnce, kWait };
    Then failed(Failure failure);

    void connected();
    /// A connection has ended. One that was short counts as a failure, so that two gateways of one name, or a
    /// broker that lets in and throws out, do not make a storm.
    void ended(Duration lived);

    /// For wait_after(): rounds over all brokers without a lasting connection, at least 1 after a failure.
    std::uint32_t rounds() const;

    /// A connection this long shows that the broker is well.
    static constexpr Duration kLasting = std::chrono::seconds(30);

private:
    enum class Version : std::uint8_t { kUnknown, k5, k311 };
    struct Known {
        Version worked = Version::kUnknown;
        std::uint8_t failures = 0;  // since it worked
    };
    std::vector<Known> known_;
    config::MqttVersion version_;
    std::size_t broker_ = 0;
    bool older_ = false;  // the attempt after a refusal of MQTT 5
    std::uint32_t failures_ = 0;
};

}  // namespace gengfu::publish
