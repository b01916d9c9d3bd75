#pragma once

#include <array>
#include <optional>
#include <string>

#include "daemon/core/time.hpp"
#include "daemon/publish/topics.hpp"

namespace gengfu::publish {

/// Whether the broker takes records at all. MQTT 3.1.1 has no word for a denied publish, and a broker whose
/// access list denies it sends the same PUBACK ([MQTT-3.3.5-2]): to be believed, each topic has to bring a
/// record back, which the gateway subscribes to (decision 0057): the first of a connection, and then, since
/// a list may change, one a minute of telemetry and every event that is sent while none is on its way back.
/// Pure.
class Proof {
public:
    /// \param topics outlive it. \param patience after the first record of a topic was sent
    /// \param again  so long a record of telemetry that came back proves those after it
    Proof(const Topics& topics, Duration patience, Duration again)
        : topics_(&topics), patience_(patience), again_(again) {}

    enum class Needed : std::uint8_t { kNo, kYes };
    /// A connection begins; no topic has brought anything back.
    void begin(Needed needed);

    /// Whether the next record on this topic has to be proven anew: to be subscribed to before it is sent.
    bool wants(const std::string& topic, Monotonic now) const;
    /// It is subscribed to: from now on its PUBACKs mean nothing until a record came back.
    void renew(const std::string& topic);

    /// A record goes out on its topic.
    void sent(const std::string& topic, const std::string& payload, Monotonic now);
    /// \return whether this proves the topic, which had not been.
    bool came(const std::string& topic, const std::string& payload, Monotonic now);

    /// A PUBACK of that topic means what it says. Of a topic that never bears records: true.
    bool holds(const std::string& topic) const;
    struct Overdue {
        std::string topic;
        bool held_before = false;  ///< it brought a record back earlier in this connection
        bool once_more = false;    ///< what was sent is to be sent again, before anything is made of it
    };
    /// The first topic that should have brought its record back by now. One that held before gets a second
    /// chance: a cluster may have been slow to subscribe.
    std::optional<Overdue> overdue(Monotonic now);

private:
    struct Topic {
        bool holds = true;
        std::string first{};  ///< the whole record: it is what nobody else can have sent
        Monotonic sent{};
        std::optional<Monotonic> proven{};  ///< when the last came back in this connection
        bool tried = false;                 ///< one has not come back since
    };
    const std::string& name(std::size_t index) const;
    std::optional<std::size_t> index(const std::string& topic) const;

    const Topics* topics_;
    Duration patience_, again_;
    bool needed_ = false;
    std::array<Topic, 3> of_{};  ///< event, tele, hist
};

}  // namespace gengfu::publish
