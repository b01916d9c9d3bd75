#pragma once

#include <array>
#include <optional>
#include <string>

#include "daemon/core/time.hpp"
#include "daemon/publish/topics.hpp"

namespace gengfu::publish {

/// Whether the broker takes records at all. MQTT 3.1.1 has no word for a denied publish, and a broker whose
/// access list denies it sends the same PUBACK ([MQTT-3.3.5-2]): to be believed, each topic has to bring the
/// first record of a connection back, which the gateway subscribes to (decision 0057). Pure.
class Proof {
public:
    /// \param topics outlive it. \param patience after the first record of a topic was sent
    Proof(const Topics& topics, Duration patience) : topics_(&topics), patience_(patience) {}

    enum class Needed : std::uint8_t { kNo, kYes };
    /// A connection begins; no topic has brought anything back.
    void begin(Needed needed);

    /// A record goes out on its topic.
    void sent(const std::string& topic, const std::string& payload, Monotonic now);
    /// \return whether this proves the topic, which had not been.
    bool came(const std::string& topic, const std::string& payload);

    /// A PUBACK of that topic means what it says. Of a topic that never bears records: true.
    bool holds(const std::string& topic) const;
    /// The first topic that should have brought its record back by now.
    std::optional<std::string> overdue(Monotonic now) const;

private:
    struct Topic {
        bool holds = true;
        std::string first{};  ///< the whole record: it is what nobody else can have sent
        Monotonic sent{};
    };
    const std::string& name(std::size_t index) const;
    std::optional<std::size_t> index(const std::string& topic) const;

    const Topics* topics_;
    Duration patience_;
    std::array<Topic, 3> of_{};  ///< event, tele, hist
};

}  // namespace gengfu::publish
